//! Proposals, and what they lead to: closed once, in force in their order, never changed.

use vivat::domain::id::{ProposalId, StaffId};
use vivat::domain::policy::Policy;
use vivat::domain::proposal::{Colleague, Kind, Outcome};
use vivat::domain::standing::StandingChange;
use vivat::store::proposals::{StoredClosed, StoredProposal};
use vivat::store::references_aside::{self, Aside};
use vivat::store::staff_credentials::{self, StoredCredential};
use vivat::store::{
    Constraint, Store, StoreError, Tx, policies_in_force, proposals, references, staff as accounts, standings,
};

use super::examples::{at, beneficiary, record_policy, record_session, reference, rng, staff};
use crate::support::database::TestDatabase;
use crate::support::{on_each_database, sql};

on_each_database! {
    proposals_come_back_and_close_once,
    what_was_proposed_is_never_changed,
    policies_come_into_force_one_after_another,
    standings_change_one_after_another,
    references_stand_aside,
    a_code_is_used_once,
}

fn proposal(number: u64) -> StoredProposal {
    StoredProposal {
        id: ProposalId::new(at(number.cast_signed()), &mut rng(number)),
        kind: Kind::Suspension,
        agency: beneficiary(1).agency,
        beneficiary: Some(beneficiary(1).id),
        proposed_by: Colleague { account: staff(1), number: [1; 32] },
        sealed: vec![1, 0, 255],
        proposed_at: at(1),
        expires_at: at(100),
        closed: None,
    }
}

async fn account(tx: &mut Tx, id: StaffId, number: u8) {
    let (login, profile) = ([number; 32], vec![number]);
    let stored =
        accounts::StoredStaff { id, login, number: [number; 32], profile, created_at: at(0), disabled_at: None };
    accounts::insert(tx, &stored).await.unwrap();
}

async fn with_proposals(database: &TestDatabase) -> Store {
    let store = database.open().await;
    record_session(&store, 1).await;
    let mut tx = store.write().await.unwrap();
    account(&mut tx, staff(1), 1).await;
    account(&mut tx, staff(2), 2).await;
    for number in [1, 2] {
        proposals::insert(&mut tx, &proposal(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    store
}

async fn proposals_come_back_and_close_once(database: &TestDatabase) {
    let store = with_proposals(database).await;
    let closed = StoredClosed { outcome: Outcome::Refused, by: staff(2), reason: vec![9], at: at(5) };
    let mut tx = store.write().await.unwrap();
    assert_eq!(proposals::find_for_update(&mut tx, proposal(1).id).await.unwrap(), Some(proposal(1)));
    proposals::close(&mut tx, proposal(1).id, &closed).await.unwrap();
    let again = proposals::close(&mut tx, proposal(1).id, &closed).await;
    assert_eq!(again, Err(StoreError::Conflict(Constraint::NotRecorded)));
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    let (first, second) = (StoredProposal { closed: Some(closed), ..proposal(1) }, proposal(2));
    assert_eq!(proposals::find(&mut tx, first.id).await.unwrap().as_ref(), Some(&first));
    let agency = |code| vivat::domain::beneficiary::AgencyCode::parse(code).unwrap();
    for (code, only_open, after, limit, expected) in [
        ("110000", false, None, 10, vec![&first, &second]),
        ("110000", false, None, 1, vec![&first]),
        ("110000", false, Some(first.id), 10, vec![&second]),
        ("000000", true, None, 10, vec![&second]),
        ("110105001", false, None, 10, vec![]),
    ] {
        let found = proposals::list(&mut tx, &agency(code), only_open, after, limit).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{code}");
    }
}

async fn what_was_proposed_is_never_changed(database: &TestDatabase) {
    let store = with_proposals(database).await;
    let hash = record_policy(&store).await;
    let mut tx = store.write().await.unwrap();
    policies_in_force::insert(&mut tx, 0, &hash, None, at(0)).await.unwrap();
    standings::insert(&mut tx, &change(0, true)).await.unwrap();
    let closed = StoredClosed { outcome: Outcome::Approved, by: staff(2), reason: vec![9], at: at(5) };
    proposals::close(&mut tx, proposal(1).id, &closed).await.unwrap();
    tx.commit().await.unwrap();
    for statement in [
        "update proposal set kind = 'restoration'",
        "update proposal set outcome = 'approved', closed_by = proposed_by, closing = sealed, closed_at = expires_at, \
            agency = '000000'",
        "update proposal set outcome = null, closed_by = null, closing = null, closed_at = null",
        "delete from proposal",
        "update policy_in_force set policy = policy",
        "delete from policy_in_force",
        "update standing set suspended = 0",
        "delete from standing",
    ] {
        let mut tx = store.write().await.unwrap();
        let outcome = sql::execute(&mut tx, statement).await;
        assert_eq!(outcome, Err(StoreError::Conflict(Constraint::AppendOnly)), "{statement}");
    }
}

async fn policies_come_into_force_one_after_another(database: &TestDatabase) {
    let store = with_proposals(database).await;
    let hash = record_policy(&store).await;
    assert_eq!(hash, Policy::default().content_hash());
    let mut tx = store.write().await.unwrap();
    assert_eq!(policies_in_force::last(&mut tx).await.unwrap(), None);
    assert!(!policies_in_force::was(&mut tx, &hash).await.unwrap());
    policies_in_force::insert(&mut tx, 0, &hash, None, at(1)).await.unwrap();
    policies_in_force::insert(&mut tx, 1, &hash, Some(proposal(1).id), at(2)).await.unwrap();
    let taken = policies_in_force::insert(&mut tx, 1, &hash, None, at(3)).await;
    assert_eq!(taken, Err(StoreError::Conflict(Constraint::PolicyChanged)));
    assert_eq!(policies_in_force::last(&mut tx).await.unwrap(), Some((1, hash.clone())));
    assert!(policies_in_force::was(&mut tx, &hash).await.unwrap());
}

fn change(position: u32, suspended: bool) -> StandingChange {
    let proposal = proposal(u64::from(position) + 1).id;
    StandingChange { beneficiary: beneficiary(1).id, position, suspended, proposal, since: at(7) }
}

async fn standings_change_one_after_another(database: &TestDatabase) {
    let store = with_proposals(database).await;
    let of = beneficiary(1).id;
    let mut tx = store.write().await.unwrap();
    assert_eq!(standings::last(&mut tx, of).await.unwrap(), None);
    standings::insert(&mut tx, &change(0, true)).await.unwrap();
    let taken = standings::insert(&mut tx, &change(0, false)).await;
    assert_eq!(taken, Err(StoreError::Conflict(Constraint::StandingChanged)));
    standings::insert(&mut tx, &change(1, false)).await.unwrap();
    assert_eq!(standings::last(&mut tx, of).await.unwrap(), Some(change(1, false)));
    let found = standings::of_proposal(&mut tx, of, proposal(1).id).await.unwrap();
    assert_eq!(found, Some(change(0, true)));
}

async fn references_stand_aside(database: &TestDatabase) {
    let store = with_proposals(database).await;
    let person = beneficiary(1);
    let (first, second) = (reference(&person, 1), reference(&person, 2));
    let mut tx = store.write().await.unwrap();
    references::insert(&mut tx, &first).await.unwrap();
    references::insert(&mut tx, &second).await.unwrap();
    references_aside::set(&mut tx, person.id, second.id, Aside::Candidate).await.unwrap();
    assert_eq!(references::compared(&mut tx, person.id).await.unwrap(), std::slice::from_ref(&first));
    references_aside::set(&mut tx, person.id, first.id, Aside::Replaced).await.unwrap();
    references_aside::clear(&mut tx, person.id, second.id).await.unwrap();
    assert_eq!(references::compared(&mut tx, person.id).await.unwrap(), [second]);
    assert_eq!(references_aside::of(&mut tx, person.id).await.unwrap(), [(first.id, Aside::Replaced)]);
    assert_eq!(references_aside::all(&mut tx).await.unwrap(), [first.id]);
    assert_eq!(references::of(&mut tx, person.id).await.unwrap().len(), 2, "none goes away");
}

async fn a_code_is_used_once(database: &TestDatabase) {
    let store = with_proposals(database).await;
    let credential = StoredCredential { sealed: vec![1, 2], issued: true, last_step: 5_000_000_000, set_at: at(1) };
    let mut tx = store.write().await.unwrap();
    assert_eq!(staff_credentials::find(&mut tx, staff(1)).await.unwrap(), None);
    staff_credentials::set(&mut tx, staff(1), &credential).await.unwrap();
    assert_eq!(staff_credentials::find(&mut tx, staff(1)).await.unwrap(), Some(credential.clone()));
    for (step, since, good) in [
        (5_000_000_000, at(1), false),
        (5_000_000_001, at(2), false),
        (5_000_000_001, at(1), true),
        (5_000_000_001, at(1), false),
    ] {
        assert_eq!(staff_credentials::use_step(&mut tx, staff(1), step, since).await.unwrap(), good, "{step}");
    }
    let changed = StoredCredential { issued: false, last_step: 0, ..credential };
    staff_credentials::set(&mut tx, staff(1), &changed).await.unwrap();
    assert_eq!(staff_credentials::find(&mut tx, staff(1)).await.unwrap(), Some(changed));
}
