//! Wrapped keys, erasure, and pictures whose time is over.

use std::time::Duration;

use jiff::ToSpan;
use vivat::domain::id::PersonId;
use vivat::domain::review::{Case, CaseState};
use vivat::domain::session::{Ended, Outcome, Session};
use vivat::store::idempotency::{Claim, StoredResponse};
use vivat::store::persons::{self, Remains};
use vivat::store::retention::{self, Due, DueFrame};
use vivat::store::rows::{self, Key, Row, Table};
use vivat::store::{Constraint, StoreError, captures, cases, idempotency, references, sessions, vault_keys};

use super::examples::{
    at, beneficiary, capture, case, citizen_index, record_policy, record_session, reference, session, stored,
    stored_key,
};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    a_new_key_waits_for_whoever_holds_the_old_one,
    a_person_is_wrapped_anew_only_as_they_were_read,
    whoever_is_erased_is_found_by_identifier_alone,
    answers_and_open_cases_go_with_the_person,
    frames_are_due_by_how_their_session_ended,
}

const HOUSE: &str = "house";

/// Whoever holds the present key records a person with it; the change of the key finds them.
async fn a_new_key_waits_for_whoever_holds_the_old_one(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    assert!(vault_keys::insert(&mut tx, HOUSE, &stored_key("old")).await.unwrap());
    assert!(!vault_keys::insert(&mut tx, HOUSE, &stored_key("another")).await.unwrap(), "once");
    tx.commit().await.unwrap();

    let mut slow = store.write().await.unwrap();
    assert_eq!(vault_keys::hold(&mut slow, HOUSE).await.unwrap(), Some(stored_key("old")));
    let changing = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await?;
            vault_keys::rewrap(&mut tx, HOUSE, &stored_key("new")).await?;
            tx.commit().await
        })
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!changing.is_finished(), "the change waits");
    let id = PersonId::from(beneficiary(1).id);
    assert!(persons::insert(&mut slow, id, &citizen_index(id), &stored_key("old"), at(0)).await.unwrap());
    slow.commit().await.unwrap();
    changing.await.unwrap().unwrap();

    let mut tx = store.write().await.unwrap();
    assert_eq!(vault_keys::hold(&mut tx, HOUSE).await.unwrap(), Some(stored_key("new")));
    assert!(vault_keys::rotating(&mut tx, HOUSE).await.unwrap());
    let left = persons::not_under(&mut tx, "new", None, 10).await.unwrap();
    assert_eq!(left, [(id, stored_key("old"))], "whoever was recorded meanwhile is found");
    assert!(!vault_keys::rotated(&mut tx, HOUSE, "old").await.unwrap());
    assert!(vault_keys::rotated(&mut tx, HOUSE, "new").await.unwrap());
    assert!(!vault_keys::rotated(&mut tx, HOUSE, "new").await.unwrap(), "once");
    assert!(!vault_keys::rotating(&mut tx, HOUSE).await.unwrap());
    let nowhere = vault_keys::rewrap(&mut tx, "nothing", &stored_key("new")).await;
    assert_eq!(nowhere, Err(StoreError::Conflict(Constraint::NotRecorded)));
}

async fn a_person_is_wrapped_anew_only_as_they_were_read(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    let ids: Vec<_> = (1..=3).map(|number| PersonId::from(beneficiary(number).id)).collect();
    for id in &ids {
        assert!(persons::insert(&mut tx, *id, &citizen_index(*id), &stored_key("old"), at(0)).await.unwrap());
    }
    assert_eq!(persons::not_under(&mut tx, "new", None, 2).await.unwrap().len(), 2);
    let rest = persons::not_under(&mut tx, "new", Some(ids[1]), 2).await.unwrap();
    assert_eq!(rest, [(ids[2], stored_key("old"))]);

    let mut anew = stored_key("new");
    anew.wrapped.push(1);
    assert!(persons::rewrap(&mut tx, ids[0], &stored_key("old"), &anew).await.unwrap());
    assert!(!persons::rewrap(&mut tx, ids[0], &stored_key("old"), &anew).await.unwrap(), "somebody else was quicker");
    assert!(persons::erase(&mut tx, ids[1], b"sealed", at(1)).await.unwrap());
    assert!(!persons::rewrap(&mut tx, ids[1], &stored_key("old"), &anew).await.unwrap(), "the dead stay dead");
    let counted = persons::by_kek(&mut tx).await.unwrap();
    assert_eq!(counted, [("new".to_owned(), 1), ("old".to_owned(), 1)]);
}

async fn whoever_is_erased_is_found_by_identifier_alone(database: &TestDatabase) {
    let store = database.open().await;
    let (person, _) = record_session(&store, 1).await;
    let id = PersonId::from(person.id);
    let mut tx = store.write().await.unwrap();
    assert_eq!(persons::erasure(&mut tx, id).await.unwrap(), None);
    assert!(persons::erase(&mut tx, id, b"sealed", at(9)).await.unwrap());
    assert!(!persons::erase(&mut tx, id, b"again", at(10)).await.unwrap());
    tx.commit().await.unwrap();

    let mut tx = store.write().await.unwrap();
    assert_eq!(persons::find_by_index(&mut tx, &citizen_index(id)).await.unwrap(), None);
    assert!(persons::find(&mut tx, id).await.unwrap().is_some_and(|erased| erased.key.is_none()));
    assert!(!persons::hold(&mut tx, id).await.unwrap());
    assert_eq!(persons::erasure(&mut tx, id).await.unwrap(), Some((at(9), b"sealed".to_vec())));
    let erased = Row { table: Table::Erasure, key: Key::Id(id.0) };
    assert_eq!(rows::all(&mut tx, Table::Erasure).await.unwrap(), [erased]);
    let somebody = PersonId::from(beneficiary(2).id);
    let again = persons::insert(&mut tx, somebody, &citizen_index(id), &stored_key("kek"), at(11)).await.unwrap();
    assert!(again, "the number is that of somebody new");
}

async fn answers_and_open_cases_go_with_the_person(database: &TestDatabase) {
    let store = database.open().await;
    let policy = record_policy(&store).await;
    let (person, first) = record_session(&store, 1).await;
    let id = PersonId::from(person.id);
    let opened = case(&first, 1);
    let mut tx = store.write().await.unwrap();
    vivat::store::decisions::insert(
        &mut tx,
        first.id,
        1,
        &vivat::domain::decision::Decision::Certified,
        at(2),
        &policy,
    )
    .await
    .unwrap();
    cases::insert(&mut tx, &stored(&opened)).await.unwrap();
    assert_eq!(idempotency::claim(&mut tx, "s", "k", &[1; 32], at(0)).await, Ok(Claim::Fresh));
    let response = StoredResponse { status: 201, body: b"sealed".to_vec() };
    idempotency::finish(&mut tx, "s", "k", &response, Some(id)).await.unwrap();

    let remains = Remains { certifications: 0, decisions: 1, judgements: 0 };
    assert_eq!(persons::remains(&mut tx, id).await.unwrap(), remains);
    assert_eq!(idempotency::forget_person(&mut tx, id).await.unwrap(), 1);
    assert_eq!(idempotency::claim(&mut tx, "s", "k", &[2; 32], at(1)).await, Ok(Claim::Fresh));
    assert_eq!(cases::close_of_erased(&mut tx, id).await.unwrap(), 1);
    assert_eq!(cases::close_of_erased(&mut tx, id).await.unwrap(), 0);
    let closed = cases::find(&mut tx, opened.id).await.unwrap();
    assert_eq!(closed, Some(stored(&Case { state: CaseState::Erased, ..opened })));
}

async fn frames_are_due_by_how_their_session_ended(database: &TestDatabase) {
    let store = database.open().await;
    let (person, expired) = record_session(&store, 1).await;
    let ended =
        |session: Session, outcome, second| Session { ended: Some(Ended { at: at(second), outcome }), ..session };
    let certified = ended(session(&person, 20), Outcome::Certified, 100);
    let waiting = ended(session(&person, 30), Outcome::Referred, 100);
    let (frame, kept) = (capture(&certified, 1, 21), capture(&waiting, 1, 31));
    let abandoned = capture(&expired, 1, 2);
    let photo = reference(&person, 5);
    let mut tx = store.write().await.unwrap();
    for session in [&certified, &waiting] {
        sessions::insert(&mut tx, session).await.unwrap();
    }
    cases::insert(&mut tx, &stored(&case(&waiting, 40))).await.unwrap();
    for frame in [&frame, &kept, &abandoned] {
        captures::insert(&mut tx, std::slice::from_ref(frame)).await.unwrap();
    }
    references::insert(&mut tx, &photo).await.unwrap();

    let never = at(0) - 1.hour();
    let nothing = Due { certified: never, recognised: never, investigated: never, expired: never };
    assert_eq!(retention::due(&mut tx, &nothing, 10).await.unwrap(), []);
    let due = |of: &captures::StoredCapture| DueFrame { id: of.id, session: of.session, erased: false };
    for (second, expected) in [(99, vec![]), (100, vec![due(&frame)])] {
        let rule = Due { certified: at(second), ..nothing };
        assert_eq!(retention::due(&mut tx, &rule, 10).await.unwrap(), expected);
    }
    let rule = Due { expired: expired.expires_at, ..nothing };
    assert_eq!(retention::due(&mut tx, &rule, 10).await.unwrap(), [due(&abandoned)]);
    let always = at(0) + 9_999.hours();
    let everything = Due { certified: always, recognised: always, investigated: always, expired: always };
    assert_eq!(retention::due(&mut tx, &everything, 10).await.unwrap().len(), 2, "a case that waits keeps its own");
    assert_eq!(retention::due(&mut tx, &everything, 1).await.unwrap().len(), 1);

    assert!(retention::is_kept(&mut tx, frame.id).await.unwrap());
    assert_eq!(retention::deleted(&mut tx, &[frame.id], at(200)).await.unwrap(), [frame.id]);
    assert_eq!(retention::deleted(&mut tx, &[frame.id], at(201)).await.unwrap(), [], "once");
    assert!(!retention::is_kept(&mut tx, frame.id).await.unwrap());
    assert_eq!(captures::find(&mut tx, frame.id).await.unwrap().unwrap().image_deleted_at, Some(at(200)));

    assert_eq!(retention::due_references(&mut tx, 10).await.unwrap(), []);
    assert!(persons::erase(&mut tx, person.id.into(), b"sealed", at(300)).await.unwrap());
    assert_eq!(retention::due_references(&mut tx, 10).await.unwrap(), [photo.id]);
    assert!(retention::is_kept_reference(&mut tx, photo.id).await.unwrap());
    assert!(retention::deleted_reference(&mut tx, photo.id, at(301)).await.unwrap());
    assert!(!retention::is_kept_reference(&mut tx, photo.id).await.unwrap());
    let left = retention::due(&mut tx, &nothing, 10).await.unwrap();
    assert!(left.len() == 2 && left.iter().all(|frame| frame.erased), "whatever is left of them: {left:?}");
}
