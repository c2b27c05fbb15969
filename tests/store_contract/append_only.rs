//! What is certified, decided, judged or ruled is neither changed nor removed, whoever asks.

use vivat::domain::decision::Decision;
use vivat::domain::review::Verdict;
use vivat::store::{Constraint, Store, StoreError, cases, certifications, decisions, receipts};

use super::examples::{at, beneficiary, case, certification, log_entry, record_policy, record_session, staff, stored};
use crate::support::database::TestDatabase;
use crate::support::{on_each_database, sql};

on_each_database! {
    nothing_is_changed,
    nothing_is_removed,
    nothing_is_replaced,
    the_record_survives_the_attempts,
}

/// One row in each table.
async fn record_everything(store: &Store) {
    let policy = record_policy(store).await;
    let (person, session) = record_session(store, 1).await;
    let claimed = case(&session, 3).claim(staff(1), at(4)).unwrap();
    let judged = claimed.judge(staff(1), Verdict::Same, "the same ears", at(5)).unwrap();
    let mut tx = store.write().await.unwrap();
    decisions::insert(&mut tx, session.id, 1, &Decision::Certified, at(2), &policy).await.unwrap();
    let certification = certification(&session, &person, 2);
    certifications::insert(&mut tx, &certification).await.unwrap();
    let entry = log_entry(&mut tx, 1).await;
    let number = receipts::insert(&mut tx, &certification, entry).await.unwrap();
    receipts::revoke(&mut tx, number, at(6)).await.unwrap();
    cases::insert(&mut tx, &stored(&judged)).await.unwrap();
    tx.commit().await.unwrap();
}

pub(super) async fn execute(store: &Store, statement: &'static str) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    sql::execute(&mut tx, statement).await?;
    tx.commit().await
}

async fn all_refused(database: &TestDatabase, statements: &[&'static str]) -> Store {
    let store = database.open().await;
    record_everything(&store).await;
    for statement in statements {
        let outcome = execute(&store, statement).await;
        assert_eq!(outcome, Err(StoreError::Conflict(Constraint::AppendOnly)), "{statement}");
    }
    store
}

async fn nothing_is_changed(database: &TestDatabase) {
    let statements = [
        "update certification set valid_until = '2099-12-31'",
        "update decision set decision = ''",
        "update judgement set verdict = 'different'",
        "update policy set content = '{}'",
        "update receipt set log_entry = log_entry",
        "update receipt_revocation set number = number + 1",
    ];
    all_refused(database, &statements).await;
}

async fn nothing_is_removed(database: &TestDatabase) {
    let statements = [
        "delete from receipt_revocation",
        "delete from receipt",
        "delete from certification",
        "delete from decision",
        "delete from judgement",
        "delete from policy",
    ];
    let store = all_refused(database, &statements).await;
    if database.kind == "PostgreSQL" {
        let refused = execute(&store, "truncate certification cascade").await;
        assert_eq!(refused, Err(StoreError::Conflict(Constraint::AppendOnly)));
    }
}

async fn nothing_is_replaced(database: &TestDatabase) {
    let statement = match database.kind {
        "SQLite" => "insert or replace into policy select hash, version, '{}', stored_at from policy",
        _ => {
            "insert into policy select hash, version, '{}', stored_at from policy \
             on conflict (hash) do update set content = excluded.content"
        }
    };
    all_refused(database, &[statement]).await;
}

async fn the_record_survives_the_attempts(database: &TestDatabase) {
    let store = all_refused(database, &["delete from certification"]).await;
    let person = beneficiary(1);
    let mut tx = store.read().await.unwrap();
    assert_eq!(certifications::of_beneficiary(&mut tx, person.id).await.unwrap().len(), 1);
}
