//! Many write, several nodes number, and there is one tree.

use std::sync::Arc;

use vivat::clock::SystemClock;
use vivat::log::export::Line;
use vivat::log::verify::Export;
use vivat::service::error::ServiceError;
use vivat::service::sequence_log::Sequencer;
use vivat::store::{Constraint, Store, StoreError, log_entries};

use super::{append, export, key, sequencer, signer};
use crate::support::database::TestDatabase;
use crate::support::{on_each_database, sql};

on_each_database! {
    several_nodes_make_one_tree,
    one_log_has_one_key,
    what_is_in_the_log_is_neither_changed_nor_removed,
    an_entry_waits_for_nobody,
}

async fn verified_entries(store: &Store) -> u64 {
    let mut lines = export(store).await.into_iter().map(|line| serde_json::from_value::<Line>(line).unwrap());
    let mut export = Export::begin(lines.next()).unwrap();
    lines.for_each(|line| export.push(line).unwrap());
    let verdict = export.verify(&key(), None);
    assert_eq!((verdict.faults, verdict.waiting), (Vec::new(), 0));
    verdict.entries
}

async fn several_nodes_make_one_tree(database: &TestDatabase) {
    const EACH: u32 = 40;
    let mut nodes = Vec::new();
    for node in 0..4 {
        let store = database.open().await;
        let sequencer = sequencer(&store).await;
        nodes.push(tokio::spawn(async move { append(&store, node * EACH..(node + 1) * EACH).await }));
        nodes.push(tokio::spawn(async move {
            for _ in 0..20 {
                sequencer.run().await.unwrap();
            }
        }));
    }
    for node in nodes {
        node.await.unwrap();
    }
    let store = database.open().await;
    sequencer(&store).await.run().await.unwrap();
    assert_eq!(verified_entries(&store).await, u64::from(4 * EACH));
}

async fn one_log_has_one_key(database: &TestDatabase) {
    let store = database.open().await;
    sequencer(&store).await;
    let another = Sequencer::new(store, Arc::new(SystemClock), signer(2)).await;
    assert!(matches!(another.err(), Some(ServiceError::ForeignLogKey)));
}

async fn what_is_in_the_log_is_neither_changed_nor_removed(database: &TestDatabase) {
    let store = database.open().await;
    append(&store, 0..3).await;
    all_refused(&store, &["update log_entry set content = 'x'", "delete from log_entry"]).await;
    sequencer(&store).await.run().await.unwrap();
    let sequenced = [
        "update log_entry set content = 'x'",
        "update log_entry set number = number + 100",
        "update log_entry set number = null",
        "delete from log_entry",
        "update log_node set position = position + 100",
        "delete from log_node",
        "update log_checkpoint set note = ''",
        "delete from log_checkpoint",
        "update log_identity set origin = ''",
        "delete from log_identity",
    ];
    all_refused(&store, &sequenced).await;
    assert_eq!(verified_entries(&store).await, 3);
}

async fn all_refused(store: &Store, statements: &[&'static str]) {
    for statement in statements {
        let mut tx = store.write().await.unwrap();
        let outcome = sql::execute(&mut tx, statement).await;
        assert_eq!(outcome, Err(StoreError::Conflict(Constraint::AppendOnly)), "{statement}");
    }
}

/// While a transaction holds its entry back, others are numbered; it follows when it commits.
async fn an_entry_waits_for_nobody(database: &TestDatabase) {
    if database.kind == "SQLite" {
        // One writer at a time: nobody can be held back.
        return;
    }
    let store = database.open().await;
    let id = vivat::domain::id::LogEntryId(uuid::Uuid::nil());
    let mut slow = store.write().await.unwrap();
    log_entries::append(&mut slow, id, "{}").await.unwrap();
    append(&store, 0..3).await;
    let sequencer = sequencer(&store).await;
    assert_eq!(sequencer.run().await.unwrap(), 3);
    slow.commit().await.unwrap();
    assert_eq!(sequencer.run().await.unwrap(), 1);
    assert_eq!(verified_entries(&store).await, 4);
}
