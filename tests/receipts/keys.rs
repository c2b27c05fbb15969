//! The keys that sign receipts: published, rotated under running nodes, and forgotten when nothing needs them.

use std::process::Command;

use jiff::SignedDuration;
use serde_json::Value;
use vivat::clock::SystemClock;
use vivat::service::audit_log::audit;
use vivat::service::receipt_keys;
use vivat::store::receipt_keys as stored;

use super::{certified, said, token, verify};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer, photo};
use crate::support::vault::{environment, images, vault};

on_each_database! {
    nodes_that_start_together_share_one_key,
    a_rotation_reaches_every_node_at_once,
    the_command_line_rotates,
}

async fn published(server: &TestServer) -> Vec<String> {
    let answered = answer(server.get("/.well-known/jwks.json")).await;
    assert_eq!(answered.headers["content-type"], "application/jwk-set+json");
    assert_eq!(answered.headers["cache-control"], "public, max-age=300");
    let keys = answered.body["keys"].as_array().unwrap().clone();
    for key in &keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members.len(), 6, "nothing private: {members:?}");
        assert_eq!((&key["kty"], &key["crv"], key.get("d")), (&"OKP".into(), &"Ed25519".into(), None));
    }
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn signed_by(certification: &Value) -> String {
    said(token(certification), 0)["kid"].as_str().unwrap().to_owned()
}

async fn nodes_that_start_together_share_one_key(database: &TestDatabase) {
    let (one, two) = tokio::join!(TestServer::start(database), TestServer::start(database));
    let keys = published(&one).await;
    assert_eq!((keys.len(), &keys), (1, &published(&two).await));
}

async fn a_rotation_reaches_every_node_at_once(database: &TestDatabase) {
    let (one, two) = (TestServer::start(database).await, TestServer::start(database).await);
    one.enrol(photo("obama.jpg")).await;
    let before = certified(&one).await;
    assert_eq!(signed_by(&certified(&two).await), signed_by(&before));

    let vault = vault(&one.store).await;
    let fresh = receipt_keys::rotate(&one.store, &vault, &SystemClock).await.unwrap();
    for node in [&one, &two] {
        let after = certified(node).await;
        assert_eq!(signed_by(&after), fresh);
        for receipt in [&before, &after] {
            assert_eq!(verify(node, token(receipt)).await.body["standing"], "valid");
        }
        assert_eq!(published(node).await, [signed_by(&before), fresh.clone()]);
    }
    // The present key signs the old receipt again; of the retired one nothing is left that could sign.
    let path = format!("/v1/certifications/{}/receipt", before["id"].as_str().unwrap());
    let again = answer(two.office_get(&path)).await.body["token"].as_str().unwrap().to_owned();
    assert_eq!((&said(&again, 0)["kid"], said(&again, 1)), (&fresh.clone().into(), said(token(&before), 1)));
    let keys = stored::all(&mut one.store.read().await.unwrap()).await.unwrap();
    assert!(keys[0].sealed_seed.is_none() && keys[0].retired_at.is_some() && keys[1].sealed_seed.is_some());

    crate::log::sequencer(&one.store).await.run().await.unwrap();
    let audit = audit(&one.store, &vault, &images(&database.url)).await.unwrap();
    assert_eq!(audit.discrepancies, []);

    // When the last receipt that the old key may have signed is over, it is published no more.
    two.clock.advance(SignedDuration::from_hours(24 * 366));
    assert_eq!(published(&two).await.len(), 2);
    two.clock.advance(SignedDuration::from_hours(24 * 390));
    assert_eq!(published(&two).await, [fresh]);
    assert_eq!(verify(&two, token(&before)).await.body["standing"], "not_genuine");
}

async fn the_command_line_rotates(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let first = published(&server).await.remove(0);
    let vivat = |command: &str| {
        let mut vivat = Command::new(env!("CARGO_BIN_EXE_vivat"));
        let output = vivat
            .args(["receipt", command, "--database", &database.url])
            .envs(environment(&database.url))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = vivat("rotate");
    let keys = published(&server).await;
    assert_eq!((keys.len(), &keys[0]), (2, &first));
    assert!(said.contains(&keys[1]), "{said}");
    let listed = vivat("keys");
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[0].starts_with(&first) && lines[0].contains("retired"), "{listed}");
    assert!(lines[1].starts_with(&keys[1]) && lines[1].ends_with("signs"), "{listed}");
}
