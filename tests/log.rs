//! The log: every act leaves an entry, tampering is found and named, proofs hold, and no entry tells who anybody is.

mod acts;
mod proofs;
mod records;
mod sequencing;
mod tampering;
mod transcript;

use std::sync::Arc;

use serde_json::Value;
use vivat::clock::SystemClock;
use vivat::log::note::{KeyKind, NoteSigner, VerifierKey};
use vivat::service::export_log;
use vivat::service::sequence_log::Sequencer;
use vivat::service::staff::{Console, accounts::NewStaff};
use vivat::store::Store;
use zeroize::Zeroizing;

use crate::support::sql;
use crate::support::vault::vault;

/// A key of the log, the same for each seed.
fn signer(seed: u8) -> NoteSigner {
    NoteSigner::new("log.example/vivat", KeyKind::Note, &Zeroizing::new([seed; 32])).unwrap()
}

pub(crate) fn key() -> VerifierKey {
    signer(1).public().clone()
}

pub(crate) async fn sequencer(store: &Store) -> Sequencer {
    Sequencer::new(store.clone(), Arc::new(SystemClock), signer(1)).await.unwrap()
}

/// Entries that need nothing but a name.
async fn append(store: &Store, names: std::ops::Range<u32>) {
    let console = Console::new(store.clone(), vault(store).await, Arc::new(SystemClock));
    for name in names {
        let (login, number) = (format!("clerk-{name}"), name.to_string());
        console.add_staff(&NewStaff { login, number, name: "王芳".to_owned() }).await.unwrap();
    }
}

/// The lines of an export.
pub(crate) async fn export(store: &Store) -> Vec<Value> {
    let mut lines = Vec::new();
    let write = |line: &_| {
        lines.push(serde_json::to_value(line)?);
        Ok(())
    };
    export_log::export(store, write).await.unwrap();
    lines
}

/// The entries of the log, in their order.
pub(crate) async fn entries(store: &Store) -> Vec<Value> {
    let contents =
        export(store).await.into_iter().filter_map(|line| line["entry"]["content"].as_str().map(str::to_owned));
    contents.map(|content| serde_json::from_str(&content).unwrap()).collect()
}

/// What somebody does who commands the database.
pub(crate) async fn execute(store: &Store, statements: &[&'static str]) {
    for statement in statements {
        let mut tx = store.write().await.unwrap();
        sql::execute(&mut tx, statement).await.unwrap();
        tx.commit().await.unwrap();
    }
}
