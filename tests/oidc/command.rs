//! The commands: `vivat staff link`, and `vivat serve` with a provider.

use std::io::Write;
use std::process::{Command, Stdio};

use vivat::store::Store;

use super::{ANN, begin, sign_in};
use crate::support::database::TestDatabase;
use crate::support::identity_provider::IdentityProvider;
use crate::support::process::Process;
use crate::support::proxy::Line;
use crate::support::server::answer;
use crate::support::vault::environment;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_link_and_serve() {
    let database = TestDatabase::sqlite();
    let provider = IdentityProvider::start().await;
    let staff = |arguments: &[&str], typed: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
        command.args(["staff", "--database", &database.url]).args(arguments).envs(environment(&database.url));
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
    };
    assert!(staff(&["add", "ann", "--number", "A-1", "--name", "Ann"], "").0);
    let link = ["link", "ann", "--issuer", &provider.issuer];
    assert_eq!(staff(&link, &format!("{ANN}\n")), (true, "linked: ann\n".to_owned()));
    let (done, said) = staff(&[&link[..], &["--subject", ANN]].concat(), "");
    assert!(!done && said.contains("opens an account already") && !said.contains(ANN), "{said}");

    provider.proxy.set(Line::Cut);
    let directory = tempfile::tempdir().unwrap();
    let mut serve = tokio::process::Command::new(env!("CARGO_BIN_EXE_vivat"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--database", &database.url]);
    serve.arg("--log-key").arg(directory.path().join("log.key")).env("VIVAT_LOG", "trace");
    serve.args(provider.arguments(&directory.path().join("secret"))).envs(environment(&database.url));
    let process = Process::spawn(serve).await.expect("it serves without the provider");
    let store = Store::open(&database.url).await.unwrap();
    let server = process.client(&store).await;
    assert_eq!(answer(server.get("/v1/staff-sessions/oidc")).await.status, 503);
    provider.proxy.set(Line::Up);
    let signed_in = sign_in(&server, &provider, ANN).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert_eq!(staff(&[&["unlink"], &link[1..], &["--subject", ANN]].concat(), "").1, "unlinked: ann\n");
    let token = signed_in.body["token"].as_str().unwrap();
    assert_eq!(answer(server.get("/v1/staff-sessions/current").bearer_auth(token)).await.status, 401);

    provider.twist(|claims| claims["nonce"] = serde_json::json!("wrong"));
    assert_eq!(sign_in(&server, &provider, ANN).await.problem(), "oidc_token_nonce");
    let pending = begin(&server).await;
    let address = reqwest::Url::parse(&pending.location).unwrap();
    let secrets = address.query_pairs().filter(|(name, _)| ["state", "nonce"].contains(&name.as_ref()));
    let mut secrets: Vec<_> = secrets.map(|(_, value)| value.into_owned()).collect();
    secrets.extend([ANN.to_owned(), pending.cookie.split_once('=').unwrap().1.to_owned(), token.to_owned()]);
    for file in std::fs::read_dir(database.directory().unwrap()).unwrap() {
        let Ok(bytes) = std::fs::read(file.unwrap().path()) else { continue };
        let bytes = String::from_utf8_lossy(&bytes);
        assert!(!secrets.iter().any(|secret| bytes.contains(secret)), "the database tells a secret");
    }
    process.terminate().await;
    let log = std::sync::Arc::clone(&process.log);
    assert!(process.ended_well().await);
    let log = log.lock().unwrap().clone();
    assert!(log.contains("/v1/staff-sessions/oidc/callback") && log.contains("an ID token was refused"), "{log}");
    secrets.extend(["state=", "code=", "the secret"].map(str::to_owned));
    for secret in secrets {
        assert!(!log.contains(&secret), "the log tells {secret}");
    }
}
