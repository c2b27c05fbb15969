//! Beneficiaries, references, sessions, captures.

use vivat::domain::attendant::Caller;
use vivat::domain::decision::Decision;
use vivat::domain::session::{Ended, Outcome, Session};
use vivat::domain::{evidence::FrameEvidence, evidence::Liveness, reference::Reference};
use vivat::domain::{id::BeneficiaryId, id::CaptureId, id::ReferenceId, id::SessionId};
use vivat::store::{Constraint, StoreError, beneficiaries, captures, references, sessions};

use super::examples::{at, beneficiary, capture, citizen_id, record_session, reference, rng, session};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    beneficiaries_come_back,
    a_citizen_number_is_registered_once,
    beneficiaries_are_listed_by_page,
    references_come_back_with_their_photos,
    a_reference_needs_its_beneficiary,
    sessions_come_back,
    a_session_moves_on,
    an_unknown_number_has_sessions_too,
    captures_come_back_with_their_bytes,
    instants_are_kept_to_the_microsecond,
    instants_sort_by_time,
}

async fn beneficiaries_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let person = beneficiary(1);
    let mut tx = store.write().await.unwrap();
    beneficiaries::insert(&mut tx, &person).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::find(&mut tx, person.id).await.unwrap().as_ref(), Some(&person));
    let found = beneficiaries::find_by_citizen_id(&mut tx, &person.citizen_id).await.unwrap();
    assert_eq!(found, Some(person));
    assert_eq!(beneficiaries::find(&mut tx, BeneficiaryId::new(at(9), &mut rng(9))).await.unwrap(), None);
    assert_eq!(beneficiaries::find_by_citizen_id(&mut tx, &citizen_id(2)).await.unwrap(), None);
}

async fn a_citizen_number_is_registered_once(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    beneficiaries::insert(&mut tx, &beneficiary(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut twin = beneficiary(2);
    twin.citizen_id = citizen_id(1);
    let mut tx = store.write().await.unwrap();
    let refused = beneficiaries::insert(&mut tx, &twin).await.unwrap_err();
    assert_eq!(refused, StoreError::Conflict(Constraint::CitizenIdTaken));
    for shown in [refused.to_string(), format!("{refused:?}")] {
        assert!(!shown.contains("110105"), "the number is in the error");
    }
}

async fn beneficiaries_are_listed_by_page(database: &TestDatabase) {
    let store = database.open().await;
    let people: Vec<_> = (1..=5).map(beneficiary).collect();
    let mut tx = store.write().await.unwrap();
    for person in people.iter().rev() {
        beneficiaries::insert(&mut tx, person).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut tx, None, 2).await.unwrap(), people[..2]);
    assert_eq!(beneficiaries::list(&mut tx, Some(people[1].id), 2).await.unwrap(), people[2..4]);
    assert_eq!(beneficiaries::list(&mut tx, Some(people[3].id), 2).await.unwrap(), people[4..]);
    assert_eq!(beneficiaries::list(&mut tx, Some(people[4].id), 2).await.unwrap(), []);
}

async fn references_come_back_with_their_photos(database: &TestDatabase) {
    let store = database.open().await;
    let (person, _) = record_session(&store, 1).await;
    let (newer, mut older) = (reference(&person, 20), reference(&person, 10));
    older.taken_on = None;
    let photo: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    let mut tx = store.write().await.unwrap();
    references::insert(&mut tx, &newer, &photo).await.unwrap();
    references::insert(&mut tx, &older, &[]).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    let expected: [Reference; 2] = [older.clone(), newer.clone()];
    assert_eq!(references::of(&mut tx, person.id).await.unwrap(), expected);
    assert_eq!(references::of(&mut tx, beneficiary(2).id).await.unwrap(), []);
    assert_eq!(references::image(&mut tx, newer.id).await.unwrap(), Some((person.id, photo)));
    assert_eq!(references::image(&mut tx, older.id).await.unwrap(), Some((person.id, Vec::new())));
    assert_eq!(references::image(&mut tx, ReferenceId::new(at(9), &mut rng(9))).await.unwrap(), None);
}

async fn a_reference_needs_its_beneficiary(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    let refused = references::insert(&mut tx, &reference(&beneficiary(1), 1), b"photo").await;
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
    let (person, opened) = record_session(&store, 1).await;
    let nonce = opened.nonce.clone();
    let ended = opened.admit(&nonce, Caller::default(), at(10)).unwrap().after(&Decision::Certified, at(10));
    let moved = Session { attempt: 3, ..ended };
    assert_eq!(moved.ended, Some(Ended { at: at(10), outcome: Outcome::Certified }));

    let mut tx = store.write().await.unwrap();
    sessions::update(&mut tx, &moved).await.unwrap();
    let nowhere = sessions::update(&mut tx, &session(&person, 77)).await;
    assert_eq!(nowhere, Err(StoreError::Conflict(Constraint::NotRecorded)));
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(sessions::find(&mut tx, moved.id).await.unwrap(), Some(moved));
}

async fn an_unknown_number_has_sessions_too(database: &TestDatabase) {
    let store = database.open().await;
    let unknown = Session { beneficiary: None, ..session(&beneficiary(1), 1) };
    let mut tx = store.write().await.unwrap();
    sessions::insert(&mut tx, &unknown).await.unwrap();
    assert_eq!(sessions::find(&mut tx, unknown.id).await.unwrap(), Some(unknown));
}

async fn captures_come_back_with_their_bytes(database: &TestDatabase) {
    let store = database.open().await;
    let (_, session) = record_session(&store, 1).await;
    let (first, second, retake) = (capture(&session, 1, 1), capture(&session, 1, 2), capture(&session, 2, 3));
    let blank =
        FrameEvidence { findings: Vec::new(), liveness: Liveness::NotAssessed, similarity: None, pack: String::new() };
    let second = vivat::domain::capture::Capture { evidence: blank, ..second };
    let mut tx = store.write().await.unwrap();
    for (capture, image) in [(&second, b"two".as_slice()), (&retake, b"three"), (&first, b"one")] {
        captures::insert(&mut tx, capture, image).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = store.read().await.unwrap();
    assert_eq!(captures::of_attempt(&mut tx, session.id, 1).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(captures::of_attempt(&mut tx, session.id, 3).await.unwrap(), []);
    assert_eq!(captures::count(&mut tx, session.id, 1).await.unwrap(), 2);
    assert_eq!(captures::count(&mut tx, session.id, 3).await.unwrap(), 0);
    assert_eq!(captures::image(&mut tx, retake.id).await.unwrap(), Some((session.id, b"three".to_vec())));
    assert_eq!(captures::image(&mut tx, CaptureId::new(at(9), &mut rng(9))).await.unwrap(), None);
    assert_eq!(captures::of_session(&mut tx, session.id).await.unwrap(), [first, second, retake]);
}

async fn instants_are_kept_to_the_microsecond(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    for (number, nanosecond, kept) in [(1, 0, 0), (2, 999_999_999, 999_999_000), (3, 5_000_999, 5_000_000)] {
        let mut person = beneficiary(number);
        let second = at(0).as_second();
        person.registered_at = jiff::Timestamp::new(second, nanosecond).unwrap();
        beneficiaries::insert(&mut tx, &person).await.unwrap();
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
        .map(|(instant, seed)| Reference { enrolled_at: instant.parse().unwrap(), ..reference(&person, seed) })
        .collect();
    let mut tx = store.write().await.unwrap();
    for reference in [&enrolled[2], &enrolled[0], &enrolled[3], &enrolled[1]] {
        references::insert(&mut tx, reference, b"").await.unwrap();
    }
    assert_eq!(references::of(&mut tx, person.id).await.unwrap(), enrolled);
}
