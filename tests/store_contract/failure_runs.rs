//! Failures in a row.

use vivat::domain::id::{DeviceId, PersonId};
use vivat::domain::limits::{AddressIndex, Run, Subject};
use vivat::store::failure_runs;

use super::examples::{at, rng};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;

on_each_database! {
    runs_come_back,
    a_run_is_held_by_one,
    old_runs_are_forgotten,
}

fn subjects() -> [Subject; 3] {
    let person = PersonId::new(at(1), &mut rng(1));
    [Subject::Person(person), Subject::Device(DeviceId(person.0)), Subject::Address(AddressIndex([7; 32]))]
}

fn example(failures: u32) -> Run {
    Run { failures, pauses: 2, last_failure_at: at(5), paused_until: Some(at(9)) }
}

async fn runs_come_back(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    for (failures, subject) in (0..).zip(subjects()) {
        assert_eq!(failure_runs::find(&mut tx, &subject).await.unwrap(), None);
        assert_eq!(failure_runs::hold(&mut tx, &subject, at(1)).await.unwrap(), Run::none(at(1)));
        failure_runs::update(&mut tx, &subject, &example(failures)).await.unwrap();
    }
    let [first, second, third] = [0, 1, 2].map(|failures| Some(example(failures)));
    assert_eq!(failure_runs::find_all(&mut tx, &subjects()).await.unwrap(), [first, second, third]);
    for (failures, subject) in (0..).zip(subjects()) {
        assert_eq!(
            failure_runs::hold(&mut tx, &subject, at(7)).await.unwrap(),
            example(failures),
            "not from the start"
        );
        failure_runs::end(&mut tx, &subject).await.unwrap();
        assert_eq!(failure_runs::find(&mut tx, &subject).await.unwrap(), None);
    }
}

async fn a_run_is_held_by_one(database: &TestDatabase) {
    let store = database.open().await;
    let [person, ..] = subjects();
    let count = async || {
        let mut tx = store.write().await.unwrap();
        let run = failure_runs::hold(&mut tx, &person, at(1)).await.unwrap();
        tokio::task::yield_now().await;
        failure_runs::update(&mut tx, &person, &Run { failures: run.failures + 1, ..run }).await.unwrap();
        tx.commit().await.unwrap();
    };
    futures_util::future::join_all((0..8).map(|_| count())).await;
    let found = failure_runs::find(&mut store.read().await.unwrap(), &person).await.unwrap();
    assert_eq!(found.unwrap().failures, 8);
}

async fn old_runs_are_forgotten(database: &TestDatabase) {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    for (seconds, subject) in (10..).zip(subjects()) {
        failure_runs::update(&mut tx, &subject, &Run::none(at(seconds))).await.unwrap();
    }
    assert_eq!(failure_runs::purge_before(&mut tx, at(12)).await.unwrap(), 2);
    let [person, _, address] = subjects();
    assert_eq!(failure_runs::find(&mut tx, &person).await.unwrap(), None);
    assert!(failure_runs::find(&mut tx, &address).await.unwrap().is_some());
}
