//! Beneficiaries, references, sessions, captures.

use vivat::domain::attendant::Caller;
use vivat::domain::decision::Decision;
use vivat::domain::session::{Ended, Outcome, Session};
use vivat::domain::{id::BeneficiaryId, id::CaptureId, id::PersonId, id::ReferenceId, id::SessionId};
use vivat::store::persons::StoredPerson;
use vivat::store::reference_templates::{self, SealedTemplate};
use vivat::store::references::StoredReference;
use vivat::store::references_aside::{self, Aside};
use vivat::store::{Constraint, StoreError, Tx, beneficiaries, captures, persons, references, sessions};

use super::examples::{
    at, beneficiary, capture, citizen_index, opened, record_session, reference, register, rng, session, stored_key,
    told, unregistered,
};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    persons_come_back_by_identifier_and_by_index,
    a_number_is_recorded_once,
    beneficiaries_come_back,
    a_person_is_registered_once,
    beneficiaries_are_listed_by_page,
    references_come_back,
    a_reference_needs_its_beneficiary,
    templates_are_read_by_page_and_not_what_was_replaced_or_erased,
    sessions_come_back,
    a_session_moves_on,
    an_unknown_number_has_sessions_too,
    captures_come_back,
    instants_are_kept_to_the_microsecond,
    instants_sort_by_time,
}

async fn persons_come_back_by_identifier_and_by_index(database: &TestDatabase) {
    let store = database.open().await;
    let id = PersonId::from(beneficiary(1).id);
    let mut tx = store.write().await.unwrap();
    assert!(persons::insert(&mut tx, id, &citizen_index(id), &stored_key("one"), at(0)).await.unwrap());
    assert!(persons::hold(&mut tx, id).await.unwrap());
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    let person = StoredPerson { id, key: Some(stored_key("one")) };
    assert_eq!(persons::find(&mut tx, id).await.unwrap().as_ref(), Some(&person));
    assert_eq!(persons::find_by_index(&mut tx, &citizen_index(id)).await.unwrap(), Some(person));
    let nobody = PersonId::new(at(9), &mut rng(9));
    assert_eq!(persons::find(&mut tx, nobody).await.unwrap(), None);
    assert_eq!(persons::find_by_index(&mut tx, &citizen_index(nobody)).await.unwrap(), None);
    drop(tx);
    assert!(!persons::hold(&mut store.write().await.unwrap(), nobody).await.unwrap());
}

async fn a_number_is_recorded_once(database: &TestDatabase) {
    let store = database.open().await;
    let (one, other) = (PersonId::from(beneficiary(1).id), PersonId::from(beneficiary(2).id));
    let mut tx = store.write().await.unwrap();
    assert!(persons::insert(&mut tx, one, &citizen_index(one), &stored_key("one"), at(0)).await.unwrap());
    assert!(!persons::insert(&mut tx, other, &citizen_index(one), &stored_key("two"), at(1)).await.unwrap());
    let kept = StoredPerson { id: one, key: Some(stored_key("one")) };
    assert_eq!(persons::find_by_index(&mut tx, &citizen_index(one)).await.unwrap(), Some(kept));
}

async fn beneficiaries_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let person = beneficiary(1);
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &person).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::find(&mut tx, person.id).await.unwrap(), Some(person));
    assert_eq!(beneficiaries::find(&mut tx, BeneficiaryId::new(at(9), &mut rng(9))).await.unwrap(), None);
}

async fn a_person_is_registered_once(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &beneficiary(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.write().await.unwrap();
    let refused = beneficiaries::insert(&mut tx, &beneficiary(1)).await;
    assert_eq!(refused, Err(StoreError::Conflict(Constraint::CitizenIdTaken)));
    let nobody = beneficiaries::insert(&mut tx, &beneficiary(2)).await;
    assert_eq!(nobody, Err(StoreError::Conflict(Constraint::ParentMissing)));
}

async fn beneficiaries_are_listed_by_page(database: &TestDatabase) {
    let store = database.open().await;
    let people: Vec<_> = (1..=5).map(beneficiary).collect();
    let mut tx = store.write().await.unwrap();
    for person in people.iter().rev() {
        register(&mut tx, person).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut tx, None, 2).await.unwrap(), people[..2]);
    assert_eq!(beneficiaries::list(&mut tx, Some(people[1].id), 2).await.unwrap(), people[2..4]);
    assert_eq!(beneficiaries::list(&mut tx, Some(people[3].id), 2).await.unwrap(), people[4..]);
    assert_eq!(beneficiaries::list(&mut tx, Some(people[4].id), 2).await.unwrap(), []);
}

async fn references_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let (person, _) = record_session(&store, 1).await;
    let (newer, mut older) = (reference(&person, 20), reference(&person, 10));
    older.taken_on = None;
    let mut tx = store.write().await.unwrap();
    references::insert(&mut tx, &newer).await.unwrap();
    references::insert(&mut tx, &older).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    let expected: [StoredReference; 2] = [older.clone(), newer.clone()];
    assert_eq!(references::of(&mut tx, person.id).await.unwrap(), expected);
    assert_eq!(references::of(&mut tx, beneficiary(2).id).await.unwrap(), []);
    assert_eq!(references::find(&mut tx, newer.id).await.unwrap(), Some(newer));
    assert_eq!(references::find(&mut tx, ReferenceId::new(at(9), &mut rng(9))).await.unwrap(), None);
}

async fn templates_are_read_by_page_and_not_what_was_replaced_or_erased(database: &TestDatabase) {
    let store = database.open().await;
    let (person, other) = (beneficiary(1), beneficiary(2));
    let mut tx = store.write().await.unwrap();
    let enrolled = [reference(&person, 10), reference(&other, 20), reference(&person, 30), reference(&person, 40)];
    for of in [&person, &other] {
        register(&mut tx, of).await.unwrap();
    }
    for reference in &enrolled {
        references::insert(&mut tx, reference).await.unwrap();
    }
    references_aside::set(&mut tx, person.id, enrolled[0].id, Aside::Candidate).await.unwrap();
    references_aside::set(&mut tx, person.id, enrolled[2].id, Aside::Replaced).await.unwrap();
    let ids = |page: Vec<SealedTemplate>| page.into_iter().map(|sealed| sealed.reference).collect::<Vec<_>>();
    let [first, second, replaced, last] = enrolled.each_ref().map(|reference| reference.id);
    let page =
        async |tx: &mut Tx, pack, after, limit| ids(reference_templates::page(tx, pack, after, limit).await.unwrap());
    assert_eq!(page(&mut tx, "pack", ReferenceId(uuid::Uuid::nil()), 2).await, [first, second]);
    assert_eq!(page(&mut tx, "pack", second, 2).await, [last]);
    assert!(page(&mut tx, "other", ReferenceId(uuid::Uuid::nil()), 2).await.is_empty());
    assert_eq!(ids(reference_templates::of(&mut tx, "pack", person.id).await.unwrap()), [first, last]);
    assert!(reference_templates::find(&mut tx, "pack", replaced).await.unwrap().is_none());
    let found = reference_templates::find(&mut tx, "pack", second).await.unwrap().unwrap();
    assert_eq!((found.beneficiary, found.agency.as_str()), (other.id, "110105"));
    assert_eq!((found.template, found.key), (enrolled[1].template.clone(), stored_key("kek")));
    assert!(persons::erase(&mut tx, other.id.into(), &[0], at(9)).await.unwrap());
    assert!(reference_templates::find(&mut tx, "pack", second).await.unwrap().is_none());
}

async fn a_reference_needs_its_beneficiary(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    let refused = references::insert(&mut tx, &reference(&beneficiary(1), 1)).await;
    assert_eq!(refused, Err(StoreError::Conflict(Constraint::ParentMissing)));
}

async fn sessions_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let (_, opened) = record_session(&store, 1).await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(sessions::find(&mut tx, opened.id).await.unwrap().as_ref(), Some(&opened));
    assert_eq!(sessions::find(&mut tx, SessionId::new(at(9), &mut rng(9))).await.unwrap(), None);
    drop(tx);
    let mut tx = store.write().await.unwrap();
    assert_eq!(sessions::find_for_update(&mut tx, opened.id).await.unwrap(), Some(opened));
    assert_eq!(sessions::find_for_update(&mut tx, SessionId::new(at(9), &mut rng(9))).await.unwrap(), None);
}

async fn a_session_moves_on(database: &TestDatabase) {
    let store = database.open().await;
    let (person, _) = record_session(&store, 1).await;
    let (opened, nonce) = opened(&person, 1);
    let ended = opened.admit(&nonce, Caller::default(), at(10)).unwrap().after(&Decision::Certified, at(10));
    let moved = Session { attempt: 3, ..ended };
    assert_eq!(moved.ended, Some(Ended { at: at(10), outcome: Outcome::Certified }));

    let mut tx = store.write().await.unwrap();
    sessions::update(&mut tx, &moved).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.write().await.unwrap();
    let nowhere = sessions::update(&mut tx, &session(&person, 77)).await;
    assert_eq!(told(tx, nowhere).await, Err(StoreError::Conflict(Constraint::NotRecorded)));
    let mut tx = store.read().await.unwrap();
    assert_eq!(sessions::find(&mut tx, moved.id).await.unwrap(), Some(moved));
}

async fn an_unknown_number_has_sessions_too(database: &TestDatabase) {
    let store = database.open().await;
    let person = PersonId::from(beneficiary(1).id);
    let unknown = unregistered(&session(&beneficiary(1), 1));
    let mut tx = store.write().await.unwrap();
    persons::insert(&mut tx, person, &citizen_index(person), &stored_key("kek"), at(0)).await.unwrap();
    sessions::insert(&mut tx, &unknown).await.unwrap();
    assert_eq!(sessions::find(&mut tx, unknown.id).await.unwrap(), Some(unknown));
}

async fn captures_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let (_, session) = record_session(&store, 1).await;
    let (first, second, retake) = (capture(&session, 1, 1), capture(&session, 1, 2), capture(&session, 2, 3));
    let mut tx = store.write().await.unwrap();
    for capture in [&second, &retake, &first] {
        captures::insert(&mut tx, std::slice::from_ref(capture)).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(captures::of_attempt(&mut tx, session.id, 1).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(captures::of_attempt(&mut tx, session.id, 3).await.unwrap(), []);
    let mut sent: Vec<_> = captures::sent(&mut tx, session.id)
        .await
        .unwrap()
        .into_iter()
        .map(|sent| (sent.attempt, sent.digest))
        .collect();
    sent.sort_unstable();
    let mut expected = [&first, &second, &retake].map(|capture| (capture.attempt, capture.digest));
    expected.sort_unstable();
    assert_eq!(sent, expected);
    assert_eq!(captures::find(&mut tx, retake.id).await.unwrap().as_ref(), Some(&retake));
    assert_eq!(captures::find(&mut tx, CaptureId::new(at(9), &mut rng(9))).await.unwrap(), None);
    assert_eq!(captures::of_session(&mut tx, session.id).await.unwrap(), [first, second, retake]);
}

async fn instants_are_kept_to_the_microsecond(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    for (number, nanosecond, kept) in [(1, 0, 0), (2, 999_999_999, 999_999_000), (3, 5_000_999, 5_000_000)] {
        let mut person = beneficiary(number);
        let second = at(0).as_second();
        person.registered_at = jiff::Timestamp::new(second, nanosecond).unwrap();
        register(&mut tx, &person).await.unwrap();
        let found = beneficiaries::find(&mut tx, person.id).await.unwrap().unwrap();
        assert_eq!(found.registered_at, jiff::Timestamp::new(second, kept).unwrap());
    }
}

async fn instants_sort_by_time(database: &TestDatabase) {
    let store = database.open().await;
    let (person, _) = record_session(&store, 1).await;
    let instants =
        ["1999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1Z", "2026-01-01T00:00:01Z"];
    let enrolled: Vec<_> = instants
        .iter()
        .zip([4, 3, 2, 1])
        .map(|(instant, seed)| StoredReference { enrolled_at: instant.parse().unwrap(), ..reference(&person, seed) })
        .collect();
    let mut tx = store.write().await.unwrap();
    for reference in [&enrolled[2], &enrolled[0], &enrolled[3], &enrolled[1]] {
        references::insert(&mut tx, reference).await.unwrap();
    }
    assert_eq!(references::of(&mut tx, person.id).await.unwrap(), enrolled);
}
