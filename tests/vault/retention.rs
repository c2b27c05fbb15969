//! Pictures go when the policy says, the log tells it, and what people still need stays.

use jiff::SignedDuration;
use serde_json::{Value, json};
use vivat::domain::id::CaptureId;
use vivat::domain::policy::Policy;
use vivat::images::{Images, Picture};
use vivat::service::records::Records;
use vivat::service::retain_images::{Deleted, retain};

use crate::log::{entries, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::process::Process;
use crate::support::server::{KNOWN, TestServer, answer, photo};
use crate::support::vault::{images, vault};

on_each_database! {
    frames_go_with_the_decision,
    frames_that_came_together_lie_together,
    an_investigation_and_an_open_session_keep_theirs_for_a_while,
    two_nodes_delete_once_and_tell_it_once,
    pictures_without_a_row_are_swept,
    a_server_does_it_by_itself,
}

async fn records(database: &TestDatabase, server: &TestServer) -> Records {
    Records {
        store: server.store.clone(),
        vault: vault(&server.store).await,
        images: images(&database.url),
        clock: server.clock.clone(),
    }
}

async fn run(records: &Records) -> u64 {
    retain(records, &Policy::default().retention).await.unwrap().pictures
}

/// A referred session in the hands of the tester: its case, and the paths of its pictures.
async fn referred(server: &TestServer) -> (String, String, String) {
    let referred = server.certify(KNOWN, "phone", photo("obama2.jpg")).await;
    let case = referred.body["case"]["id"].as_str().unwrap().to_owned();
    let (reference, capture) = claim(server, &case).await;
    (case, reference, capture)
}

async fn claim(server: &TestServer, case: &str) -> (String, String) {
    let file = answer(server.office_post(&format!("/v1/reviews/{case}/claim"), &Value::Null)).await.body;
    let path = |kind: &str| format!("/v1/reviews/{case}/{kind}/{}", file[kind][0].as_str().unwrap_or("none"));
    (path("references"), path("captures"))
}

async fn judge(server: &TestServer, case: &str, verdict: &str) {
    let judgement = json!({"verdict": verdict, "reason": "The same ears, the same scar."});
    let judged = answer(server.office_post(&format!("/v1/reviews/{case}/judgement"), &judgement)).await;
    assert_eq!(judged.status, 201, "{}", judged.body);
}

async fn frames_go_with_the_decision(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let records = records(database, &server).await;
    assert_eq!(server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "certified");
    assert_eq!((run(&records).await, run(&records).await), (1, 0), "certified by the machine: at once");

    let (case, reference, capture) = referred(&server).await;
    assert_eq!(run(&records).await, 0, "people still need it");
    assert_eq!(server.office_get(&capture).send().await.unwrap().status().as_u16(), 200);
    judge(&server, &case, "same").await;
    assert_eq!(run(&records).await, 1, "recognised: at once");
    assert_eq!(records.images.recent(records.clock.now(), 1).await.unwrap().len(), 1, "the enrolled photo stays");
    let _ = reference;

    sequencer(&server.store).await.run().await.unwrap();
    let logged = entries(&server.store).await;
    let told: Vec<_> = logged.iter().filter(|entry| entry["act"]["kind"] == "images_deleted").collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|entry| entry["act"]["count"] == 1 && entry["by"] == "machine"), "{told:?}");
    let audited = vivat::service::audit_log::audit(&records.store, &records.vault, &records.images).await.unwrap();
    assert_eq!(audited.discrepancies, [], "what the log binds does not need the frames");
}

async fn frames_that_came_together_lie_together(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let records = records(database, &server).await;
    let session = server.open(KNOWN, "phone").await;
    let sent = ["obama2.jpg", "biden.jpg", "obama3.jpg"].map(photo);
    let accepted = answer(server.send_frames(&session, sent.to_vec())).await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    let referred = server.decline_all(&session, accepted.body["next"]["step"].as_str().unwrap()).await;
    let case = referred.body["case"]["id"].as_str().unwrap();
    assert_eq!(kept(&records.images, &records).await, 2, "the enrolled photo, and one object for three frames");

    let file = answer(server.office_post(&format!("/v1/reviews/{case}/claim"), &Value::Null)).await.body;
    let frames = file["captures"].as_array().unwrap();
    assert_eq!(frames.len(), 3);
    for (frame, sent) in frames.iter().zip(&sent) {
        let path = format!("/v1/reviews/{case}/captures/{}", frame.as_str().unwrap());
        let shown = server.office_get(&path).send().await.unwrap().bytes().await.unwrap();
        assert!(shown == *sent, "each comes back as it was sent, in the order in which it was sent");
    }
    judge(&server, case, "same").await;
    assert_eq!((run(&records).await, run(&records).await), (3, 0));
    assert_eq!(kept(&records.images, &records).await, 1);
}

async fn an_investigation_and_an_open_session_keep_theirs_for_a_while(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let records = records(database, &server).await;
    let (case, ..) = referred(&server).await;
    judge(&server, &case, "different").await;
    let abandoned = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&abandoned, photo("obama2.jpg"))).await.status, 201);
    let days = |days: i64| server.clock.advance(SignedDuration::from_hours(24 * days));
    days(6);
    assert_eq!(run(&records).await, 0);
    days(2);
    assert_eq!(run(&records).await, 1, "nobody finished it within a week");
    days(170);
    assert_eq!(run(&records).await, 0);
    days(3);
    assert_eq!(run(&records).await, 1, "the investigation had half a year");
}

async fn two_nodes_delete_once_and_tell_it_once(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    for _ in 0..3 {
        assert_eq!(server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "certified");
    }
    let records = records(database, &server).await;
    let (one, other) = tokio::join!(run(&records), run(&records));
    assert_eq!(one + other, 3);
    sequencer(&server.store).await.run().await.unwrap();
    let told = entries(&server.store).await.iter().filter(|entry| entry["act"]["kind"] == "images_deleted").count();
    assert_eq!(told, 3);
}

async fn pictures_without_a_row_are_swept(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let records = records(database, &server).await;
    let orphan = Picture::Probe(CaptureId::new(records.clock.now(), &mut rand::rng()));
    records.images.put(vec![(orphan, vec![1; 100])]).await.unwrap();
    let retention = Policy::default().retention;
    assert_eq!(retain(&records, &retention).await.unwrap(), Deleted::default(), "it may be under way");
    server.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(retain(&records, &retention).await.unwrap(), Deleted { pictures: 0, orphans: 1 });
    assert!(records.images.get(orphan).await.is_err());
    assert_eq!(kept(&records.images, &records).await, 1, "the enrolled photo stays");
}

async fn kept(images: &Images, records: &Records) -> usize {
    images.recent(records.clock.now(), 1).await.unwrap().len()
}

async fn a_server_does_it_by_itself(database: &TestDatabase) {
    let store = database.open().await;
    let process = Process::start(&database.url).await;
    let client = process.client(&store).await;
    client.enrol(photo("obama.jpg")).await;
    assert_eq!(client.certify(KNOWN, "kiosk", photo("obama2.jpg")).await.body["decision"], "certified");
    let images = images(&database.url);
    let records = records(database, &client).await;
    for _ in 0..100 {
        if kept(&images, &records).await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the frame of a certified session is still there after ten seconds");
}
