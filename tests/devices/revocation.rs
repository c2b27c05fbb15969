//! A device is enrolled with a key of its own, told, and revoked at once; both leave their entries.

use serde_json::json;
use vivat::domain::attendant::Caller;
use vivat::domain::capture::Channel;
use vivat::domain::clock::Clock;
use vivat::http::AppState;
use vivat::service::admit_device::DeviceRefusal;
use vivat::service::append_log::Who;
use vivat::service::audit_log::audit;
use vivat::service::enrol_device::{NewDevice, enrol};
use vivat::service::error::ServiceError;
use vivat::service::open_session::NewSession;
use vivat::store::devices;

use crate::log::{entries, execute, sequencer};
use crate::support::database::TestDatabase;
use crate::support::device::new_device;
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, answer, photo};
use crate::support::vault::{images, vault};

on_each_database! {
    revocation_takes_effect_at_once,
    what_was_let_in_before_the_revocation_is_not_done,
    devices_are_told_to_the_office,
    a_key_is_enrolled_once_for_ever,
    what_is_no_device_is_not_enrolled,
    enrolment_and_revocation_are_in_the_log,
}

async fn revocation_takes_effect_at_once(database: &TestDatabase) {
    let server = TestServer::start_public(&database.url).await;
    let id = server.enrol_device(1).await;
    let kiosk = server.kiosk_as(id, 1);
    let session = kiosk.open(KNOWN).await.unwrap();
    let revoked = answer(server.office_post(&format!("/v1/devices/{id}/revocation"), &json!({}))).await;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert!(revoked.body["revoked_at"].is_string());
    for refused in [
        kiosk.open(KNOWN).await.err().unwrap(),
        kiosk.send(&session, &[photo("obama2.jpg")]).await.unwrap_err(),
        kiosk.complete(&session).await.unwrap_err(),
    ] {
        assert!(refused.to_string().contains("device_revoked"), "{refused}");
    }
    let again = answer(server.office_post(&format!("/v1/devices/{id}/revocation"), &json!({}))).await;
    assert_eq!((again.status, &again.body["revoked_at"]), (200, &revoked.body["revoked_at"]));
    let nobody = "/v1/devices/01890000-0000-7000-8000-000000000000/revocation";
    assert_eq!(answer(server.office_post(nobody, &json!({}))).await.problem(), "not_found");
}

async fn what_was_let_in_before_the_revocation_is_not_done(database: &TestDatabase) {
    let mut service = None;
    let keep = |state: AppState| {
        service = Some(state.service.clone());
        state
    };
    let server = TestServer::start_as(&database.url, keep).await;
    let id = server.enrol_device(1).await;
    let let_in = Caller { device: Some(id), ..Caller::default() };
    answer(server.office_post(&format!("/v1/devices/{id}/revocation"), &json!({}))).await;
    let new = NewSession { citizen_id: KNOWN.to_owned(), channel: Channel::Kiosk, unable: vec![] };
    let refused = service.unwrap().open_session(&new, let_in, None).await.err().unwrap();
    assert!(matches!(refused, ServiceError::Device(DeviceRefusal::Revoked)), "{refused}");
}

async fn devices_are_told_to_the_office(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let (first, second) = (server.enrol_device(1).await, server.enrol_device(2).await);
    let told = answer(server.office_get("/v1/devices")).await;
    let ids: Vec<_> = told.body.as_array().unwrap().iter().map(|device| device["id"].clone()).collect();
    assert_eq!(ids, [json!(first), json!(second)]);
    assert_eq!(told.body[0]["name"], new_device(1).name);
    assert_eq!(told.body[0]["public_key"], new_device(1).public_key);
    assert_eq!(answer(server.get("/v1/devices")).await.problem(), "no_credentials");
}

async fn a_key_is_enrolled_once_for_ever(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let id = server.enrol_device(1).await;
    answer(server.office_post(&format!("/v1/devices/{id}/revocation"), &json!({}))).await;
    let refused = try_enrol(&server, &new_device(1)).await.unwrap_err();
    assert!(matches!(refused, ServiceError::DeviceKeyTaken), "{refused}");
    let mut tx = server.store.write().await.unwrap();
    assert!(!devices::revoke(&mut tx, id, server.clock.now()).await.unwrap(), "once");
}

async fn what_is_no_device_is_not_enrolled(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    for (new, wanted) in [
        (NewDevice { name: "  ".to_owned(), ..new_device(1) }, "name"),
        (NewDevice { agency: "Beijing".to_owned(), ..new_device(1) }, "agency"),
        (NewDevice { public_key: "AAAA".to_owned(), ..new_device(1) }, "public key"),
        (NewDevice { public_key: "no base64url!".to_owned(), ..new_device(1) }, "public key"),
    ] {
        let refused = try_enrol(&server, &new).await.unwrap_err().to_string();
        assert!(refused.contains(wanted), "{refused}");
    }
}

async fn try_enrol(server: &TestServer, new: &NewDevice) -> Result<vivat::domain::id::DeviceId, ServiceError> {
    let vault = vault(&server.store).await;
    let mut tx = server.store.write().await.unwrap();
    enrol(&mut tx, &vault, server.clock.now(), Who::Console, new).await
}

async fn enrolment_and_revocation_are_in_the_log(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let id = server.enrol_device(1).await;
    let kiosk = server.kiosk_as(id, 1);
    kiosk.open(KNOWN).await.unwrap();
    answer(server.office_post(&format!("/v1/devices/{id}/revocation"), &json!({}))).await;
    sequencer(&server.store).await.run().await.unwrap();
    let logged = entries(&server.store).await;
    let of = |kind| logged.iter().find(|entry| entry["act"]["kind"] == kind).unwrap();
    assert_eq!(of("device_enrolled")["act"]["device"], json!(id));
    assert_eq!(of("device_revoked")["act"]["device"], json!(id));
    assert_eq!(of("session_opened")["by"], json!({"device": id}));
    let vault = vault(&server.store).await;
    assert_eq!(audit(&server.store, &vault, &images(&database.url)).await.unwrap().discrepancies, []);
    let unguard: &[&str] = match database.kind {
        "SQLite" => &["drop trigger device_is_only_revoked"],
        _ => &["alter table device disable trigger user"],
    };
    execute(&server.store, unguard).await;
    for change in ["update device set agency = '999999'", "update device set revoked_at = null"] {
        execute(&server.store, &[change]).await;
    }
    let found = audit(&server.store, &vault, &images(&database.url)).await.unwrap().discrepancies;
    assert_eq!(found.iter().filter(|one| one.to_string().contains("changed (device)")).count(), 2, "{found:?}");
}
