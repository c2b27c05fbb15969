//! Links to foreign identity providers, and sign-ins that are under way there.

use jiff::Timestamp;
use vivat::domain::id::{PendingSignInId, StaffLinkId};
use vivat::store::pending_sign_ins::{self, PendingSignIn};
use vivat::store::staff_links::{self, StaffLink};
use vivat::store::{Constraint, StoreError};

use super::examples::{at, rng, staff};
use super::staff::with_accounts;
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    a_subject_is_linked_once_until_that_is_undone,
    a_pending_sign_in_is_taken_once,
}

fn link(seed: i64, account: u8, subject: u8) -> StaffLink {
    let id = StaffLinkId::new(at(seed), &mut rng(seed.unsigned_abs()));
    StaffLink { id, staff: staff(account), subject: [subject; 32], unlinked_at: None }
}

async fn a_subject_is_linked_once_until_that_is_undone(database: &TestDatabase) {
    let store = with_accounts(database).await;
    let mut tx = store.write().await.unwrap();
    let first = link(1, 1, 7);
    staff_links::insert(&mut tx, &first, at(1)).await.unwrap();
    staff_links::insert(&mut tx, &link(2, 1, 8), at(1)).await.unwrap();
    for account in [1, 2] {
        let taken = staff_links::insert(&mut tx, &link(3, account, 7), at(2)).await;
        assert_eq!(taken, Err(StoreError::Conflict(Constraint::SubjectLinked)));
    }
    assert_eq!(staff_links::find_good(&mut tx, &[7; 32]).await.unwrap().as_ref(), Some(&first));
    assert_eq!(staff_links::find_good(&mut tx, &[9; 32]).await.unwrap(), None);
    assert!(staff_links::unlink(&mut tx, first.id, at(3)).await.unwrap());
    assert!(!staff_links::unlink(&mut tx, first.id, at(4)).await.unwrap(), "once");
    assert_eq!(staff_links::find_good(&mut tx, &[7; 32]).await.unwrap(), None);
    let undone = StaffLink { unlinked_at: Some(at(3)), ..first.clone() };
    assert_eq!(staff_links::find(&mut tx, first.id).await.unwrap(), Some(undone));
    let second = link(5, 2, 7);
    staff_links::insert(&mut tx, &second, at(5)).await.unwrap();
    assert_eq!(staff_links::find_good(&mut tx, &[7; 32]).await.unwrap(), Some(second));
    tx.commit().await.unwrap();

    let mut tx = store.write().await.unwrap();
    let orphan = staff_links::insert(&mut tx, &link(6, 9, 1), at(6)).await;
    assert_eq!(orphan, Err(StoreError::Conflict(Constraint::ParentMissing)));
}

fn pending(number: u8, expires_at: Timestamp) -> PendingSignIn {
    let id = PendingSignInId::new(at(number.into()), &mut rng(number.into()));
    let secrets = vec![number, 0, 255];
    PendingSignIn { id, state_digest: [number; 32], browser_digest: [number + 100; 32], secrets, expires_at }
}

async fn a_pending_sign_in_is_taken_once(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    let (first, second) = (pending(1, at(600)), pending(2, at(601)));
    for one in [&first, &second] {
        pending_sign_ins::insert(&mut tx, one).await.unwrap();
    }
    assert_eq!(pending_sign_ins::find(&mut tx, &[1; 32]).await.unwrap().as_ref(), Some(&first));
    assert_eq!(pending_sign_ins::find(&mut tx, &[3; 32]).await.unwrap(), None);
    assert!(pending_sign_ins::take(&mut tx, first.id).await.unwrap());
    assert!(!pending_sign_ins::take(&mut tx, first.id).await.unwrap(), "once");
    assert_eq!(pending_sign_ins::find(&mut tx, &[1; 32]).await.unwrap(), None);
    assert_eq!(pending_sign_ins::purge_before(&mut tx, at(601)).await.unwrap(), 0);
    assert_eq!(pending_sign_ins::purge_before(&mut tx, at(602)).await.unwrap(), 1);
}
