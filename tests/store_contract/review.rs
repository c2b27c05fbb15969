//! Cases and their judgements.

use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::id::CaseId;
use vivat::domain::review::{Case, CaseState, LEASE, Verdict};
use vivat::store::{Constraint, Store, StoreError, cases, sessions};

use super::examples::{at, beneficiary, case, on_desk, record_session, rng, session, staff, stored, unregistered};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    cases_come_back,
    a_session_is_referred_once,
    a_case_is_claimed_judged_and_decided,
    a_stale_judgement_is_refused,
    the_desk_sees_what_is_open,
}

async fn record_case(store: &Store, number: u16) -> Case {
    let (_, session) = record_session(store, number).await;
    let opened = case(&session, i64::from(number));
    let mut tx = store.write().await.unwrap();
    cases::insert(&mut tx, &stored(&opened)).await.unwrap();
    tx.commit().await.unwrap();
    opened
}

async fn update(store: &Store, case: &Case) {
    let mut tx = store.write().await.unwrap();
    cases::update(&mut tx, &stored(case)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(cases::find(&mut tx, case.id).await.unwrap(), Some(stored(case)));
}

async fn cases_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let opened = record_case(&store, 1).await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(cases::find(&mut tx, opened.id).await.unwrap(), Some(stored(&opened)));
    assert_eq!(cases::of_session(&mut tx, opened.session).await.unwrap(), Some(stored(&opened)));
    assert_eq!(cases::find(&mut tx, CaseId::new(at(9), &mut rng(9))).await.unwrap(), None);
    assert_eq!(cases::of_session(&mut tx, session(&beneficiary(2), 2).id).await.unwrap(), None);
    drop(tx);
    let mut tx = store.write().await.unwrap();
    assert_eq!(cases::find_for_update(&mut tx, opened.id).await.unwrap(), Some(stored(&opened)));

    let unregistered = unregistered(&session(&beneficiary(1), 3));
    let nobodys = case(&unregistered, 3);
    sessions::insert(&mut tx, &unregistered).await.unwrap();
    cases::insert(&mut tx, &stored(&nobodys)).await.unwrap();
    assert_eq!(cases::find(&mut tx, nobodys.id).await.unwrap(), Some(stored(&nobodys)));
}

async fn a_session_is_referred_once(database: &TestDatabase) {
    let store = database.open().await;
    let opened = record_case(&store, 1).await;
    let mut tx = store.write().await.unwrap();
    let again = Case { id: CaseId::new(at(2), &mut rng(2)), ..opened };
    assert_eq!(cases::insert(&mut tx, &stored(&again)).await, Err(StoreError::Conflict(Constraint::SessionReferred)));
}

async fn a_case_is_claimed_judged_and_decided(database: &TestDatabase) {
    let store = database.open().await;
    let opened = record_case(&store, 1).await;
    let claimed = opened.claim(staff(1), at(10)).unwrap();
    update(&store, &claimed).await;
    let returned = claimed.judge(staff(1), Verdict::CannotTell, "很暗，看不清楚", at(20)).unwrap();
    update(&store, &returned).await;
    let claimed = returned.claim(staff(2), at(30)).unwrap();
    update(&store, &claimed).await;
    let decided = claimed.judge(staff(2), Verdict::Same, "the ears are the same", at(40)).unwrap();
    update(&store, &decided).await;
    assert_eq!(decided.judgements.len(), 2);
    assert_eq!(decided.state, CaseState::Certified);

    let (_, session) = record_session(&store, 2).await;
    let mut tx = store.write().await.unwrap();
    let nowhere = cases::update(&mut tx, &stored(&case(&session, 99))).await;
    assert_eq!(nowhere, Err(StoreError::Conflict(Constraint::NotRecorded)));
}

/// Somebody judged a copy that was read before another's judgement was recorded.
async fn a_stale_judgement_is_refused(database: &TestDatabase) {
    let store = database.open().await;
    let claimed = record_case(&store, 1).await.claim(staff(1), at(10)).unwrap();
    update(&store, &claimed).await;
    let stale = claimed.clone();
    let judged = claimed.judge(staff(1), Verdict::CannotTell, "too dark to tell", at(20)).unwrap();
    update(&store, &judged).await;

    let mut tx = store.write().await.unwrap();
    let unjudged = cases::update(&mut tx, &stored(&stale)).await;
    assert_eq!(unjudged, Err(StoreError::Conflict(Constraint::CaseJudged)), "it would hide the judgement");
    drop(tx);
    let other = stale.judge(staff(1), Verdict::Different, "another chin", at(25)).unwrap();
    let mut tx = store.write().await.unwrap();
    let overwritten = cases::update(&mut tx, &stored(&other)).await;
    assert_eq!(overwritten, Err(StoreError::Conflict(Constraint::CaseJudged)));
}

async fn the_desk_sees_what_is_open(database: &TestDatabase) {
    let store = database.open().await;
    let waiting = record_case(&store, 1).await;
    let held = record_case(&store, 2).await.claim(staff(1), at(100)).unwrap();
    let lapsed = record_case(&store, 3).await.claim(staff(1), at(100) - LEASE).unwrap();
    let decided = record_case(&store, 4).await.claim(staff(1), at(10)).unwrap();
    let decided = decided.judge(staff(1), Verdict::Different, "another chin", at(20)).unwrap();
    let returned = record_case(&store, 5).await.claim(staff(1), at(10)).unwrap();
    let returned = returned.judge(staff(1), Verdict::CannotTell, "too dark to tell", at(20)).unwrap();
    for case in [&held, &lapsed, &decided, &returned] {
        update(&store, case).await;
    }

    let lapsed = Case { state: CaseState::Waiting, ..lapsed };
    let mut tx = store.read().await.unwrap();
    let everywhere = AgencyCode::parse("000000").unwrap();
    let open = cases::open(&mut tx, &everywhere, at(100), None, 10).await.unwrap();
    assert_eq!(open, [&waiting, &held, &lapsed, &returned].map(on_desk));
    assert_eq!(cases::open(&mut tx, &everywhere, at(100), None, 2).await.unwrap(), [&waiting, &held].map(on_desk));
    assert_eq!(
        cases::open(&mut tx, &everywhere, at(100), Some(held.id), 10).await.unwrap(),
        [&lapsed, &returned].map(on_desk)
    );
    assert_eq!(cases::open(&mut tx, &everywhere, at(100), Some(returned.id), 10).await.unwrap(), []);
    for (agency, seen) in [("110000", 4), ("110105", 4), ("110105000000", 4), ("110105001", 0), ("440000", 0)] {
        let there = AgencyCode::parse(agency).unwrap();
        assert_eq!(cases::open(&mut tx, &there, at(100), None, 10).await.unwrap().len(), seen, "{agency}");
    }
}
