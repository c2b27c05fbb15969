//! Idempotency keys.

use vivat::store::idempotency::{Claim, StoredResponse, claim, finish, purge_before};
use vivat::store::{Constraint, StoreError};

use super::examples::{at, beneficiary, register};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    a_repeated_request_gets_the_first_answer,
    a_key_of_another_request_is_told_apart,
    what_is_undone_frees_the_key,
    an_answer_needs_its_claim,
    old_keys_are_purged,
    two_requests_with_one_key_do_it_once,
    the_second_takes_over_when_the_first_gives_up,
}

fn response() -> StoredResponse {
    StoredResponse { status: 201, body: br#"{"id":"1"}"#.to_vec() }
}

async fn a_repeated_request_gets_the_first_answer(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(claim(&mut tx, "sessions", "k", &[1; 32], at(0)).await, Ok(Claim::Fresh));
    finish(&mut tx, "sessions", "k", &response(), None).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.write().await.unwrap();
    assert_eq!(claim(&mut tx, "sessions", "k", &[1; 32], at(1)).await, Ok(Claim::Replay(response())));
    assert_eq!(claim(&mut tx, "references", "k", &[1; 32], at(1)).await, Ok(Claim::Fresh), "another scope");
    let again = finish(&mut tx, "sessions", "k", &response(), None).await;
    assert_eq!(again, Err(StoreError::Conflict(Constraint::IdempotencyKeyTaken)));
}

async fn a_key_of_another_request_is_told_apart(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(claim(&mut tx, "s", "k", &[1; 32], at(0)).await, Ok(Claim::Fresh));
    finish(&mut tx, "s", "k", &response(), None).await.unwrap();
    assert_eq!(claim(&mut tx, "s", "k", &[2; 32], at(1)).await, Ok(Claim::OtherRequest));
}

async fn what_is_undone_frees_the_key(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(claim(&mut tx, "s", "k", &[1; 32], at(0)).await, Ok(Claim::Fresh));
    drop(tx);
    let mut tx = store.write().await.unwrap();
    assert_eq!(claim(&mut tx, "s", "k", &[2; 32], at(0)).await, Ok(Claim::Fresh));
}

async fn an_answer_needs_its_claim(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    let unclaimed = finish(&mut tx, "s", "k", &response(), None).await;
    assert_eq!(unclaimed, Err(StoreError::Conflict(Constraint::IdempotencyKeyTaken)));
}

async fn old_keys_are_purged(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    for (key, second) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(claim(&mut tx, "s", key, &[1; 32], at(second)).await, Ok(Claim::Fresh));
        finish(&mut tx, "s", key, &response(), None).await.unwrap();
    }
    assert_eq!(purge_before(&mut tx, at(3)).await, Ok(2));
    assert_eq!(claim(&mut tx, "s", "a", &[1; 32], at(4)).await, Ok(Claim::Fresh));
    assert_eq!(claim(&mut tx, "s", "c", &[1; 32], at(4)).await, Ok(Claim::Replay(response())));
}

async fn two_requests_with_one_key_do_it_once(database: &TestDatabase) {
    let store = database.open().await;
    let requests = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await?;
            let claimed = claim(&mut tx, "s", "k", &[1; 32], at(0)).await?;
            if claimed == Claim::Fresh {
                register(&mut tx, &beneficiary(1)).await?;
                finish(&mut tx, "s", "k", &response(), None).await?;
            }
            tx.commit().await?;
            Ok::<_, StoreError>(claimed)
        })
    });
    let mut fresh = 0;
    for request in requests.collect::<Vec<_>>() {
        match request.await.unwrap().unwrap() {
            Claim::Fresh => fresh += 1,
            claimed => assert_eq!(claimed, Claim::Replay(response())),
        }
    }
    assert_eq!(fresh, 1);
}

async fn the_second_takes_over_when_the_first_gives_up(database: &TestDatabase) {
    let store = database.open().await;
    let mut first = store.write().await.unwrap();
    assert_eq!(claim(&mut first, "s", "k", &[1; 32], at(0)).await, Ok(Claim::Fresh));
    let second = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await?;
            claim(&mut tx, "s", "k", &[1; 32], at(0)).await
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!second.is_finished(), "the second waits");
    drop(first);
    assert_eq!(second.await.unwrap(), Ok(Claim::Fresh));
}
