//! Receipts and the keys that sign them.

use std::time::Duration;

use vivat::domain::certification::Certification;
use vivat::store::receipt_keys::{self, StoredReceiptKey};
use vivat::store::{Constraint, Store, StoreError, certifications, receipts};

use super::examples::{at, certification, log_entry, record_policy, record_session};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    a_receipt_is_found_by_its_certification,
    nobody_waits_for_the_number_of_another,
    one_key_signs_at_a_time,
}

async fn certified(store: &Store, number: u16) -> Certification {
    record_policy(store).await;
    let (person, session) = record_session(store, number).await;
    let certification = certification(&session, &person, number.into());
    let mut tx = store.write().await.unwrap();
    certifications::insert(&mut tx, &certification).await.unwrap();
    tx.commit().await.unwrap();
    certification
}

async fn a_receipt_is_found_by_its_certification(database: &TestDatabase) {
    let store = database.open().await;
    let (one, two) = (certified(&store, 1).await, certified(&store, 2).await);
    let mut tx = store.write().await.unwrap();
    assert_eq!(receipts::last(&mut tx).await.unwrap(), None);
    let entry = log_entry(&mut tx, 1).await;
    let first = receipts::insert(&mut tx, &one, entry).await.unwrap();
    let second = receipts::insert(&mut tx, &two, entry).await.unwrap();
    assert!(first < second);
    assert!(receipts::revoke(&mut tx, second, at(3)).await.unwrap());
    assert!(!receipts::revoke(&mut tx, second, at(4)).await.unwrap(), "revoked once");
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    let found = receipts::find(&mut tx, one.id).await.unwrap().unwrap();
    assert_eq!((found.number, found.log_entry, found.revoked_at), (first, entry, None));
    assert_eq!(receipts::find(&mut tx, two.id).await.unwrap().unwrap().revoked_at, Some(at(3)));
    assert_eq!(receipts::last(&mut tx).await.unwrap(), Some(second));
    assert_eq!(receipts::revoked(&mut tx, 0..second + 1).await.unwrap(), [second]);
    assert!(receipts::revoked(&mut tx, 0..second).await.unwrap().is_empty());
    drop(tx);

    let mut tx = store.write().await.unwrap();
    let unknown = receipts::revoke(&mut tx, second + 1, at(5)).await;
    assert_eq!(unknown, Err(StoreError::Conflict(Constraint::ParentMissing)));
}

/// On PostgreSQL certifications run side by side, and an unfinished one holds up no other.
async fn nobody_waits_for_the_number_of_another(database: &TestDatabase) {
    if database.kind == "SQLite" {
        return;
    }
    let store = database.open().await;
    let (one, two) = (certified(&store, 1).await, certified(&store, 2).await);
    let mut slow = store.write().await.unwrap();
    let entry = log_entry(&mut slow, 1).await;
    let first = receipts::insert(&mut slow, &one, entry).await.unwrap();
    let quick = async {
        let mut tx = store.write().await.unwrap();
        let entry = log_entry(&mut tx, 2).await;
        let number = receipts::insert(&mut tx, &two, entry).await.unwrap();
        tx.commit().await.unwrap();
        number
    };
    let second = tokio::time::timeout(Duration::from_secs(3), quick).await.expect("it waits for the slow one");
    assert_ne!(first, second);
    slow.commit().await.unwrap();
}

async fn one_key_signs_at_a_time(database: &TestDatabase) {
    let store = database.open().await;
    let key = |kid: &str| StoredReceiptKey {
        kid: kid.to_owned(),
        public_key: vec![1; 32],
        sealed_seed: Some(vec![2; 60]),
        created_at: at(1),
        retired_at: None,
    };
    let mut tx = store.write().await.unwrap();
    assert!(receipt_keys::insert(&mut tx, &key("one")).await.unwrap());
    assert!(!receipt_keys::insert(&mut tx, &key("two")).await.unwrap(), "one is present");
    assert!(!receipt_keys::retire(&mut tx, "two", at(2)).await.unwrap());
    assert!(receipt_keys::retire(&mut tx, "one", at(2)).await.unwrap());
    assert_eq!(receipt_keys::present(&mut tx).await.unwrap(), None);
    assert!(receipt_keys::insert(&mut tx, &key("two")).await.unwrap());
    assert_eq!(receipt_keys::present(&mut tx).await.unwrap(), Some(key("two")));
    let retired = StoredReceiptKey { sealed_seed: None, retired_at: Some(at(2)), ..key("one") };
    assert_eq!(receipt_keys::all(&mut tx).await.unwrap(), [retired, key("two")]);
    tx.commit().await.unwrap();
}
