//! The main job over HTTP, on both databases: the right person is certified, everybody else goes to people.

use serde_json::json;
use vivat::service::inference::Inference;
use vivat::vision::{ModelError, PackChoice, Pipeline};

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, UNKNOWN, again, answer, models, photo};

async fn the_right_person_is_certified_and_another_is_referred(database: &TestDatabase, pack: PackChoice) {
    let pipeline = match Pipeline::load(&models(), pack.clone()) {
        Err(ModelError::NotInstalled { .. }) => return eprintln!("SKIPPED: pack {pack:?} is not installed"),
        loaded => loaded.unwrap(),
    };
    let server = TestServer::start_with(&database.url, Inference::new(pipeline, 1).unwrap()).await;
    let person = server.enrol(photo("obama.jpg")).await;

    let certified = server.certify(KNOWN, "kiosk", photo("obama2.jpg")).await;
    assert_eq!(certified.body["decision"], "certified", "{}", certified.body);
    let number = certified.body["certification"]["id"].as_str().unwrap();
    let read = answer(server.get(&format!("/v1/certifications/{number}"))).await;
    assert_eq!((read.status, &read.body["method"]), (200, &json!("face")));
    assert_eq!(read.body["valid_until"], certified.body["certification"]["valid_until"]);
    let beneficiary = answer(server.office_get(&format!("/v1/beneficiaries/{person}"))).await;
    assert_eq!(beneficiary.body["certified_until"], read.body["valid_until"]);

    let referred = server.certify(KNOWN, "kiosk", photo("biden.jpg")).await;
    assert_eq!(referred.body["decision"], "referred", "{}", referred.body);
}

on_each_database! {
    with_pack_open,
    with_pack_registry,
    a_decision_of_other_models_is_left_to_people,
    two_completions_at_the_same_time_decide_once,
    a_phone_is_never_certified_by_a_machine_alone,
    an_unknown_number_gets_an_answer_of_the_same_shape,
    pictures_without_a_usable_face_ask_for_a_retake_until_people_take_over,
    two_people_in_the_picture_are_told_so,
    several_frames_speak_with_the_weakest_voice,
}

async fn with_pack_open(database: &TestDatabase) {
    the_right_person_is_certified_and_another_is_referred(database, PackChoice::Open).await;
}

async fn with_pack_registry(database: &TestDatabase) {
    the_right_person_is_certified_and_another_is_referred(database, PackChoice::Registry).await;
}

async fn a_decision_of_other_models_is_left_to_people(database: &TestDatabase) {
    let (Ok(open), Ok(registry)) =
        (Pipeline::load(&models(), PackChoice::Open), Pipeline::load(&models(), PackChoice::Registry))
    else {
        return eprintln!("SKIPPED: both packs are needed");
    };
    let before = TestServer::start_with(&database.url, Inference::new(open, 1).unwrap()).await;
    let after = TestServer::start_with(&database.url, Inference::new(registry, 1).unwrap()).await;
    before.enrol(photo("obama.jpg")).await;
    let session = before.open(KNOWN, "kiosk").await;
    assert_eq!(answer(before.send_frame(&session, photo("obama2.jpg"))).await.status, 201);
    assert_eq!(answer(after.complete(&session)).await.body["decision"], "referred");
}

async fn two_completions_at_the_same_time_decide_once(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let other_node = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(other_node.send_frame(&session, photo("obama2.jpg"))).await.status, 201);
    let (one, other) = tokio::join!(answer(server.complete(&session)), answer(other_node.complete(&session)));
    let (decided, refused) = if one.status == 201 { (one, other) } else { (other, one) };
    assert_eq!((decided.status, &decided.body["decision"]), (201, &json!("certified")));
    assert_eq!((refused.status, refused.problem()), (409, "session_completed"));
    assert_eq!(refused.body["result"], decided.body, "whoever lost the answer is told again");
}

async fn a_phone_is_never_certified_by_a_machine_alone(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let answered = server.certify(KNOWN, "phone", photo("obama2.jpg")).await;
    assert_eq!(answered.body["decision"], "referred");
}

async fn an_unknown_number_gets_an_answer_of_the_same_shape(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let mut shapes = Vec::new();
    for number in [KNOWN, UNKNOWN] {
        let session = server.open(number, "kiosk").await;
        let opened = answer(server.post("/v1/sessions", &json!({"citizen_id": number, "channel": "kiosk"}))).await;
        let accepted = answer(server.send_frame(&session, photo("biden.jpg"))).await;
        let completed = answer(server.complete(&session)).await;
        assert_eq!(completed.body["decision"], "referred");
        let values: Vec<_> = [opened, accepted, completed].into_iter().map(|answer| shape(&answer.body)).collect();
        shapes.push(values);
    }
    assert_eq!(shapes[0], shapes[1]);
    assert!(!shapes[0].is_empty());
}

async fn pictures_without_a_usable_face_ask_for_a_retake_until_people_take_over(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    for attempt in 1..=3 {
        let accepted = answer(server.send_frame(&session, again(grey_picture()))).await;
        assert_eq!(accepted.status, 201, "{}", accepted.body);
        assert_eq!(accepted.body["captures"][0]["guidance"][0]["code"], "no_face");
        let decided = answer(server.complete(&session)).await;
        if attempt < 3 {
            assert_eq!(decided.body["decision"], "retake");
            assert_eq!(decided.body["attempts_left"], 3 - attempt);
            assert_eq!(decided.body["reasons"][0]["code"], "no_face");
            assert!(decided.body["reasons"][0]["action"]["zh"].as_str().is_some_and(|words| !words.is_empty()));
        } else {
            assert_eq!(decided.body["decision"], "referred");
            assert!(decided.body["case"]["due_on"].is_string());
        }
    }
}

async fn two_people_in_the_picture_are_told_so(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let decided = server.certify(KNOWN, "kiosk", side_by_side("obama2.jpg", "astronaut.png")).await;
    assert_eq!(decided.body["decision"], "retake", "{}", decided.body);
    assert_eq!(decided.body["reasons"][0]["code"], "several_faces");
}

async fn several_frames_speak_with_the_weakest_voice(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    for frame in ["obama2.jpg", "biden.jpg"] {
        assert_eq!(answer(server.send_frame(&session, photo(frame))).await.status, 201);
    }
    assert_eq!(answer(server.complete(&session)).await.body["decision"], "referred");
}

/// Keys and kinds of values, and the values of everything that is not an identifier or a time.
fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let private = matches!(key.as_str(), "id" | "nonce" | "expires_at" | "ticket");
                (key.clone(), if private { json!("…") } else { shape(value) })
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(shape).collect(),
        other => other.clone(),
    }
}

/// A sharp picture of nothing.
pub(crate) fn grey_picture() -> Vec<u8> {
    png(&image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([((x ^ y) % 251) as u8; 3])))
}

fn side_by_side(left: &str, right: &str) -> Vec<u8> {
    let open =
        |name| image::load_from_memory(&photo(name)).unwrap().resize(500, 500, image::imageops::Triangle).to_rgb8();
    let (left, right) = (open(left), open(right));
    let mut both = image::RgbImage::new(left.width() + right.width(), left.height().max(right.height()));
    image::imageops::overlay(&mut both, &left, 0, 0);
    image::imageops::overlay(&mut both, &right, left.width().into(), 0);
    png(&both)
}

/// A picture as PNG.
pub(crate) fn png(picture: &image::RgbImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
