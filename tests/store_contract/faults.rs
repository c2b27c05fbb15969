//! Databases that go away, fill up, or hold something that cannot be.

use std::time::{Duration, Instant};

use vivat::store::references::StoredReference;
use vivat::store::{Store, StoreError, beneficiaries, captures, cases, decisions, policies, references, sessions};

use super::examples::{beneficiary, capture, case, record_policy, record_session, reference, register, stored};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::proxy::{Line, Proxy};
use crate::support::sql::execute;

on_each_database! {
    a_corrupt_value_names_its_column,
    a_forged_policy_is_told,
}

fn corrupt(table: &'static str, column: &str) -> StoreError {
    StoreError::Corrupt { table, column: column.to_owned() }
}

async fn a_corrupt_value_names_its_column(database: &TestDatabase) {
    let store = database.open().await;
    let policy = record_policy(&store).await;
    let (person, session) = record_session(&store, 1).await;
    let (photo, frame, referred) = (reference(&person, 1), capture(&session, 1, 1), case(&session, 1));
    let mut tx = store.write().await.unwrap();
    references::insert(&mut tx, &photo).await.unwrap();
    captures::insert(&mut tx, &[frame]).await.unwrap();
    cases::insert(&mut tx, &stored(&referred)).await.unwrap();
    execute(
        &mut tx,
        "insert into decision select id, 1, '\"Denied\"', opened_at, (select hash from policy) from session",
    )
    .await
    .unwrap();
    assert_eq!(decisions::last(&mut tx, session.id).await, Err(corrupt("decision", "decision")));
    assert!(policies::find(&mut tx, &policy).await.unwrap().is_some());

    execute(&mut tx, "update beneficiary set agency = 'Beijing'").await.unwrap();
    let found = beneficiaries::find(&mut tx, person.id).await;
    assert_eq!(found, Err(corrupt("beneficiary", "agency")));
    assert!(!format!("{found:?}").contains("Beijing"), "the value is in the error");
    execute(&mut tx, "update reference set source = 'stolen'").await.unwrap();
    assert_eq!(references::of(&mut tx, person.id).await, Err(corrupt("reference", "source")));
    execute(&mut tx, "update session set attempt = 4294967296").await.unwrap();
    assert_eq!(sessions::find(&mut tx, session.id).await, Err(corrupt("session", "attempt")));
    execute(&mut tx, "update capture set step = 'stand_on_your_head'").await.unwrap();
    assert_eq!(captures::of_session(&mut tx, session.id).await, Err(corrupt("capture", "step")));
    execute(&mut tx, "update review_case set state = 'denied'").await.unwrap();
    assert_eq!(cases::find(&mut tx, referred.id).await, Err(corrupt("review_case", "state")));
}

async fn a_forged_policy_is_told(database: &TestDatabase) {
    let store = database.open().await;
    record_policy(&store).await;
    let mut tx = store.write().await.unwrap();
    let forge = "insert into policy select 'forged', version, content, stored_at from policy";
    execute(&mut tx, forge).await.unwrap();
    assert_eq!(policies::find(&mut tx, "forged").await, Err(corrupt("policy", "content")));
}

async fn enrol(store: &Store, seconds: i64, bytes: usize) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    references::insert(&mut tx, &large(seconds, bytes)).await?;
    tx.commit().await
}

fn large(seconds: i64, bytes: usize) -> StoredReference {
    StoredReference { template: vec![7; bytes], ..reference(&beneficiary(1), seconds) }
}

#[tokio::test]
async fn a_full_sqlite_says_so_and_goes_on_when_there_is_room() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    record_session(&store, 1).await;
    let mut tx = store.write().await.unwrap();
    execute(&mut tx, "pragma max_page_count = 200").await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(enrol(&store, 1, 2_000_000).await, Err(StoreError::Full));
    store.ping().await.unwrap();
    let mut tx = store.write().await.unwrap();
    execute(&mut tx, "pragma max_page_count = 1000000").await.unwrap();
    tx.commit().await.unwrap();
    enrol(&store, 2, 2_000_000).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let enrolled = references::of(&mut tx, beneficiary(1).id).await.unwrap();
    assert_eq!(enrolled, [large(2, 2_000_000)]);
}

#[tokio::test]
async fn a_sqlite_file_that_is_gone_takes_no_writes() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let (here, there) =
        (database.directory().unwrap().join("vivat.db"), database.directory().unwrap().join("moved.db"));
    std::fs::rename(&here, &there).unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.write().await, Err(StoreError::Unavailable(_))));
    std::fs::write(&here, b"").unwrap();
    assert!(matches!(store.write().await, Err(StoreError::Unavailable(_))), "another file");
    std::fs::rename(&there, &here).unwrap();
    store.ping().await.unwrap();
    record_session(&store, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_ends_its_connections_is_found_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &beneficiary(1)).await.unwrap();
    database.terminate_connections().await;
    let lost = register(&mut tx, &beneficiary(2)).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    drop(tx);

    store.ping().await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::list(&mut tx, None, 10).await.unwrap(), [], "half a transaction");
    drop(tx);
    record_session(&store, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_out_of_reach_is_told_soon_and_found_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (proxy, url) = Proxy::before_database(&database.url).await;
    let store = Store::open(&url).await.unwrap();
    record_session(&store, 1).await;

    for line in [Line::Cut, Line::Silent] {
        let mut tx = store.write().await.unwrap();
        proxy.set(line);
        let asked = Instant::now();
        assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        if line == Line::Cut {
            let lost = register(&mut tx, &beneficiary(2)).await;
            assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
        }
        drop(tx);
        proxy.set(Line::Up);
        store.ping().await.unwrap();
    }
    assert!(matches!(Store::open("postgres://nobody@127.0.0.1:1/none").await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_postgres_that_only_reads_says_so() {
    let Some(database) = TestDatabase::postgres().await else { return };
    database.open().await.close().await;
    let url = database.url_with("options=-c%20default_transaction_read_only%3Don");
    assert_eq!(Store::open(&url).await.err(), Some(StoreError::ReadOnly));
}

#[tokio::test]
async fn what_postgres_says_of_values_is_not_passed_on() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let store = database.open().await;
    let raised = async |statement| {
        let mut tx = store.write().await.unwrap();
        execute(&mut tx, statement).await.unwrap_err()
    };
    let refused = raised("select '11010519491231002X'::uuid").await;
    assert_eq!(refused, StoreError::Refused("22P02".to_owned()));
    let full = raised("do $$ begin raise exception '11010519491231002X' using errcode = '53100'; end $$").await;
    assert_eq!(full, StoreError::Full);
    let deadlock = raised("do $$ begin raise exception '11010519491231002X' using errcode = '40P01'; end $$").await;
    assert_eq!(deadlock, StoreError::Unavailable("it is too busy".to_owned()));
}
