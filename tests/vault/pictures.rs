//! Pictures are kept in an S3 bucket as well as in a folder; what cannot be kept is not accepted.

use std::path::Path;
use std::process::Command;

use vivat::images::{ImageError, Images};

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::proxy::Line;
use crate::support::s3::{BUCKET, S3Server};
use crate::support::server::{KNOWN, TestServer, answer, models, photo};
use crate::support::vault::environment;

on_each_database! {
    a_bucket_holds_sealed_pictures_under_identifiers,
    a_bucket_out_of_reach_accepts_nothing_and_loses_nothing,
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

async fn a_bucket_holds_sealed_pictures_under_identifiers(database: &TestDatabase) {
    let s3 = S3Server::start().await;
    s3.images().check().await.unwrap();
    let server = TestServer::start_keeping(&database.url, s3.images()).await;
    server.enrol(photo("obama.jpg")).await;
    assert_eq!(server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "certified");
    let referred = server.certify(KNOWN, "kiosk", photo("biden.jpg")).await;
    let case = referred.body["case"]["id"].as_str().unwrap();
    let claim = server.office_post(&format!("/v1/reviews/{case}/claim"), &serde_json::Value::Null);
    let file = answer(claim).await.body;
    for (kind, name) in [("references", "obama.jpg"), ("captures", "biden.jpg")] {
        let path = format!("/v1/reviews/{case}/{kind}/{}", file[kind][0].as_str().unwrap());
        let shown = server.office_get(&path).send().await.unwrap().bytes().await.unwrap();
        assert!(shown == photo(name), "the picture comes back as it was sent: {kind}");
    }

    let (mut objects, mut bytes) = (0, Vec::new());
    for file in files(&s3.directory.path().join(BUCKET)) {
        objects += 1;
        bytes.extend(std::fs::read(&file).unwrap());
        let name = file.strip_prefix(s3.directory.path().join(BUCKET)).unwrap().to_str().unwrap();
        let allowed = |c: char| c.is_ascii_hexdigit() || "/-".contains(c);
        let named = ["north/references/", "north/probes/"].iter().find_map(|kind| name.strip_prefix(kind));
        assert!(named.is_some_and(|rest| rest.chars().all(allowed)), "{name}");
    }
    assert_eq!(objects, 3);
    for name in ["obama.jpg", "obama2.jpg", "biden.jpg"] {
        let picture = photo(name);
        let part = &picture[picture.len() / 2..][..32];
        assert!(!bytes.windows(part.len()).any(|window| window == part), "{name} stands there in clear");
    }
}

async fn a_bucket_out_of_reach_accepts_nothing_and_loses_nothing(database: &TestDatabase) {
    let s3 = S3Server::start().await;
    let server = TestServer::start_keeping(&database.url, s3.images()).await;
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&session, photo("obama2.jpg"))).await.body["frames"], 1);

    s3.proxy.set(Line::Cut);
    let refused = answer(server.send_frame(&session, photo("obama3.jpg"))).await;
    assert_eq!((refused.status, refused.problem()), (503, "images_unavailable"));
    assert!(refused.headers.contains_key("retry-after"));
    s3.proxy.set(Line::Up);
    assert_eq!(answer(server.send_frame(&session, photo("obama3.jpg"))).await.body["frames"], 2, "the second one");
    assert_eq!(answer(server.complete(&session)).await.status, 201);
}

#[tokio::test]
async fn who_is_not_let_in_is_told_so_at_the_start() {
    let s3 = S3Server::start().await;
    let mut wrong = s3.settings();
    wrong.retain(|(name, _)| name != "AWS_SECRET_ACCESS_KEY");
    wrong.push(("AWS_SECRET_ACCESS_KEY".to_owned(), "another secret".to_owned()));
    crate::support::server::install_tls();
    assert_eq!(Images::in_bucket(BUCKET, "", wrong.clone()).unwrap().check().await, Err(ImageError::Refused));
    let elsewhere = Images::in_bucket("nowhere", "", s3.settings()).unwrap().check().await;
    assert!(elsewhere.is_err(), "{elsewhere:?}");

    let database = TestDatabase::sqlite();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", &database.url]).arg("--models").arg(models());
    command.envs(environment(&database.url)).envs(wrong).env("VIVAT_IMAGES", format!("s3://{BUCKET}/x"));
    let said = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(3), "{text}");
    assert!(text.contains("cannot keep pictures in the bucket faces") && text.contains("credentials"), "{text}");
    assert!(!text.contains("another secret"), "the secret is shown: {text}");
}
