//! A commit that returned is there, whatever happens to the process.

use std::io::{BufRead, BufReader, Write};

use vivat::domain::id::BeneficiaryId;
use vivat::store::{Store, Tx, beneficiaries};

use super::examples::{beneficiary, register};
use crate::support::on_each_database;
use crate::support::{child::ignored_test, database::TestDatabase};

on_each_database! {
    a_killed_process_loses_no_commit,
    what_is_not_committed_is_not_there,
    a_closed_store_opens_again,
    a_commit_is_on_the_disk_when_it_returns,
}

const URL: &str = "VIVAT_TEST_CHILD_URL";

async fn a_killed_process_loses_no_commit(database: &TestDatabase) {
    let mut child = ignored_test("store_contract::durability::writes_until_killed");
    let mut child = child.env(URL, &database.url).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let answers = output.lines().map_while(Result::ok).filter_map(|line| Some(line.strip_prefix("done ")?.to_owned()));
    let answered: Vec<BeneficiaryId> = answers.take(50).map(|id| id.parse().unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(answered.len(), 50, "the child ended by itself");
    let store = database.open().await;
    let mut tx = store.read().await.unwrap();
    for id in answered {
        assert!(beneficiaries::find(&mut tx, id).await.unwrap().is_some(), "a commit is lost");
    }
}

#[tokio::test]
#[ignore = "runs in the process that is killed"]
async fn writes_until_killed() {
    let store = Store::open(&std::env::var(URL).unwrap()).await.unwrap();
    for number in 0..1_000 {
        let person = beneficiary(number);
        let mut tx = store.write().await.unwrap();
        register(&mut tx, &person).await.unwrap();
        tx.commit().await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "\ndone {}", person.id).unwrap();
        out.flush().unwrap();
    }
}

async fn what_is_not_committed_is_not_there(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &beneficiary(1)).await.unwrap();
    drop(tx);
    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::find(&mut tx, beneficiary(1).id).await.unwrap(), None);
}

async fn a_closed_store_opens_again(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    register(&mut tx, &beneficiary(1)).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    assert!(store.write().await.is_err());
    assert!(store.ping().await.is_err());

    let store = database.open().await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(beneficiaries::find(&mut tx, beneficiary(1).id).await.unwrap(), Some(beneficiary(1)));
}

async fn a_commit_is_on_the_disk_when_it_returns(database: &TestDatabase) {
    match database.open().await.write().await.unwrap() {
        Tx::Sqlite(mut tx) => {
            const FULL: i64 = 2;
            let tx = tx.connection().await.unwrap();
            let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *tx).await.unwrap();
            let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *tx).await.unwrap();
            assert_eq!((synchronous, journal.as_str()), (FULL, "wal"));
        }
        Tx::Postgres(_) => {
            // Even where the server, or the address, says otherwise.
            let url = database.url_with("options=-c%20synchronous_commit%3Doff");
            let Tx::Postgres(mut tx) = Store::open(&url).await.unwrap().write().await.unwrap() else { unreachable!() };
            let commit: String = sqlx::query_scalar("show synchronous_commit").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(commit, "on");
        }
    }
}
