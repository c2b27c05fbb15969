//! The edges: what browsers are told, how much and how long a request may be, and how a node leaves.

use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use vivat::domain::permission::Role;

use crate::support::database::TestDatabase;
use crate::support::process::Process;
use crate::support::server::{KNOWN, TestServer, answer, http_client};
use crate::support::vault::environment;

/// Pages, and what stands beside the documented operations.
const PAGES: [&str; 3] = ["/", "/docs/", "/receipt"];
const OTHERS: [&str; 7] = [
    "/home.css",
    "/receipt.css",
    "/receipt.js",
    "/openapi.json",
    "/docs/swagger-initializer.js",
    "/nothing",
    "/v1/nothing",
];

/// Every documented operation, with identifiers of nobody in its path.
fn operations() -> Vec<(Method, String, Value)> {
    let document = serde_json::to_value(vivat::http::openapi::document()).unwrap();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let parts = path
                .split('/')
                .map(|part| if part.starts_with('{') { "01890000-0000-7000-8000-000000000000" } else { part });
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            found.push((method, parts.collect::<Vec<_>>().join("/"), operation.clone()));
        }
    }
    assert!(found.len() > 15, "the document is not there");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_tells_browsers_to_trust_nothing() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database).await;
    let pages = PAGES.iter().chain(&OTHERS).map(|path| (Method::GET, (*path).to_owned()));
    let documented = operations().into_iter().map(|(method, path, _)| (method, path));
    for (method, path) in pages.chain(documented) {
        let request = server.client.request(method.clone(), format!("{}{path}", server.base));
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name).unwrap_or_else(|| panic!("{method} {path} has no {name}"));
            value.to_str().unwrap().to_owned()
        };
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-embedder-policy"), "require-corp");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        assert!(header("permissions-policy").contains("geolocation=()"), "{path}");
        assert!(!header("cache-control").is_empty());
        let policy = header("content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        let scripts = policy.split(';').find(|rule| rule.trim().starts_with("script-src")).unwrap_or_default();
        assert!(!scripts.contains("unsafe") && !scripts.contains('*'), "{path}: {policy}");
        assert!(!policy.contains("unsafe") || path == "/docs/", "{path}: {policy}");
        assert!(!response.headers().contains_key("strict-transport-security"), "nobody speaks TLS here");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_no_style_and_no_script_of_their_own() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database).await;
    for path in PAGES {
        let page = server.get(path).send().await.unwrap();
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        let page = page.text().await.unwrap();
        for inline in ["<style", " style=", "onclick=", "onload=", "javascript:"] {
            assert!(!page.contains(inline), "{path} has {inline}, which its policy forbids");
        }
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"") || script.starts_with(" type=\"module\" src=\""), "{path}: {script}");
        }
        for kind in ["href=\"", "src=\""] {
            for link in page.split(kind).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(!link.contains("//"), "{path} loads {link} from elsewhere");
                let target = reqwest::Url::parse(&format!("{}{path}", server.base)).unwrap().join(link).unwrap();
                assert_eq!(server.client.get(target).send().await.unwrap().status(), StatusCode::OK, "{path}: {link}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_came_over_tls_is_told_to_stay_there() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start_public(&database.url).await;
    for path in ["/", "/healthz", "/v1/nothing"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_that_takes_a_body_has_a_limit() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database).await;
    let everything = server.staff("everything", &Role::ALL, "000000").await;
    let mut limited = 0;
    for (method, path, operation) in operations() {
        let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
        // Each on a connection of its own: the server closes one on which it refused to read on.
        let client = http_client();
        let request = client.request(method, format!("{}{path}", server.base)).bearer_auth(&everything);
        let request = if content.contains_key("multipart/form-data") {
            request.multipart(Form::new().part("frame", Part::bytes(vec![0xff; 25 * 1024 * 1024]).file_name("frame")))
        } else {
            let (kind, _) = content.iter().next().unwrap();
            request.header("content-type", kind).body(vec![b' '; 100 * 1024])
        };
        let refused = answer(request).await;
        assert_eq!((refused.status, refused.problem()), (413, "too_large"), "{path}");
        limited += 1;
    }
    assert!(limited > 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_nothing_is_let_go() {
    let database = TestDatabase::sqlite();
    let process = Process::start(&database.url).await;
    let address = process.base.trim_start_matches("http://");
    let body = json!({"citizen_id": KNOWN, "channel": "phone"}).to_string();
    let whole = format!(
        "POST /v1/sessions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let started = Instant::now();
    let silent = async |sent: &str| {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(sent.as_bytes()).await.unwrap();
        let mut answered = String::new();
        let read = connection.read_to_string(&mut answered);
        // A connection that is reset is let go as well.
        let _ = tokio::time::timeout(Duration::from_secs(40), read).await.expect("it is let go");
        answered
    };
    let (head, half_a_body) = tokio::join!(silent(&whole[..40]), silent(&whole[..whole.len() - 5]));
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    assert!(half_a_body.starts_with("HTTP/1.1 4"), "{half_a_body}");
    assert!(started.elapsed() < Duration::from_secs(35));
    process.terminate().await;
    assert!(process.ended_well().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_leaves_says_so_before_it_closes_its_door() {
    let database = TestDatabase::sqlite();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--database", &database.url]);
    command.args(["--drain-grace", "3"]).args(["--log-key", concat!(env!("CARGO_TARGET_TMPDIR"), "/log.key")]);
    command.envs(environment(&database.url));
    let process = Process::spawn(command).await.unwrap();
    let ready = || http_client().get(format!("{}/readyz", process.base)).send();
    assert_eq!(ready().await.unwrap().status(), StatusCode::OK);
    process.terminate().await;
    let asked = Instant::now();
    let refused = loop {
        let answered = ready().await.expect("the door is open for the grace");
        if answered.status() != StatusCode::OK {
            break answered;
        }
        assert!(asked.elapsed() < Duration::from_secs(2), "it does not say that it leaves");
    };
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "draining");
    let session = json!({"citizen_id": KNOWN, "channel": "phone"});
    let opened = http_client().post(format!("{}/v1/sessions", process.base)).json(&session).send().await;
    assert_eq!(opened.unwrap().status(), StatusCode::CREATED, "requests are still taken");
    let base = process.base.clone();
    assert!(process.ended_well().await);
    assert!(asked.elapsed() >= Duration::from_secs(3));
    assert!(http_client().get(base).send().await.is_err());
}
