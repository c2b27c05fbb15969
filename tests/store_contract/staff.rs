//! Accounts, roles and sessions of staff.

use jiff::SignedDuration;
use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::id::GrantId;
use vivat::domain::permission::Role;
use vivat::domain::staff::Grant;
use vivat::domain::staff_session::StaffSession;
use vivat::store::staff::StoredStaff;
use vivat::store::{Constraint, Store, StoreError, staff as accounts, staff_grants, staff_sessions};

use super::examples::{at, rng, staff};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    accounts_come_back,
    a_role_is_granted_once_until_it_is_revoked,
    sessions_end,
}

fn account(number: u8) -> StoredStaff {
    StoredStaff {
        id: staff(number),
        login: [number; 32],
        number: [9; 32],
        profile: vec![number, 0, 255],
        created_at: at(number.into()),
        disabled_at: None,
    }
}

pub(super) async fn with_accounts(database: &TestDatabase) -> Store {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    for number in [2, 1] {
        accounts::insert(&mut tx, &account(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    store
}

async fn accounts_come_back(database: &TestDatabase) {
    let store = with_accounts(database).await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(accounts::list(&mut tx).await.unwrap(), [account(1), account(2)]);
    assert_eq!(accounts::find(&mut tx, staff(1)).await.unwrap(), Some(account(1)));
    assert_eq!(accounts::find_by_login(&mut tx, &[2; 32]).await.unwrap(), Some(account(2)));
    assert_eq!(accounts::find_by_login(&mut tx, &[3; 32]).await.unwrap(), None);
    let same_login = StoredStaff { id: staff(3), ..account(2) };
    let taken = accounts::insert(&mut tx, &same_login).await;
    assert_eq!(taken, Err(StoreError::Conflict(Constraint::LoginTaken)));

    assert!(accounts::is_good(&mut tx, staff(1)).await.unwrap());
    assert!(accounts::set_disabled(&mut tx, staff(1), Some(at(5))).await.unwrap());
    assert!(!accounts::set_disabled(&mut tx, staff(1), Some(at(6))).await.unwrap(), "once");
    assert!(!accounts::is_good(&mut tx, staff(1)).await.unwrap());
    assert_eq!(accounts::find(&mut tx, staff(1)).await.unwrap().unwrap().disabled_at, Some(at(5)));
    assert!(accounts::set_disabled(&mut tx, staff(1), None).await.unwrap());
    assert!(!accounts::set_disabled(&mut tx, staff(1), None).await.unwrap(), "once");
}

async fn a_role_is_granted_once_until_it_is_revoked(database: &TestDatabase) {
    let store = with_accounts(database).await;
    let agency = AgencyCode::parse("110105").unwrap();
    let grant = |seed, role| Grant { id: GrantId::new(at(seed), &mut rng(1)), role, agency: agency.clone() };
    let (clerk, reviewer) = (grant(1, Role::Clerk), grant(2, Role::Reviewer));
    let mut tx = store.write().await.unwrap();
    staff_grants::insert(&mut tx, staff(1), &clerk, at(1)).await.unwrap();
    staff_grants::insert(&mut tx, staff(1), &reviewer, at(1)).await.unwrap();
    staff_grants::insert(&mut tx, staff(2), &grant(3, Role::Clerk), at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.write().await.unwrap();
    let again = staff_grants::insert(&mut tx, staff(1), &grant(4, Role::Clerk), at(2)).await;
    assert_eq!(again, Err(StoreError::Conflict(Constraint::RoleGranted)));
    drop(tx);

    let mut tx = store.write().await.unwrap();
    assert_eq!(staff_grants::of(&mut tx, staff(1)).await.unwrap(), [clerk.clone(), reviewer.clone()]);
    assert_eq!(staff_grants::of_role(&mut tx, Role::Clerk).await.unwrap().len(), 2);
    assert!(staff_grants::revoke(&mut tx, clerk.id, at(3)).await.unwrap());
    assert!(!staff_grants::revoke(&mut tx, clerk.id, at(4)).await.unwrap(), "once");
    assert_eq!(staff_grants::of(&mut tx, staff(1)).await.unwrap(), [reviewer]);
    assert_eq!(staff_grants::find(&mut tx, clerk.id).await.unwrap().unwrap().revoked_at, Some(at(3)));
    accounts::set_disabled(&mut tx, staff(2), Some(at(5))).await.unwrap();
    assert_eq!(staff_grants::of_role(&mut tx, Role::Clerk).await.unwrap(), []);
    staff_grants::insert(&mut tx, staff(1), &grant(5, Role::Clerk), at(6)).await.unwrap();
}

async fn sessions_end(database: &TestDatabase) {
    let store = with_accounts(database).await;
    let signed_in = StaffSession::signed_in(staff(1), [1; 32], at(1), &mut rng(1));
    let token = StaffSession::of_console(staff(1), [2; 32], SignedDuration::from_hours(1), at(1), &mut rng(2));
    let mut tx = store.write().await.unwrap();
    for session in [&signed_in, &token] {
        staff_sessions::insert(&mut tx, session).await.unwrap();
    }
    assert_eq!(staff_sessions::find(&mut tx, &[1; 32]).await.unwrap().as_ref(), Some(&signed_in));
    assert_eq!(staff_sessions::find(&mut tx, &[2; 32]).await.unwrap().as_ref(), Some(&token));
    assert_eq!(staff_sessions::find(&mut tx, &[3; 32]).await.unwrap(), None);
    staff_sessions::see(&mut tx, signed_in.id, at(61)).await.unwrap();
    staff_sessions::see(&mut tx, signed_in.id, at(60)).await.unwrap();
    assert_eq!(staff_sessions::find(&mut tx, &[1; 32]).await.unwrap().unwrap().seen_at, at(61), "never back");
    assert!(staff_sessions::end(&mut tx, signed_in.id, at(62)).await.unwrap());
    assert!(!staff_sessions::end(&mut tx, signed_in.id, at(63)).await.unwrap(), "once");
    assert_eq!(staff_sessions::end_all(&mut tx, staff(1), at(64)).await.unwrap(), 1);
    assert_eq!(staff_sessions::find(&mut tx, &[2; 32]).await.unwrap().unwrap().ended_at, Some(at(64)));
    assert_eq!(staff_sessions::purge_before(&mut tx, at(3602)).await.unwrap(), 1, "the token is over by then");
}
