//! A client that got no answer asks again, and nothing happens twice.

use serde_json::json;

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, UNKNOWN, answer, photo};

const KEY: &str = "idempotency-key";

on_each_database! {
    a_repeated_request_gets_the_first_answer,
    another_request_with_the_same_key_is_refused,
    a_refused_request_does_not_use_up_its_key,
    two_at_the_same_time_create_one,
    a_key_has_a_form,
    a_repeated_upload_is_one_upload,
}

async fn a_repeated_request_gets_the_first_answer(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let new = json!({"citizen_id": KNOWN, "channel": "kiosk"});
    let first = answer(server.post("/v1/sessions", &new).header(KEY, "visit-0001")).await;
    let again = answer(server.post("/v1/sessions", &new).header(KEY, "visit-0001")).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert!(!first.headers.contains_key("idempotency-replayed"));

    let session = crate::support::server::OpenedSession {
        id: first.body["id"].as_str().unwrap().to_owned(),
        nonce: first.body["nonce"].as_str().unwrap().to_owned(),
    };
    assert_eq!(answer(server.send_frame(&session, photo("obama2.jpg"))).await.body["frames"], 1);
    let first = answer(server.complete(&session).header(KEY, "done-0001")).await;
    let again = answer(server.complete(&session).header(KEY, "done-0001")).await;
    assert_eq!(again.body, first.body);
    assert_eq!(first.body["decision"], "certified");
}

async fn another_request_with_the_same_key_is_refused(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let open = |number: &str| {
        server.post("/v1/sessions", &json!({"citizen_id": number, "channel": "kiosk"})).header(KEY, "visit-0002")
    };
    assert_eq!(answer(open(KNOWN)).await.status, 201);
    let refused = answer(open(UNKNOWN)).await;
    assert_eq!((refused.status, refused.problem()), (422, "idempotency_key_reused"));
}

async fn a_refused_request_does_not_use_up_its_key(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.complete(&session).header(KEY, "done-0002")).await.problem(), "no_captures");
    assert_eq!(answer(server.send_frame(&session, photo("biden.jpg"))).await.status, 201);
    assert_eq!(answer(server.complete(&session).header(KEY, "done-0002")).await.body["decision"], "referred");
}

async fn two_at_the_same_time_create_one(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = json!({"citizen_id": KNOWN, "name": "王秀英", "agency": "110105", "schemes": ["resident"]});
    let send = || answer(server.office_post("/v1/beneficiaries", &person).header(KEY, "register-1"));
    let (one, other) = tokio::join!(send(), send());
    assert_eq!((one.status, other.status), (201, 201), "{} {}", one.body, other.body);
    assert_eq!(one.body["id"], other.body["id"]);
}

async fn a_key_has_a_form(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let new = json!({"citizen_id": KNOWN, "channel": "kiosk"});
    for key in ["short", "with space in it", &"long".repeat(40)] {
        let refused = answer(server.post("/v1/sessions", &new).header(KEY, key)).await;
        assert_eq!((refused.status, refused.problem()), (422, "invalid_idempotency_key"));
    }
}

async fn a_repeated_upload_is_one_upload(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    // The boundary of the form differs between the two, and the time is the same.
    let taken_at = "2026-11-23T08:00:00Z";
    let send = || {
        let form = reqwest::multipart::Form::new()
            .text("nonce", session.nonce.clone())
            .text("step", "look_straight")
            .text("taken_at", taken_at)
            .part("frame", reqwest::multipart::Part::bytes(photo("obama2.jpg")).file_name("frame"));
        let path = format!("{}/v1/sessions/{}/captures", server.base, session.id);
        answer(server.client.post(path).multipart(form).header(KEY, "frame-0001"))
    };
    let first = send().await;
    let again = send().await;
    assert_eq!((first.status, &first.body), (201, &again.body));
    assert_eq!(answer(server.send_frame(&session, photo("obama3.jpg"))).await.body["frames"], 2);
}
