//! Limits of failures: after five a pause, never a lost case; the counter stays open; nothing tells who is enrolled.

use ipnet::IpNet;
use jiff::SignedDuration;
use reqwest::RequestBuilder;
use serde_json::json;
use vivat::domain::citizen_id::CitizenId;
use vivat::http::AppState;

use crate::certify::grey_picture;
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{Answer, KNOWN, OpenedSession, TestServer, UNKNOWN, answer, photo};

on_each_database! {
    the_fifth_failure_of_a_person_is_referred_and_then_there_is_a_pause,
    a_known_and_an_unknown_number_pause_alike,
    a_pause_grows_with_each_further_failure,
    a_success_ends_the_run,
    the_counter_stays_open_to_a_stranger_whose_number_fails,
    what_was_sent_before_a_pause_is_decided_after_it,
    attempts_at_the_same_time_are_counted_one_by_one,
    a_device_pauses_for_everybody_and_shortly,
    an_address_pauses_behind_a_proxy_that_is_trusted,
    numbers_of_many_people_do_not_help_an_address,
}

/// Opens a session at a kiosk.
fn opening(server: &TestServer, citizen_id: &str, channel: &str) -> RequestBuilder {
    server.post("/v1/sessions", &json!({"citizen_id": citizen_id, "channel": channel}))
}

/// One attempt with a picture in which nobody is: the decision, or what refused to open.
async fn fail(server: &TestServer, citizen_id: &str, channel: &str) -> Answer {
    attempt(server, citizen_id, channel, grey_picture()).await
}

async fn attempt(server: &TestServer, citizen_id: &str, channel: &str, picture: Vec<u8>) -> Answer {
    server.forget_frames().await;
    let opened = answer(opening(server, citizen_id, channel)).await;
    if opened.status != 201 {
        return opened;
    }
    let text = |key: &str| opened.body[key].as_str().unwrap().to_owned();
    let session = OpenedSession { id: text("id"), nonce: text("nonce") };
    assert_eq!(answer(server.send_frame(&session, picture)).await.status, 201);
    answer(server.complete(&session)).await
}

fn paused(answered: &Answer, seconds: std::ops::RangeInclusive<u64>) {
    assert_eq!((answered.status, answered.problem()), (429, "paused"));
    let told: u64 = answered.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds.contains(&told), "{told}");
    assert!(answered.body["paused_until"].is_string());
    assert!(answered.body["detail"].as_str().unwrap().contains("counter"), "there are other ways");
}

async fn the_fifth_failure_of_a_person_is_referred_and_then_there_is_a_pause(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    for left in [2, 2, 2, 1] {
        let answered = fail(&server, KNOWN, "kiosk").await;
        assert_eq!(
            (answered.body["decision"].as_str(), answered.body["attempts_left"].as_u64()),
            (Some("retake"), Some(left))
        );
    }
    let last = answer(opening(&server, KNOWN, "kiosk")).await;
    assert_eq!(last.body["attempts_left"], 1, "the person is told before");
    let fifth = fail(&server, KNOWN, "kiosk").await;
    assert_eq!(fifth.body["decision"], "referred", "never lost");
    assert!(fifth.body["case"]["id"].is_string());
    for channel in ["kiosk", "phone"] {
        paused(&answer(opening(&server, KNOWN, channel)).await, 1..=30);
    }
    server.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(answer(opening(&server, KNOWN, "kiosk")).await.status, 201);
}

async fn a_known_and_an_unknown_number_pause_alike(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    for picture in [grey_picture(), photo("biden.jpg")] {
        let mut told = Vec::new();
        for number in [KNOWN, UNKNOWN] {
            let mut of_number = Vec::new();
            for _ in 0..6 {
                let answered = attempt(&server, number, "phone", picture.clone()).await;
                let decision = answered.body["decision"].as_str().unwrap_or("paused").to_owned();
                of_number.push((answered.status, decision, answered.body["attempts_left"].as_u64()));
            }
            told.push(of_number);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0][5].0, 429);
        server.clock.advance(SignedDuration::from_hours(25));
    }
}

async fn a_pause_grows_with_each_further_failure(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    for _ in 0..5 {
        fail(&server, UNKNOWN, "kiosk").await;
    }
    for (before, seconds) in [(29, 30), (59, 60), (119, 120)] {
        paused(&fail(&server, UNKNOWN, "kiosk").await, before..=seconds);
        server.clock.advance(SignedDuration::from_secs(i64::try_from(seconds).unwrap() + 1));
        assert_eq!(fail(&server, UNKNOWN, "kiosk").await.body["decision"], "referred");
    }
    server.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(fail(&server, UNKNOWN, "kiosk").await.body["decision"], "retake", "the run is over");
}

async fn a_success_ends_the_run(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(fail(&server, KNOWN, "kiosk").await.body["decision"], "retake");
        }
        let success = attempt(&server, KNOWN, "kiosk", photo("obama2.jpg")).await;
        assert_eq!(success.body["decision"], "certified");
    }
}

async fn the_counter_stays_open_to_a_stranger_whose_number_fails(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    for _ in 0..5 {
        fail(&server, KNOWN, "phone").await;
    }
    paused(&fail(&server, KNOWN, "kiosk").await, 1..=30);
    for _ in 0..7 {
        assert_eq!(fail(&server, KNOWN, "counter").await.body["decision"], "retake", "there nothing counts");
    }
    let certified = attempt(&server, KNOWN, "counter", photo("obama2.jpg")).await;
    assert_eq!(certified.body["decision"], "certified");
    assert_eq!(answer(opening(&server, KNOWN, "kiosk")).await.status, 201, "and ends the run");
}

async fn what_was_sent_before_a_pause_is_decided_after_it(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let early = server.open(UNKNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&early, photo("biden.jpg"))).await.status, 201);
    for _ in 0..5 {
        fail(&server, UNKNOWN, "kiosk").await;
    }
    paused(&answer(server.complete(&early)).await, 1..=30);
    server.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(answer(server.complete(&early)).await.body["decision"], "referred");
}

async fn attempts_at_the_same_time_are_counted_one_by_one(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let mut sessions = Vec::new();
    for _ in 0..12 {
        let session = server.open(UNKNOWN, "phone").await;
        assert_eq!(answer(server.send_frame(&session, grey_picture())).await.status, 201);
        sessions.push(session);
    }
    let completed =
        futures_util::future::join_all(sessions.iter().map(|session| answer(server.complete(session)))).await;
    let count = |status| completed.iter().filter(|answered| answered.status == status).count();
    assert_eq!((count(201), count(429)), (5, 7));
}

async fn a_device_pauses_for_everybody_and_shortly(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (kiosk, other) = (server.kiosk(1).await, server.kiosk(2).await);
    let numbers = [KNOWN, UNKNOWN, KNOWN, UNKNOWN, KNOWN];
    for number in numbers {
        kiosk.certify(number, &[grey_picture()]).await.unwrap();
    }
    let refused = kiosk.open(UNKNOWN).await.err().unwrap().to_string();
    assert!(refused.contains("paused") && refused.contains("wait 30 seconds"), "{refused}");
    other.open(UNKNOWN).await.unwrap();
    server.clock.advance(SignedDuration::from_secs(31));
    kiosk.open(UNKNOWN).await.unwrap();
}

async fn an_address_pauses_behind_a_proxy_that_is_trusted(database: &TestDatabase) {
    let proxies: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap()];
    let server =
        TestServer::start_as(&database.url, |state| AppState { trusted_proxies: proxies.into(), ..state }).await;
    let from = |request: RequestBuilder, address: &str| request.header("x-forwarded-for", address);
    for number in [KNOWN, UNKNOWN, KNOWN, UNKNOWN, KNOWN] {
        let opened = answer(from(opening(&server, number, "phone"), "198.51.100.1")).await;
        let text = |key: &str| opened.body[key].as_str().unwrap().to_owned();
        let session = OpenedSession { id: text("id"), nonce: text("nonce") };
        assert_eq!(answer(server.send_frame(&session, grey_picture())).await.status, 201);
        assert_eq!(answer(from(server.complete(&session), "198.51.100.1")).await.status, 201);
    }
    paused(&answer(from(opening(&server, UNKNOWN, "phone"), "192.0.2.1, 198.51.100.1")).await, 1..=30);
    assert_eq!(answer(from(opening(&server, UNKNOWN, "phone"), "198.51.100.2")).await.status, 201);
    let untrusting = TestServer::start(database).await;
    assert_eq!(answer(from(opening(&untrusting, UNKNOWN, "phone"), "198.51.100.1")).await.status, 201);
}

async fn numbers_of_many_people_do_not_help_an_address(database: &TestDatabase) {
    let proxies: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap()];
    let server =
        TestServer::start_as(&database.url, |state| AppState { trusted_proxies: proxies.into(), ..state }).await;
    let mut opened = Vec::new();
    for number in 0..6 {
        let number = citizen_number(number);
        let request = opening(&server, &number, "phone").header("x-forwarded-for", "198.51.100.1");
        let answered = answer(request).await;
        let text = |key: &str| answered.body[key].as_str().unwrap().to_owned();
        opened.push(OpenedSession { id: text("id"), nonce: text("nonce") });
    }
    let mut statuses = Vec::new();
    for session in &opened {
        assert_eq!(answer(server.send_frame(session, grey_picture())).await.status, 201);
        let completed = server.complete(session).header("x-forwarded-for", "198.51.100.1");
        statuses.push(answer(completed).await.status);
    }
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429]);
}

/// A valid citizen number for every number below 1,000.
fn citizen_number(number: u16) -> String {
    let body = format!("11010519491231{number:03}");
    let valid = |check| CitizenId::parse(&format!("{body}{check}")).ok();
    "0123456789X".chars().find_map(valid).unwrap().as_str().to_owned()
}
