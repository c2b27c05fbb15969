//! Many at once.

use std::time::Duration;

use vivat::domain::id::BeneficiaryId;
use vivat::domain::review::{Case, CaseRefusal, CaseState};
use vivat::store::{Store, StoreError, beneficiaries, captures, cases, persons, sessions};

use super::examples::{self, at, beneficiary, capture, case, citizen_index, record_session, staff, stored, stored_key};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    one_of_two_reviewers_gets_the_case,
    a_limit_holds_against_many_writers,
    one_of_two_of_the_same_number_is_recorded,
    a_reader_sees_one_moment,
    a_reader_writes_nothing,
    many_writers_all_get_their_turn,
    nodes_write_to_one_database,
}

async fn one_of_two_reviewers_gets_the_case(database: &TestDatabase) {
    let store = database.open().await;
    let (_, session) = record_session(&store, 1).await;
    let opened = case(&session, 1);
    let mut tx = store.write().await.unwrap();
    cases::insert(&mut tx, &stored(&opened)).await.unwrap();
    tx.commit().await.unwrap();

    let claim = |number: u8| {
        let (store, opened) = (store.clone(), opened.clone());
        tokio::spawn(async move {
            let mut tx = store.write().await.unwrap();
            let found = cases::find_for_update(&mut tx, opened.id).await.unwrap().unwrap();
            let case = Case { state: found.state, ..opened };
            // Long enough for the other one to come in between, if it could.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let claimed = case.claim(staff(number), at(10))?;
            cases::update(&mut tx, &stored(&claimed)).await.unwrap();
            tx.commit().await.unwrap();
            Ok::<_, CaseRefusal>(claimed)
        })
    };
    let (one, two) = tokio::join!(claim(1), claim(2));
    let (one, two) = (one.unwrap(), two.unwrap());
    let winner = match (one, two) {
        (Ok(claimed), Err(CaseRefusal::ClaimedByAnother)) | (Err(CaseRefusal::ClaimedByAnother), Ok(claimed)) => {
            claimed
        }
        other => panic!("both or none: {other:?}"),
    };
    let mut tx = store.read().await.unwrap();
    let recorded = cases::find(&mut tx, opened.id).await.unwrap().unwrap();
    assert!(matches!(recorded.state, CaseState::Claimed { .. }));
    assert_eq!(recorded, stored(&winner));
}

async fn a_limit_holds_against_many_writers(database: &TestDatabase) {
    const LIMIT: usize = 3;
    let store = database.open().await;
    let (_, session) = record_session(&store, 1).await;
    let writers: Vec<_> = (0..10)
        .map(|number| {
            let (store, capture) = (store.clone(), capture(&session, 1, number));
            tokio::spawn(async move {
                let mut tx = store.write().await?;
                let session = sessions::find_for_update(&mut tx, capture.session).await?.unwrap();
                let number = captures::sent(&mut tx, session.id).await?.len();
                tokio::time::sleep(Duration::from_millis(5)).await;
                if number < LIMIT {
                    captures::insert(&mut tx, &[capture]).await?;
                }
                tx.commit().await
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let mut tx = store.read().await.unwrap();
    assert_eq!(captures::sent(&mut tx, session.id).await.unwrap().len(), LIMIT);
}

async fn one_of_two_of_the_same_number_is_recorded(database: &TestDatabase) {
    let store = database.open().await;
    let number = citizen_index(beneficiary(1).id.into());
    let record = |id: BeneficiaryId, lingering: u64| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await?;
            let recorded = persons::insert(&mut tx, id.into(), &number, &stored_key("kek"), at(0)).await?;
            tokio::time::sleep(Duration::from_millis(lingering)).await;
            tx.commit().await?;
            Ok::<_, StoreError>(recorded)
        })
    };
    let (one, other) = tokio::join!(record(beneficiary(1).id, 50), record(beneficiary(2).id, 0));
    let mut outcomes = [one.unwrap().unwrap(), other.unwrap().unwrap()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [false, true]);
}

async fn a_reader_sees_one_moment(database: &TestDatabase) {
    let store = database.open().await;
    let mut reader = store.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut reader, None, 10).await.unwrap(), []);
    register(&store, 1).await.unwrap();
    assert_eq!(beneficiaries::list(&mut reader, None, 10).await.unwrap(), []);
    drop(reader);
    let mut reader = store.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut reader, None, 10).await.unwrap(), [beneficiary(1)]);
}

async fn a_reader_writes_nothing(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(examples::register(&mut tx, &beneficiary(1)).await, Err(StoreError::ReadOnly));
}

async fn many_writers_all_get_their_turn(database: &TestDatabase) {
    let store = database.open().await;
    let writers: Vec<_> = (0..100)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { register(&store, number).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut tx, None, 1_000).await.unwrap().len(), 100);
}

/// Each store has connections of its own, as another process has.
async fn nodes_write_to_one_database(database: &TestDatabase) {
    let mut nodes = Vec::new();
    for node in 0..4_u16 {
        let store = database.open().await;
        nodes.push(tokio::spawn(async move {
            for number in 0..10 {
                register(&store, node * 10 + number).await.unwrap();
            }
        }));
    }
    for node in nodes {
        node.await.unwrap();
    }
    let mut tx = database.open().await.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut tx, None, 1_000).await.unwrap().len(), 40);
}

async fn register(store: &Store, number: u16) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    examples::register(&mut tx, &beneficiary(number)).await?;
    tx.commit().await
}
