//! Bad input gets a clear, stable problem; nothing is lost, nothing panics.

use jiff::SignedDuration;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::certify::grey_picture;
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, again, answer, photo};

on_each_database! {
    citizen_numbers,
    pictures,
    a_request_beyond_the_limit,
    forms_and_bodies,
    sessions_that_take_nothing,
    too_many_frames_in_one_request,
    a_text_field_may_say_that_it_is_text,
    methods_and_types_that_an_address_does_not_take,
    addresses_that_do_not_exist,
    the_office_needs_a_token,
    references_that_cannot_serve,
}

async fn citizen_numbers(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    for (number, code) in [
        ("", "citizen_id_length"),
        ("1101051949123100", "citizen_id_length"),
        ("11010519491231002A", "citizen_id_character"),
        ("110105194912310021", "citizen_id_check_character"),
        ("110105490231002", "citizen_id_birth_date"),
    ] {
        let refused = answer(server.post("/v1/sessions", &json!({"citizen_id": number, "channel": "kiosk"}))).await;
        assert_eq!((refused.status, refused.problem()), (422, code));
        assert!(number.is_empty() || !refused.body.to_string().contains(number), "the number came back");
    }
    // A lower-case x is what people type: it means X.
    let lower = json!({"citizen_id": KNOWN.to_lowercase(), "channel": "kiosk"});
    assert_eq!(answer(server.post("/v1/sessions", &lower)).await.status, 201);
}

async fn pictures(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let whole = photo("obama2.jpg");
    for (name, bytes, code) in [
        ("an empty file", vec![], "image_empty"),
        ("text", b"this is not a picture, whatever its name says".to_vec(), "image_not_readable"),
        ("a truncated JPEG", whole[..whole.len() / 3].to_vec(), "image_truncated"),
        ("1 x 1", crate::certify::png(&image::RgbImage::new(1, 1)), "image_too_small"),
        ("20,000 x 20,000 in the header", png_header(20_000, 20_000), "image_too_many_pixels"),
    ] {
        let refused = answer(server.send_frame(&session, bytes)).await;
        assert_eq!((refused.status, refused.problem()), (422, code), "{name}");
    }
    // Nothing of it counts as an attempt, and the session goes on.
    assert_eq!(answer(server.complete(&session)).await.problem(), "no_captures");
    assert_eq!(answer(server.send_frame(&session, whole)).await.status, 201);
}

async fn a_request_beyond_the_limit(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let refused = answer(server.send_frame(&session, vec![0xff; 25 * 1024 * 1024])).await;
    assert_eq!((refused.status, refused.problem()), (413, "too_large"));
}

async fn forms_and_bodies(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let path = format!("{}/v1/sessions/{}/captures", server.base, session.id);
    let frame = || Part::bytes(again(grey_picture())).file_name("frame");
    let nonce = session.nonce.clone();
    for (form, code) in [
        (Form::new().text("nonce", nonce.clone()), "invalid_form"),
        (Form::new().text("nonce", nonce.clone()).part("frame", frame()), "invalid_form"),
        (
            Form::new().text("nonce", nonce.clone()).text("step", "stand_on_your_head").part("frame", frame()),
            "invalid_form",
        ),
        (Form::new().text("nonce", nonce.clone()).text("taken_at", "yesterday").part("frame", frame()), "invalid_form"),
        (Form::new().text("nonce", nonce.clone()).text("surprise", "x"), "invalid_form"),
        (Form::new().text("nonce", "x".repeat(5000)), "invalid_form"),
        (Form::new().text("nonce", "not hex"), "wrong_nonce"),
        (Form::new().text("step", "look_straight"), "wrong_nonce"),
    ] {
        assert_eq!(answer(server.client.post(&path).multipart(form)).await.problem(), code);
    }
    for body in [json!({}), json!([]), json!({"citizen_id": KNOWN, "channel": "telepathy"})] {
        assert_eq!(answer(server.post("/v1/sessions", &body)).await.problem(), "invalid_json");
    }
    let secret = json!({"citizen_id": KNOWN, "channel": "kiosk", "surprise": KNOWN});
    let refused = answer(server.post("/v1/sessions", &secret)).await;
    assert!(!refused.body.to_string().contains(KNOWN), "the number came back");
    let broken = server.client.post(format!("{}/v1/sessions", server.base)).header("content-type", "application/json");
    assert_eq!(answer(broken.body("{")).await.problem(), "invalid_json");
}

async fn sessions_that_take_nothing(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;

    let session = server.open(KNOWN, "kiosk").await;
    let stranger = crate::support::server::OpenedSession { id: session.id.clone(), nonce: "0".repeat(32) };
    let refused = answer(server.send_frame(&stranger, grey_picture())).await;
    assert_eq!((refused.status, refused.problem()), (403, "wrong_nonce"));
    assert_eq!(answer(server.complete(&stranger)).await.problem(), "wrong_nonce");

    let accepted = answer(server.send_frame(&session, photo("obama2.jpg"))).await;
    assert_eq!(accepted.status, 201);
    assert_eq!(answer(server.complete(&session)).await.status, 201);
    let again = answer(server.complete(&session)).await;
    assert_eq!((again.status, again.problem()), (409, "session_completed"));
    assert_eq!(again.body["result"]["decision"], "certified");
    let late = answer(server.send_frame(&session, grey_picture())).await;
    assert_eq!((late.status, late.problem()), (409, "session_completed"));

    let session = server.open(KNOWN, "kiosk").await;
    server.clock.advance(SignedDuration::from_mins(16));
    let expired = answer(server.send_frame(&session, grey_picture())).await;
    assert_eq!((expired.status, expired.problem()), (410, "session_expired"));
    assert_eq!(answer(server.complete(&session)).await.problem(), "session_expired");
}

async fn too_many_frames_in_one_request(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let mut form = Form::new()
        .text("nonce", session.nonce.clone())
        .text("step", "look_straight")
        .text("taken_at", "2026-11-23T08:00:00Z");
    for _ in 0..41 {
        form = form.part("frame", Part::bytes(again(grey_picture())).file_name("frame"));
    }
    let path = format!("{}/v1/sessions/{}/captures", server.base, session.id);
    let refused = answer(server.client.post(&path).multipart(form)).await;
    assert_eq!((refused.status, refused.problem()), (409, "too_many_frames"));
    let mut form = Form::new();
    for _ in 0..300 {
        form = form.text("nonce", session.nonce.clone());
    }
    // Megabytes more than the server has read when it knows the answer.
    form = form.part("frame", Part::bytes(vec![0; 16 << 20]).file_name("frame"));
    assert_eq!(answer(server.client.post(&path).multipart(form)).await.problem(), "invalid_form");
}

async fn a_text_field_may_say_that_it_is_text(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let session = server.open(KNOWN, "kiosk").await;
    let text = |value: &str| Part::text(value.to_owned()).mime_str("text/plain; charset=utf-8").unwrap();
    let form = Form::new()
        .part("nonce", text(&session.nonce))
        .part("step", text("look_straight"))
        .part("taken_at", text("2026-11-23T08:00:00Z"))
        .part("frame", Part::bytes(grey_picture()).mime_str("image/png").unwrap());
    let path = format!("{}/v1/sessions/{}/captures", server.base, session.id);
    assert_eq!(answer(server.client.post(&path).multipart(form)).await.status, 201);
}

async fn methods_and_types_that_an_address_does_not_take(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let url = format!("{}/v1/sessions", server.base);
    let refused = answer(server.client.delete(&url)).await;
    assert_eq!((refused.status, refused.problem()), (405, "method_not_allowed"));
    let invented = reqwest::Method::from_bytes(KNOWN.as_bytes()).unwrap();
    assert_eq!(answer(server.client.request(invented, &url)).await.problem(), "method_not_allowed");
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(!metrics.contains(KNOWN), "a client wrote into the metrics");
    let untyped = answer(server.client.post(&url).body(r#"{"citizen_id": "x", "channel": "kiosk"}"#)).await;
    assert_eq!((untyped.status, untyped.problem()), (415, "not_json"));
    let empty = answer(server.client.post(&url).header("content-type", "application/json")).await;
    assert_eq!((empty.status, empty.problem()), (422, "invalid_json"));
    let huge = server.client.post(&url).header("content-type", "application/json").body(vec![b' '; 100 * 1024]);
    let refused = answer(huge).await;
    assert_eq!((refused.status, refused.problem()), (413, "too_large"));
}

async fn addresses_that_do_not_exist(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let nobody = "01890000-0000-7000-8000-000000000000";
    for path in [
        "/v1/nothing".to_owned(),
        "/v1/certifications/12".to_owned(),
        format!("/v1/certifications/{nobody}"),
        format!("/v1/beneficiaries/{nobody}"),
    ] {
        let refused = answer(server.office_get(&path)).await;
        assert_eq!((refused.status, refused.problem()), (404, "not_found"), "{path}");
    }
    assert_eq!(answer(server.office_get("/v1/reviews?limit=many")).await.problem(), "invalid_query");
}

async fn the_office_needs_a_token(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    for request in [
        server.get("/v1/reviews"),
        server.get("/v1/reviews").bearer_auth("vivat_0000"),
        server.get("/v1/reviews").basic_auth("admin", Some("admin")),
        server.post("/v1/beneficiaries", &json!({})),
    ] {
        let refused = answer(request).await;
        assert_eq!((refused.status, refused.problem()), (401, "no_credentials"));
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
    }
    assert_eq!(answer(server.office_get("/v1/reviews")).await.status, 200);
    let console = server.console().await;
    console.set_disabled(console.find_staff(&server.name).await.unwrap().id, true).await.unwrap();
    assert_eq!(answer(server.office_get("/v1/reviews")).await.status, 401);
}

async fn references_that_cannot_serve(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let person = server.enrol(photo("obama.jpg")).await;
    let refused = answer(server.send_reference(&person, grey_picture())).await;
    assert_eq!((refused.status, refused.problem()), (422, "poor_reference"));
    assert_eq!(refused.body["guidance"][0]["code"], "no_face");
    let blurred = image::load_from_memory(&photo("obama.jpg")).unwrap().blur(12.0).to_rgb8();
    let refused = answer(server.send_reference(&person, crate::certify::png(&blurred))).await;
    assert_eq!((refused.status, refused.problem()), (422, "poor_reference"), "a face, but not a clear one");
    assert_eq!(refused.body["guidance"][0]["code"], "blurred");
    let again = json!({"citizen_id": KNOWN, "name": "王秀英", "agency": "110105", "schemes": ["resident"]});
    let refused = answer(server.office_post("/v1/beneficiaries", &again)).await;
    assert_eq!((refused.status, refused.problem()), (409, "already_registered"));
    let empty = json!({"citizen_id": KNOWN, "name": "  ", "agency": "110105", "schemes": ["resident"]});
    assert_eq!(answer(server.office_post("/v1/beneficiaries", &empty)).await.problem(), "invalid_name");
    let agency = json!({"citizen_id": KNOWN, "name": "王", "agency": "Beijing", "schemes": ["resident"]});
    assert_eq!(answer(server.office_post("/v1/beneficiaries", &agency)).await.problem(), "invalid_agency");
    let none = json!({"citizen_id": KNOWN, "name": "王", "agency": "110105", "schemes": []});
    assert_eq!(answer(server.office_post("/v1/beneficiaries", &none)).await.problem(), "no_scheme");
}

/// The first bytes of a PNG that promises a size and holds nothing.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let crc = header[12..].iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    header.extend((!crc).to_be_bytes());
    header.extend(b"\0\0\x10\0IDAT");
    header
}
