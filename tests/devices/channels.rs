//! Each channel needs its proof, and a session belongs to whoever opened it.

use serde_json::json;
use vivat::domain::permission::Role;

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, OpenedSession, TestServer, answer, photo};

on_each_database! {
    a_kiosk_certifies_with_signed_requests,
    a_session_of_a_kiosk_belongs_to_it_alone,
    a_session_at_the_counter_belongs_to_its_clerk,
    a_channel_in_sight_needs_its_proof,
    a_nonce_opens_its_session_and_nothing_else,
}

async fn a_kiosk_certifies_with_signed_requests(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    server.enrol(photo("obama.jpg")).await;
    let kiosk = server.kiosk(1).await;
    let completed = kiosk.certify(KNOWN, &[photo("obama2.jpg")]).await.unwrap();
    assert!(["certified", "referred"].contains(&completed["decision"].as_str().unwrap()), "{completed}");
    let unknown = kiosk.certify(crate::support::server::UNKNOWN, &[photo("obama2.jpg")]).await.unwrap();
    assert_eq!(unknown["decision"], "referred");
}

async fn a_session_of_a_kiosk_belongs_to_it_alone(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (kiosk, other) = (server.kiosk(1).await, server.kiosk(2).await);
    let opened = kiosk.open(KNOWN).await.unwrap();
    let session = OpenedSession { id: opened.id.to_string(), nonce: opened.nonce.clone() };
    let refused = other.send(&opened, &[photo("obama2.jpg")]).await.unwrap_err();
    assert!(refused.to_string().contains("foreign_session"), "{refused}");
    let unsigned = answer(server.send_frame(&session, photo("obama2.jpg"))).await;
    assert_eq!((unsigned.status, unsigned.problem()), (403, "foreign_session"));
    let by_staff = answer(server.send_frame(&session, photo("obama2.jpg")).bearer_auth(server.token())).await;
    assert_eq!(by_staff.problem(), "foreign_session");
    kiosk.send(&opened, &[photo("obama2.jpg")]).await.unwrap();
    assert!(other.complete(&opened).await.unwrap_err().to_string().contains("foreign_session"));
    assert_eq!(answer(server.complete(&session)).await.problem(), "foreign_session");
    kiosk.complete(&opened).await.unwrap();
}

async fn a_session_at_the_counter_belongs_to_its_clerk(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let roles = [Role::Clerk, Role::Reviewer];
    let (clerk, other) = (server.staff("clerk", &roles, "110105").await, server.staff("other", &roles, "110105").await);
    let new = json!({"citizen_id": KNOWN, "channel": "counter"});
    let opened = answer(server.post("/v1/sessions", &new).bearer_auth(&clerk)).await;
    let text = |key: &str| opened.body[key].as_str().unwrap().to_owned();
    let session = OpenedSession { id: text("id"), nonce: text("nonce") };
    let frame = || server.send_frame(&session, photo("obama2.jpg"));
    for refused in [answer(frame()).await, answer(frame().bearer_auth(&other)).await] {
        assert_eq!((refused.status, refused.problem()), (403, "foreign_session"));
    }
    assert_eq!(answer(frame().bearer_auth(&clerk)).await.status, 201);
    assert_eq!(answer(server.complete(&session)).await.problem(), "foreign_session");
    let completed = answer(server.complete(&session).bearer_auth(&clerk)).await;
    let case = completed.body["case"]["id"].as_str().unwrap();
    let claim = format!("/v1/reviews/{case}/claim");
    let own = answer(server.post(&claim, &json!(null)).bearer_auth(&clerk)).await;
    assert_eq!((own.status, own.problem()), (409, "case_attended"), "nobody judges whom they attended");
    assert_eq!(answer(server.post(&claim, &json!(null)).bearer_auth(&other)).await.status, 200);
    let reviewer = server.staff("reviewer", &[Role::Reviewer], "110105").await;
    let not_a_clerk = answer(server.post("/v1/sessions", &new).bearer_auth(&reviewer)).await;
    assert_eq!(not_a_clerk.status, 401);
}

async fn a_channel_in_sight_needs_its_proof(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let open = |channel| server.post("/v1/sessions", &json!({"citizen_id": KNOWN, "channel": channel}));
    let kiosk = answer(open("kiosk")).await;
    assert_eq!((kiosk.status, kiosk.problem()), (401, "device_signature_missing"));
    assert_eq!(kiosk.headers["www-authenticate"], "Signature");
    assert!(kiosk.headers["accept-signature"].to_str().unwrap().contains("content-digest"));
    let clerk_at_a_kiosk = answer(open("kiosk").bearer_auth(server.token())).await;
    assert_eq!(clerk_at_a_kiosk.problem(), "device_signature_missing");
    let counter = answer(open("counter")).await;
    assert_eq!((counter.status, counter.problem()), (401, "no_credentials"));
    assert_eq!(answer(open("counter").bearer_auth(server.token())).await.status, 201);
    assert_eq!(answer(open("phone")).await.status, 201);
    for channel in ["counter", "kiosk", "phone"] {
        let wrong = answer(open(channel).bearer_auth("vivat_0000")).await;
        assert_eq!(wrong.problem(), "no_credentials", "wrong ones are refused everywhere");
    }
}

async fn a_nonce_opens_its_session_and_nothing_else(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (mine, other) = (server.open(KNOWN, "phone").await, server.open(KNOWN, "phone").await);
    let crossed = OpenedSession { id: other.id.clone(), nonce: mine.nonce.clone() };
    assert_eq!(answer(server.send_frame(&crossed, photo("obama2.jpg"))).await.problem(), "wrong_nonce");
    assert_eq!(answer(server.complete(&crossed)).await.problem(), "wrong_nonce");
    for path in ["/v1/reviews", "/v1/devices"] {
        assert_eq!(answer(server.get(path).bearer_auth(&mine.nonce)).await.problem(), "no_credentials");
    }
    let search = server.post("/v1/beneficiaries/search", &json!({"citizen_id": KNOWN}));
    assert_eq!(answer(search.bearer_auth(&mine.nonce)).await.problem(), "no_credentials");
}
