//! Promise 5: what was answered survives the death of the process at any point; what cannot be kept is not accepted.

use std::time::Duration;

use vivat::store::Store;

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::process::{Process, on_a_mount};
use crate::support::proxy::{Line, Proxy};
use crate::support::server::{KNOWN, again, answer, http_client, photo};

on_each_database! {
    what_was_answered_survives_a_kill,
    a_polite_end_finishes_what_was_begun,
}

async fn what_was_answered_survives_a_kill(database: &TestDatabase) {
    let store = Store::open(&database.url).await.unwrap();

    // Killed between an answer and the next request.
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    client.enrol(photo("obama.jpg")).await;
    let session = client.open(KNOWN, "kiosk").await;
    let first = answer(client.send_frame(&session, photo("obama2.jpg"))).await;
    assert_eq!(first.status, 201);
    process.kill().await;

    // Killed while more frames are under way: each was answered and is there, or was not answered.
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    let third = tokio::sync::Notify::new();
    let sending = async {
        let mut answered = 1;
        while client
            .send_frame(&session, again(photo("obama2.jpg")))
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 201)
        {
            answered += 1;
            if answered == 3 {
                third.notify_one();
            }
        }
        answered
    };
    let killing = async {
        third.notified().await;
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..300))).await;
        process.kill().await;
    };
    let (answered, ()) = tokio::join!(sending, killing);
    assert!((3..10).contains(&answered), "the process was to be killed between the third and the last frame");

    // Everything answered is still there, and the decision can be made of it.
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    let next = answer(client.send_frame(&session, again(photo("obama2.jpg")))).await;
    let kept = next.body["frames"].as_u64().unwrap() - 1;
    assert!(kept == answered || kept == answered + 1, "{answered} answered, {kept} kept");
    let done = answer(client.complete(&session)).await;
    assert_eq!(done.status, 201, "{}", done.body);
    let done = client.certify(KNOWN, "kiosk", photo("obama2.jpg")).await;
    assert_eq!(done.body["decision"], "certified", "{}", done.body);
    process.kill().await;

    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    let number = done.body["certification"]["id"].as_str().unwrap();
    assert_eq!(answer(client.get(&format!("/v1/certifications/{number}"))).await.status, 200);
    assert_eq!(answer(client.complete(&session)).await.problem(), "session_completed");
}

async fn a_polite_end_finishes_what_was_begun(database: &TestDatabase) {
    let store = Store::open(&database.url).await.unwrap();
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    let session = client.open(KNOWN, "kiosk").await;
    let sending = answer(client.send_frame(&session, photo("obama2.jpg")));
    let ending = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        process.terminate().await;
    };
    let (sent, ()) = tokio::join!(sending, ending);
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert!(process.ended_well().await);
}

#[tokio::test]
async fn a_read_only_data_directory_is_said_at_the_start() {
    let place = tempfile::tempdir().unwrap();
    let Some(command) = on_a_mount(place.path(), "ro", "true") else { return };
    let said = Process::spawn(command).await.err().expect("it must not start");
    assert!(said.contains("exit status: 3") && said.contains("read-only"), "{said}");
    assert!(said.contains(&place.path().display().to_string()), "it does not say which directory: {said}");
}

#[tokio::test]
async fn a_full_disk_accepts_nothing_and_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    // Room for the tables, and not for many pictures.
    let Some(command) = on_a_mount(place.path(), "size=1500k", "true") else { return };
    let process = Process::spawn(command).await.unwrap();
    let client = http_client();
    let open = || {
        let new = serde_json::json!({"citizen_id": KNOWN, "channel": "kiosk"});
        answer(client.post(format!("{}/v1/sessions", process.base)).json(&new))
    };
    let session = open().await;
    let (id, nonce) = (session.body["id"].as_str().unwrap(), session.body["nonce"].as_str().unwrap());
    let mut answered = 0;
    let refused = loop {
        let form = reqwest::multipart::Form::new()
            .text("nonce", nonce.to_owned())
            .text("step", "look_straight")
            .text("taken_at", "2026-11-23T08:00:00Z")
            .part("frame", reqwest::multipart::Part::bytes(again(photo("biden.jpg"))).file_name("frame"));
        let sent = answer(client.post(format!("{}/v1/sessions/{id}/captures", process.base)).multipart(form)).await;
        match sent.status {
            201 => answered += 1,
            _ => break sent,
        }
        assert!(answered < 10, "the disk never became full");
    };
    assert_eq!((refused.status, refused.problem()), (507, "storage_refused"), "{}", refused.body);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(client.get(format!("{}/healthz", process.base)).send().await.unwrap().status(), 200);
    process.terminate().await;
    assert!(process.ended_well().await);
}

#[tokio::test]
async fn a_database_that_goes_away_is_an_honest_503_and_comes_back() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (proxy, url) = Proxy::before_database(&database.url).await;
    let server = crate::support::server::TestServer::start_with(&url, crate::support::server::inference()).await;
    let session = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.get("/readyz")).await.status, 200);

    proxy.set(Line::Cut);
    let refused = answer(server.send_frame(&session, photo("obama2.jpg"))).await;
    assert_eq!((refused.status, refused.problem()), (503, "database_unavailable"));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(answer(server.get("/readyz")).await.problem(), "database_unavailable");
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);

    proxy.set(Line::Up);
    assert_eq!(answer(server.send_frame(&session, photo("obama2.jpg"))).await.status, 201);
    assert_eq!(answer(server.complete(&session)).await.body["decision"], "referred");
}
