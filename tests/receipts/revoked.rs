//! A receipt that was revoked does not count any more, and whoever verifies it is told.

use serde_json::json;
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock as _;
use vivat::receipt::status_list::{RECEIPTS, StatusToken};
use vivat::service::append_log::Who;
use vivat::service::revoke_receipt::revoke;
use vivat::signing::jwk::JwkSet;

use super::{certified, said, token, verify};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer, photo};
use crate::support::vault::vault;

on_each_database! {
    a_revocation_is_seen_by_everybody,
}

async fn list(server: &TestServer, number: u64) -> StatusToken {
    let response = server.get(&format!("/v1/receipts/status/{number}")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/statuslist+jwt");
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
    let keys: JwkSet = server.get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    StatusToken::read(&response.text().await.unwrap(), |kid| keys.find(kid)).unwrap()
}

/// The places of a list that are revoked.
fn revoked(token: &StatusToken) -> Vec<u32> {
    (0..RECEIPTS).filter(|place| token.list.is_revoked(*place) == Some(true)).collect()
}

async fn a_revocation_is_seen_by_everybody(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    server.enrol(photo("obama.jpg")).await;
    let (kept, withdrawn) = (certified(&server).await, certified(&server).await);
    let place = &said(token(&withdrawn), 1)["status"]["status_list"];
    let before = list(&server, 0).await;
    assert_eq!((revoked(&before), json!(before.uri)), (Vec::new(), place["uri"].clone()));

    let vault = vault(&server.store).await;
    let of = withdrawn["id"].as_str().unwrap().parse().unwrap();
    for _ in 0..2 {
        let mut tx = server.store.write().await.unwrap();
        revoke(&mut tx, &vault, SystemClock.now(), Who::Console, of).await.unwrap();
        tx.commit().await.unwrap();
    }
    let after = list(&server, 0).await;
    assert_eq!(json!(revoked(&after)), json!([place["idx"]]));
    let checked = verify(&server, token(&withdrawn)).await.body;
    assert_eq!((&checked["standing"], &checked["receipt"]["certification"]), (&json!("revoked"), &withdrawn["id"]));
    assert_eq!(verify(&server, token(&kept)).await.body["standing"], "valid");

    crate::log::sequencer(&server.store).await.run().await.unwrap();
    let entries = crate::log::entries(&server.store).await;
    let told: Vec<_> = entries.iter().filter(|entry| entry["act"]["kind"] == "receipt_revoked").collect();
    assert_eq!(
        (told.len(), &told[0]["act"]["certification"]),
        (1, &withdrawn["id"]),
        "the second time changed nothing"
    );
    assert_eq!(answer(server.get("/v1/receipts/status/1")).await.problem(), "not_found");
}
