//! Devices, and the nonces of their requests.

use jiff::ToSpan;
use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::device::DeviceKey;
use vivat::domain::id::DeviceId;
use vivat::store::devices::{self, StoredDevice};
use vivat::store::{Constraint, Store, StoreError};

use super::append_only::execute;
use super::examples::{at, rng};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    devices_come_back,
    a_key_belongs_to_one_device,
    a_device_is_revoked_and_never_changed,
    a_nonce_is_new_once_for_each_device,
}

fn device(number: u8) -> StoredDevice {
    StoredDevice {
        id: DeviceId::new(at(number.into()), &mut rng(number.into())),
        name: vec![0, number, 255],
        agency: AgencyCode::parse("110101").unwrap(),
        key: DeviceKey([number; 32]),
        enrolled_at: at(number.into()),
        revoked_at: None,
    }
}

async fn insert(store: &Store, device: &StoredDevice) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    devices::insert(&mut tx, device).await?;
    tx.commit().await
}

async fn devices_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let (first, second) = (device(1), device(2));
    insert(&store, &second).await.unwrap();
    insert(&store, &first).await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(devices::find(&mut tx, first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(devices::find(&mut tx, device(3).id).await.unwrap(), None);
    assert_eq!(devices::list(&mut tx).await.unwrap(), [first, second]);
}

async fn a_key_belongs_to_one_device(database: &TestDatabase) {
    let store = database.open().await;
    insert(&store, &device(1)).await.unwrap();
    let same_key = StoredDevice { key: DeviceKey([1; 32]), ..device(2) };
    assert_eq!(insert(&store, &same_key).await, Err(StoreError::Conflict(Constraint::DeviceKeyTaken)));
}

async fn a_device_is_revoked_and_never_changed(database: &TestDatabase) {
    let store = database.open().await;
    insert(&store, &device(1)).await.unwrap();
    let mut tx = store.write().await.unwrap();
    assert!(devices::revoke(&mut tx, device(1).id, at(5)).await.unwrap());
    assert!(!devices::revoke(&mut tx, device(1).id, at(6)).await.unwrap(), "once");
    assert!(!devices::revoke(&mut tx, device(2).id, at(6)).await.unwrap(), "nobody");
    tx.commit().await.unwrap();
    let found = devices::find(&mut store.read().await.unwrap(), device(1).id).await.unwrap().unwrap();
    assert_eq!(found.revoked_at, Some(at(5)));
    for statement in ["update device set revoked_at = null", "update device set agency = '1'", "delete from device"] {
        let refused = execute(&store, statement).await;
        assert_eq!(refused, Err(StoreError::Conflict(Constraint::AppendOnly)), "{statement}");
    }
}

async fn a_nonce_is_new_once_for_each_device(database: &TestDatabase) {
    let store = database.open().await;
    let (first, second) = (device(1), device(2));
    insert(&store, &first).await.unwrap();
    insert(&store, &second).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let forget = at(10) - 3.minutes();
    assert!(devices::use_nonce(&mut tx, first.id, &[7; 32], at(10), forget).await.unwrap());
    assert!(!devices::use_nonce(&mut tx, first.id, &[7; 32], at(11), forget).await.unwrap());
    assert!(devices::use_nonce(&mut tx, first.id, &[8; 32], at(11), forget).await.unwrap());
    assert!(devices::use_nonce(&mut tx, second.id, &[7; 32], at(11), forget).await.unwrap());
    assert!(devices::use_nonce(&mut tx, first.id, &[7; 32], at(12), at(12)).await.unwrap(), "it was forgotten");
}
