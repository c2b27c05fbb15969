//! Policies, decisions, certifications.

use vivat::domain::certification::Certification;
use vivat::domain::decision::{Decision, Reasons, ReferReason};
use vivat::domain::evidence::Finding;
use vivat::domain::id::CertificationId;
use vivat::domain::policy::Policy;
use vivat::store::{Constraint, StoreError, certifications, decisions, policies, sessions};

use super::examples::{
    at, beneficiary, certification, record_policy, record_session, register, rng, session, staff, told,
};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    policies_are_found_by_their_content,
    every_attempt_is_decided_once,
    certifications_come_back,
    a_session_certifies_once,
    nobody_is_certified_by_the_session_of_another,
}

async fn policies_are_found_by_their_content(database: &TestDatabase) {
    let store = database.open().await;
    let hash = record_policy(&store).await;
    assert_eq!(record_policy(&store).await, hash, "again, without a conflict");
    let mut tx = store.read().await.unwrap();
    assert_eq!(policies::find(&mut tx, &hash).await.unwrap(), Some(Policy::default()));
    assert_eq!(policies::find(&mut tx, "another").await.unwrap(), None);
}

async fn every_attempt_is_decided_once(database: &TestDatabase) {
    let store = database.open().await;
    let hash = record_policy(&store).await;
    let (_, session) = record_session(&store, 1).await;
    let retake = Decision::Retake(Reasons::one(Finding::Blurred));
    let refer = Decision::Refer(Reasons::one(ReferReason::NoMatch));
    let mut tx = store.write().await.unwrap();
    assert_eq!(decisions::last(&mut tx, session.id).await.unwrap(), None);
    decisions::insert(&mut tx, session.id, 1, &retake, at(1), &hash).await.unwrap();
    assert_eq!(decisions::last(&mut tx, session.id).await.unwrap(), Some(retake));
    decisions::insert(&mut tx, session.id, 2, &refer, at(2), &hash).await.unwrap();
    assert_eq!(decisions::last(&mut tx, session.id).await.unwrap(), Some(refer));
    tx.commit().await.unwrap();

    let mut tx = store.write().await.unwrap();
    let again = decisions::insert(&mut tx, session.id, 2, &Decision::Certified, at(3), &hash).await;
    assert_eq!(told(tx, again).await, Err(StoreError::Conflict(Constraint::AttemptDecided)));
    let mut tx = store.write().await.unwrap();
    let unknown_policy = decisions::insert(&mut tx, session.id, 3, &Decision::Certified, at(3), "unknown").await;
    assert_eq!(told(tx, unknown_policy).await, Err(StoreError::Conflict(Constraint::ParentMissing)));
}

async fn certifications_come_back(database: &TestDatabase) {
    let store = database.open().await;
    record_policy(&store).await;
    let (person, first_session) = record_session(&store, 1).await;
    let second_session = session(&person, 20);
    let first = certification(&first_session, &person, 10);
    let second = Certification { reviewer: Some(staff(3)), ..certification(&second_session, &person, 30) };
    let mut tx = store.write().await.unwrap();
    sessions::insert(&mut tx, &second_session).await.unwrap();
    certifications::insert(&mut tx, &first).await.unwrap();
    certifications::insert(&mut tx, &second).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(certifications::find(&mut tx, first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(certifications::find(&mut tx, CertificationId::new(at(9), &mut rng(9))).await.unwrap(), None);
    assert_eq!(certifications::of_session(&mut tx, second_session.id).await.unwrap().as_ref(), Some(&second));
    assert_eq!(certifications::of_session(&mut tx, session(&person, 40).id).await.unwrap(), None);
    assert_eq!(certifications::of_beneficiary(&mut tx, person.id).await.unwrap(), [second, first]);
    assert_eq!(certifications::of_beneficiary(&mut tx, beneficiary(2).id).await.unwrap(), []);
}

async fn a_session_certifies_once(database: &TestDatabase) {
    let store = database.open().await;
    record_policy(&store).await;
    let (person, session) = record_session(&store, 1).await;
    let mut tx = store.write().await.unwrap();
    certifications::insert(&mut tx, &certification(&session, &person, 10)).await.unwrap();
    let again = certifications::insert(&mut tx, &certification(&session, &person, 11)).await;
    assert_eq!(told(tx, again).await, Err(StoreError::Conflict(Constraint::SessionCertified)));
}

async fn nobody_is_certified_by_the_session_of_another(database: &TestDatabase) {
    let store = database.open().await;
    record_policy(&store).await;
    let (_, session) = record_session(&store, 1).await;
    let other = beneficiary(2);
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &other).await.unwrap();
    let refused = certifications::insert(&mut tx, &certification(&session, &other, 10)).await;
    assert_eq!(told(tx, refused).await, Err(StoreError::Conflict(Constraint::ParentMissing)));
}
