//! Replayed, late, early, foreign, changed and half-signed requests are refused, each with its own words.

use jiff::SignedDuration;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Request};
use serde_json::json;
use vivat::domain::id::DeviceId;
use vivat::kiosk::client::Kiosk;

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{Answer, KNOWN, TestServer, answer};

on_each_database! {
    a_request_is_taken_once_on_all_nodes,
    a_request_that_is_signed_again_is_done_once,
    a_clock_that_is_wrong_is_told,
    devices_that_are_not_known_are_refused,
    what_was_changed_on_the_way_is_refused,
    what_is_signed_by_halves_is_refused,
    a_body_beyond_the_limit_is_not_hashed,
    used_nonces_are_forgotten_after_the_window,
}

fn opening(kiosk: &Kiosk) -> Request {
    let body = json!({"citizen_id": KNOWN, "channel": "kiosk"}).to_string();
    kiosk.signed(Method::POST, "/v1/sessions", Some("application/json"), body.into_bytes()).unwrap()
}

async fn send(server: &TestServer, request: Request) -> Answer {
    answer(reqwest::RequestBuilder::from_parts(server.client.clone(), request)).await
}

fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.problem()), (401, code));
    assert_eq!(answer.headers["www-authenticate"], "Signature");
    assert!(answer.headers.contains_key("accept-signature"));
}

async fn a_request_is_taken_once_on_all_nodes(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let kiosk = server.kiosk(1).await;
    let request = opening(&kiosk);
    assert_eq!(send(&server, request.try_clone().unwrap()).await.status, 201);
    refused(&send(&server, request.try_clone().unwrap()).await, "device_replayed");
    let node = TestServer::start_public(&database.url).await;
    let mut elsewhere = request.try_clone().unwrap();
    let port = node.base.rsplit_once(':').unwrap().1.parse().unwrap();
    // As behind a balancer, where all nodes have one name.
    let name = request.url().authority().to_owned();
    elsewhere.url_mut().set_port(Some(port)).unwrap();
    elsewhere.headers_mut().insert("host", name.parse().unwrap());
    refused(&send(&node, elsewhere).await, "device_replayed");
    assert_eq!(send(&server, opening(&kiosk)).await.status, 201, "a new nonce is another request");
}

async fn a_request_that_is_signed_again_is_done_once(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let (kiosk, other) = (server.kiosk(1).await, server.kiosk(2).await);
    let keyed = |kiosk: &Kiosk| {
        let mut request = opening(kiosk);
        request.headers_mut().insert("idempotency-key", HeaderValue::from_static("a-kiosk-asks-again"));
        request
    };
    let (first, again) = (send(&server, keyed(&kiosk)).await, send(&server, keyed(&kiosk)).await);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let foreign = send(&server, keyed(&other)).await;
    assert_eq!((foreign.status, foreign.problem()), (422, "idempotency_key_reused"), "it is another's answer");
}

async fn a_clock_that_is_wrong_is_told(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let kiosk = server.kiosk(1).await;
    let late = opening(&kiosk);
    server.clock.advance(SignedDuration::from_secs(62));
    let answered = send(&server, late).await;
    refused(&answered, "device_clock");
    assert!(answered.headers.contains_key("date"), "the kiosk learns the time");
    let early = opening(&kiosk);
    server.clock.advance(SignedDuration::from_secs(-62));
    refused(&send(&server, early).await, "device_clock");
    assert_eq!(send(&server, opening(&kiosk)).await.status, 201);
}

async fn devices_that_are_not_known_are_refused(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let known = server.enrol_device(1).await;
    let stranger = DeviceId("01890000-0000-7000-8000-000000000000".parse().unwrap());
    refused(&send(&server, opening(&server.kiosk_as(stranger, 1))).await, "device_unknown");
    refused(&send(&server, opening(&server.kiosk_as(known, 2))).await, "device_signature_wrong");
    assert_eq!(send(&server, opening(&server.kiosk_as(known, 1))).await.status, 201);
}

async fn what_was_changed_on_the_way_is_refused(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let kiosk = server.kiosk(1).await;
    let mut other_body = opening(&kiosk);
    *other_body.body_mut() = Some(json!({"citizen_id": KNOWN, "channel": "phone"}).to_string().into());
    refused(&send(&server, other_body).await, "device_body_changed");
    let mut other_digest = opening(&kiosk);
    let body = b"{}";
    let digest = vivat::signing::content_digest::content_digest(body);
    other_digest.headers_mut().insert("content-digest", digest.parse().unwrap());
    *other_digest.body_mut() = Some(body.to_vec().into());
    refused(&send(&server, other_digest).await, "device_signature_wrong");
    let mut other_place = opening(&kiosk);
    other_place.headers_mut().insert("host", HeaderValue::from_static("elsewhere.example"));
    refused(&send(&server, other_place).await, "device_signature_wrong");
    let mut other_query = opening(&kiosk);
    other_query.url_mut().set_query(Some("added=1"));
    refused(&send(&server, other_query).await, "device_signature_incomplete");
    let mut two_types = opening(&kiosk);
    two_types.headers_mut().append("content-type", HeaderValue::from_static("text/plain"));
    refused(&send(&server, two_types).await, "device_signature_wrong");
}

async fn what_is_signed_by_halves_is_refused(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let kiosk = server.kiosk(1).await;
    for (from, to, code) in [
        ("\"@path\" ", "", "device_signature_incomplete"),
        ("\"content-digest\" ", "", "device_signature_incomplete"),
        (" \"content-type\"", "", "device_signature_incomplete"),
        (";alg=\"ed25519\"", "", "device_signature_malformed"),
        ("device=", "other=", "device_signature_malformed"),
        ("vivat-device", "another-tag", "device_signature_missing"),
        ("\"@method\"", "\"@status\"", "device_signature_incomplete"),
        ("\"@method\"", "\"@method\" \"x-none\"", "device_signature_malformed"),
    ] {
        let mut request = opening(&kiosk);
        let input = request.headers()["signature-input"].to_str().unwrap().replace(from, to);
        request.headers_mut().insert("signature-input", input.parse().unwrap());
        refused(&send(&server, request).await, code);
    }
    for name in ["signature", "signature-input"] {
        let mut request = opening(&kiosk);
        request.headers_mut().remove(HeaderName::from_static(name));
        refused(&send(&server, request).await, "device_signature_malformed");
    }
}

async fn a_body_beyond_the_limit_is_not_hashed(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let kiosk = server.kiosk(1).await;
    let huge = vec![b' '; 100 * 1024];
    let request = kiosk.signed(Method::POST, "/v1/sessions", Some("application/json"), huge).unwrap();
    let answered = send(&server, request).await;
    assert_eq!((answered.status, answered.problem()), (413, "too_large"));
}

async fn used_nonces_are_forgotten_after_the_window(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let kiosk = server.kiosk(1).await;
    let first = opening(&kiosk);
    assert_eq!(send(&server, first.try_clone().unwrap()).await.status, 201);
    assert_eq!(nonces(database).await, 1);
    server.clock.advance(SignedDuration::from_mins(4));
    refused(&send(&server, first).await, "device_clock");
    assert_eq!(send(&server, opening(&kiosk)).await.status, 201);
    assert_eq!(nonces(database).await, 1, "the first one is forgotten");
}

async fn nonces(database: &TestDatabase) -> i64 {
    let count = "select count(*) from device_nonce";
    if database.kind == "SQLite" {
        let pool = sqlx::SqlitePool::connect(&database.url).await.unwrap();
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    }
}
