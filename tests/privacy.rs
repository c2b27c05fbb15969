//! Promise 6: citizen numbers, names, tokens and nonces never reach the log, at its most talkative.

use serde_json::json;
use vivat::store::Store;

use crate::certify::grey_picture;
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::process::Process;
use crate::support::server::{KNOWN, answer, photo};

on_each_database! {
    nothing_of_a_person_reaches_the_log,
}

async fn nothing_of_a_person_reaches_the_log(database: &TestDatabase) {
    let store = Store::open(&database.url).await.unwrap();
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    client.enrol(photo("obama.jpg")).await;
    let session = client.open(KNOWN, "kiosk").await;
    answer(client.send_frame(&session, photo("biden.jpg"))).await;
    answer(client.complete(&session)).await;
    answer(client.send_frame(&session, grey_picture())).await;
    answer(client.office_post("/v1/beneficiaries/search", &json!({"citizen_id": KNOWN}))).await;

    // What clients write into places where it does not belong.
    answer(client.get(&format!("/v1/beneficiaries/{KNOWN}?citizen_id={KNOWN}"))).await;
    answer(client.get("/healthz").header("x-request-id", KNOWN).header("user-agent", KNOWN)).await;
    answer(client.post("/v1/sessions", &json!({"citizen_id": KNOWN, "channel": KNOWN, KNOWN: KNOWN}))).await;
    let method = reqwest::Method::from_bytes(KNOWN.as_bytes()).unwrap();
    answer(client.client.request(method, format!("{}/{KNOWN}", process.base))).await;
    process.terminate().await;

    let log = std::sync::Arc::clone(&process.log);
    assert!(process.ended_well().await);
    let log = log.lock().unwrap().clone();
    assert!(log.contains("/v1/sessions/{id}/complete"), "the log is not there: {log}");
    for secret in [KNOWN, "王秀英", &session.nonce, client.token()] {
        assert!(!log.contains(secret), "a secret reached the log");
    }
}
