//! Pictures that were here before, times that cannot be, cameras that are none; and what is forgotten.

use jiff::SignedDuration;
use reqwest::multipart::{Form, Part};
use vivat::domain::decision::ReferReason;
use vivat::domain::id::{CaseId, SessionId};
use vivat::store::{captures, cases};

use super::{Shot, send};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{Answer, KNOWN, OpenedSession, TestServer, again, answer, photo};

on_each_database! {
    a_picture_of_an_earlier_session_goes_to_people,
    frames_come_once_and_in_order,
    times_that_no_clock_gives_go_to_people,
    a_camera_that_is_none_goes_to_people,
    what_a_burst_remembers_goes_with_the_decision,
}

/// Why a session was referred: what the office knows, and the public does not.
pub(super) async fn reasons(server: &TestServer, referred: &Answer) -> Vec<ReferReason> {
    assert_eq!(referred.body["decision"], "referred", "{}", referred.body);
    let case: CaseId = referred.body["case"]["id"].as_str().unwrap().parse().unwrap();
    let mut tx = server.store.read().await.unwrap();
    cases::find(&mut tx, case).await.unwrap().unwrap().reasons.as_slice().to_vec()
}

/// One frame at a kiosk; what was shown before counts.
async fn shown_again(server: &TestServer, picture: Vec<u8>) -> Answer {
    let session = server.open_again(KNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&session, picture)).await.status, 201);
    answer(server.complete(&session)).await
}

/// As somebody does who hopes that other bytes are another picture.
fn encoded_again(picture: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::load_from_memory(picture).unwrap();
    let smaller = picture.resize(picture.width() * 4 / 5, picture.height() * 4 / 5, image::imageops::Triangle);
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&smaller).unwrap();
    bytes
}

async fn a_picture_of_an_earlier_session_goes_to_people(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    assert_eq!(shown_again(&server, photo("obama2.jpg")).await.body["decision"], "certified");
    for (what, picture) in [
        ("the same bytes", photo("obama2.jpg")),
        ("other bytes", again(photo("obama2.jpg"))),
        ("a copy", encoded_again(&photo("obama2.jpg"))),
        ("the enrolled photo", photo("obama.jpg")),
    ] {
        let referred = shown_again(&server, picture).await;
        assert_eq!(reasons(&server, &referred).await, [ReferReason::SeenBefore], "{what}");
    }
    assert_eq!(shown_again(&server, photo("obama3.jpg")).await.body["decision"], "certified", "another picture");
    server.clock.advance(SignedDuration::from_hours(24 * 401));
    server.forget_frames_that_are_old().await;
    assert_eq!(shown_again(&server, photo("obama2.jpg")).await.body["decision"], "certified", "marks are forgotten");
}

async fn frames_come_once_and_in_order(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let at = server.clock_now();
    let shot = |seconds, picture| Shot { taken_at: at + SignedDuration::from_secs(seconds), light: None, picture };
    let of = |shots| send(&server, &session, "look_straight", None, shots);
    let twice = of(vec![shot(0, photo("obama2.jpg")), shot(1, photo("obama2.jpg"))]).await;
    assert_eq!((twice.status, twice.problem()), (409, "frame_repeated"));
    let back = of(vec![shot(1, photo("obama2.jpg")), shot(0, photo("obama3.jpg"))]).await;
    assert_eq!((back.status, back.problem()), (422, "frames_out_of_order"));
    assert_eq!(of(vec![shot(1, photo("obama2.jpg"))]).await.status, 201, "nothing of what was refused counts");
    assert_eq!(of(vec![shot(2, photo("obama2.jpg"))]).await.problem(), "frame_repeated");
    assert_eq!(of(vec![shot(0, photo("obama3.jpg"))]).await.problem(), "frames_out_of_order");
}

async fn times_that_no_clock_gives_go_to_people(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    let shot = |seconds, name| Shot {
        taken_at: server.clock_now() + SignedDuration::from_secs(seconds),
        light: None,
        picture: photo(name),
    };
    // A minute of frames, in a session of a second.
    let sent =
        send(&server, &session, "look_straight", None, vec![shot(-60, "obama2.jpg"), shot(0, "obama3.jpg")]).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let referred = answer(server.complete(&session)).await;
    assert!(reasons(&server, &referred).await.contains(&ReferReason::Timing));
    // A clock that is a year behind is the clock of an old phone.
    let session = server.open(KNOWN, "kiosk").await;
    let sent = send(&server, &session, "look_straight", None, vec![shot(-31_536_000, "obama2.jpg")]).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert_eq!(answer(server.complete(&session)).await.body["decision"], "certified");
}

async fn a_camera_that_is_none_goes_to_people(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    for (label, expected) in [("OBS Virtual Camera", "referred"), ("camera2 1, facing front", "certified")] {
        let session = server.open(KNOWN, "kiosk").await;
        let form = Form::new()
            .text("nonce", session.nonce.clone())
            .text("step", "look_straight")
            .text("camera", label)
            .text("facing", "user")
            .text("taken_at", server.clock_now().to_string())
            .part("frame", Part::bytes(photo("obama2.jpg")).file_name("frame"));
        let path = format!("{}/v1/sessions/{}/captures", server.base, session.id);
        assert_eq!(answer(server.client.post(path).multipart(form)).await.status, 201);
        let decided = answer(server.complete(&session)).await;
        assert_eq!(decided.body["decision"], expected, "{label}");
        if expected == "referred" {
            assert_eq!(reasons(&server, &decided).await, [ReferReason::VirtualCamera]);
        }
    }
}

async fn traces(server: &TestServer, session: &OpenedSession) -> usize {
    let id: SessionId = session.id.parse().unwrap();
    let mut tx = server.store.read().await.unwrap();
    let frames = captures::of_session(&mut tx, id).await.unwrap();
    assert!(!frames.is_empty());
    frames.iter().filter(|frame| frame.trace.is_some()).count()
}

async fn what_a_burst_remembers_goes_with_the_decision(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (decided, abandoned) = (server.open(KNOWN, "kiosk").await, server.open(KNOWN, "kiosk").await);
    for session in [&decided, &abandoned] {
        assert_eq!(answer(server.send_frame(session, photo("biden.jpg"))).await.status, 201);
        assert_eq!(traces(&server, session).await, 1);
    }
    assert_eq!(answer(server.complete(&decided)).await.status, 201);
    assert_eq!((traces(&server, &decided).await, traces(&server, &abandoned).await), (0, 1));
    server.clock.advance(SignedDuration::from_mins(16));
    server.forget_frames_that_are_old().await;
    assert_eq!(traces(&server, &abandoned).await, 0, "and when the time of a session is over");
}
