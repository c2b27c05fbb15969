//! One step after another: what is told, what is taken, and what a person cannot do.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Shot, answer_still, send};
use crate::certify::grey_picture;
use crate::log::{entries, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, OpenedSession, TestServer, UNKNOWN, again, answer};

on_each_database! {
    each_step_is_told_when_the_one_before_has_its_frames,
    stills_show_no_step_and_end_with_people,
    a_step_has_its_time,
    whoever_cannot_do_a_step_gets_another_or_a_human,
    what_a_person_cannot_do_is_not_asked,
}

fn still() -> Vec<u8> {
    again(grey_picture())
}

/// A session on a phone, and the instruction of its first step.
async fn phone(server: &TestServer, number: &str, unable: Value) -> (OpenedSession, Value) {
    let new = json!({"citizen_id": number, "channel": "phone", "unable": unable});
    let opened = answer(server.post("/v1/sessions", &new)).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let text = |key: &str| opened.body[key].as_str().unwrap().to_owned();
    (OpenedSession { id: text("id"), nonce: text("nonce") }, opened.body["instruction"].clone())
}

async fn each_step_is_told_when_the_one_before_has_its_frames(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (session, straight) = phone(&server, UNKNOWN, json!([])).await;
    assert_eq!(straight["step"], "look_straight");
    let shot = || vec![Shot { taken_at: server.clock_now(), light: None, picture: still() }];
    let early = send(&server, &session, "turn_left", None, shot()).await;
    assert_eq!((early.status, early.problem()), (409, "step_not_asked"));

    let first = send(&server, &session, "look_straight", None, shot()).await.body["next"].clone();
    for key in ["en", "zh"] {
        assert!(first["words"][key].as_str().is_some_and(|words| !words.is_empty()), "{first}");
    }
    assert_eq!(first["seconds"], 90);
    let drawing = server.get(first["picture"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(
        (drawing.status().as_u16(), &drawing.headers()["content-type"]),
        (200, &"image/svg+xml".parse().unwrap())
    );
    let name = first["step"].as_str().unwrap();
    for wrong in [None, straight["ticket"].as_str()] {
        let refused = send(&server, &session, name, wrong, shot()).await;
        assert_eq!((refused.status, refused.problem()), (403, "wrong_ticket"));
    }
    let again = answer_still(&server, &session, &straight, still).await;
    assert_eq!((again.status, &again.body["next"]), (201, &first), "once more, before going on");

    let second = answer_still(&server, &session, &first, still).await.body["next"].clone();
    assert_ne!(second["step"], first["step"]);
    assert_eq!(answer_still(&server, &session, &straight, still).await.problem(), "step_not_asked");
    let last = answer_still(&server, &session, &second, still).await;
    assert_eq!((last.status, &last.body["next"]), (201, &Value::Null), "{}", last.body);
    let light = [&first, &second].into_iter().find(|told| told["step"] == "watch_light").unwrap();
    let colours = light["colours"].as_array().unwrap();
    assert!((4..=6).contains(&colours.len()));
    // Not more than three changes a second, whoever looks at it.
    assert!(colours.iter().all(|colour| colour["milliseconds"].as_u64().unwrap() >= 700));

    let retake = answer(server.complete(&session)).await;
    assert_eq!(retake.body["decision"], "retake", "{}", retake.body);
    let refused = answer_still(&server, &session, &second, still).await;
    assert_eq!(refused.problem(), "step_not_asked", "a new attempt has a new challenge");
}

async fn stills_show_no_step_and_end_with_people(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(crate::support::server::photo("obama.jpg")).await;
    let picture = || again(crate::support::server::photo("obama2.jpg"));
    let (session, mut told) = phone(&server, KNOWN, json!([])).await;
    for attempt in 1..=3 {
        let mut asked = Vec::new();
        while told.is_object() {
            asked.push(told["step"].clone());
            told = answer_still(&server, &session, &told, picture).await.body["next"].take();
        }
        assert_eq!((asked.len(), &asked[0]), (3, &json!("look_straight")));
        let mut decided = answer(server.complete(&session)).await.body;
        if attempt < 3 {
            assert_eq!(decided["decision"], "retake", "{decided}");
            let codes: Vec<_> = decided["reasons"].as_array().unwrap().iter().map(|reason| &reason["code"]).collect();
            assert!(codes.contains(&&json!("light_not_shown")), "{codes:?}");
            told = decided["instruction"].take();
        } else {
            assert_eq!(decided["decision"], "referred", "{decided}");
        }
    }
}

async fn a_step_has_its_time(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (session, straight) = phone(&server, UNKNOWN, json!([])).await;
    server.clock.advance(SignedDuration::from_secs(300));
    let first = answer_still(&server, &session, &straight, still).await.body["next"].clone();
    server.clock.advance(SignedDuration::from_secs(91));
    let late = answer_still(&server, &session, &first, still).await;
    assert_eq!((late.status, late.problem()), (409, "step_over"));
    assert_eq!(answer(server.complete(&session)).await.body["decision"], "retake", "nothing is lost");
}

async fn whoever_cannot_do_a_step_gets_another_or_a_human(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (session, straight) = phone(&server, KNOWN, json!([])).await;
    let mut told = answer_still(&server, &session, &straight, still).await.body["next"].clone();
    let path = format!("/v1/sessions/{}/decline", session.id);
    let wrong = answer(server.post(&path, &json!({"nonce": session.nonce, "step": "look_straight"}))).await;
    assert_eq!((wrong.status, wrong.problem()), (409, "step_not_asked"));
    let mut declined = Vec::new();
    let end = loop {
        declined.push(told["step"].clone());
        let answered = answer(server.post(&path, &json!({"nonce": session.nonce, "step": told["step"]}))).await;
        assert_eq!(answered.status, 201, "{}", answered.body);
        if answered.body["instead"] == "people" {
            break answered.body["result"].clone();
        }
        told = answered.body["next"].clone();
        assert!(!declined.contains(&told["step"]), "asked again: {told}");
    };
    assert_eq!(end["decision"], "referred");
    assert!(end["case"]["due_on"].is_string());
    let over = answer(server.post(&path, &json!({"nonce": session.nonce, "step": told["step"]}))).await;
    assert_eq!(over.problem(), "session_completed");

    sequencer(&server.store).await.run().await.unwrap();
    let logged = entries(&server.store).await;
    let told: Vec<_> = logged.iter().filter(|entry| entry["act"]["kind"] == "step_declined").collect();
    assert_eq!(told.len(), declined.len());
    let fields: Vec<_> = told[0]["act"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["attempt", "kind", "session"], "which step it was is nobody's business");
}

async fn what_a_person_cannot_do_is_not_asked(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let unable = json!(["watch_light", "turn_left", "turn_right", "nod"]);
    let (session, straight) = phone(&server, UNKNOWN, unable).await;
    let first = answer_still(&server, &session, &straight, still).await.body["next"].clone();
    let second = answer_still(&server, &session, &first, still).await.body["next"].clone();
    let mut asked = [first["step"].as_str().unwrap(), second["step"].as_str().unwrap()];
    asked.sort_unstable();
    assert_eq!(asked, ["come_closer", "open_mouth"]);
    let nothing = json!(["watch_light", "turn_left", "turn_right", "nod", "open_mouth"]);
    let (session, straight) = phone(&server, UNKNOWN, nothing).await;
    assert_eq!(answer_still(&server, &session, &straight, still).await.body["next"], Value::Null);
}
