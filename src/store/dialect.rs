//! What the two databases do not have in common.

use jiff::Timestamp;
use uuid::Uuid;

use super::column::Time;
use super::error::StoreError;
use super::tx::{Tx, rows_of_postgres};

/// One moment for everything read, and nothing written.
pub(super) const BEGIN_READ_POSTGRES: &str = "begin isolation level repeatable read read only";

/// The same: the first read chooses the moment, and the connection refuses writes.
pub(super) const BEGIN_READ_SQLITE: &str = "begin";

/// Takes the only write lock at once: a deferred transaction that finds it needs the lock may be too late.
pub(super) const BEGIN_WRITE_SQLITE: &str = "begin immediate";

/// Settings of each connection: no statement waits or holds locks for ever, whatever the server says otherwise, and a
/// commit is on the disk when it returns. A server that waits for its replicas too keeps doing so.
pub(super) const SETTINGS_POSTGRES: &str = "select \
    set_config('lock_timeout', '5s', false), \
    set_config('statement_timeout', '20s', false), \
    set_config('idle_in_transaction_session_timeout', '60s', false), \
    set_config('synchronous_commit', case current_setting('synchronous_commit') \
        when 'off' then 'on' when 'local' then 'on' else current_setting('synchronous_commit') end, false)";

/// A table with rows that are read in order to be changed.
#[derive(Clone, Copy)]
pub(super) enum Locked {
    /// Sessions.
    Session,
    /// Cases.
    Case,
    /// Proposals.
    Proposal,
}

/// Keeps other transactions from locking or changing the row until this one ends. SQLite has one writer at a time:
/// there, a transaction that may write holds the lock on everything already.
pub(super) async fn lock_row(tx: &mut Tx, table: Locked, id: Uuid) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        let statement = match table {
            Locked::Session => "select id from session where id = $1 for no key update",
            Locked::Proposal => "select id from proposal where id = $1 for no key update",
            Locked::Case => "select id from review_case where id = $1 for no key update",
        };
        sqlx::query(statement).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Keeps a person from being erased, and lets everybody else do the same.
pub(super) async fn share_person(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("select id from person where id = $1 for share").bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Keeps the key-encryption key from being changed for another, and lets everybody else do the same.
pub(super) async fn share_vault_key(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("select name from vault_key where name = $1 for share").bind(name).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Keeps other transactions from locking or changing the runs of failures of these kinds and subjects until this one ends, also of
/// those that have none yet.
pub(super) async fn lock_failure_runs(
    tx: &mut Tx,
    keys: impl Iterator<Item = (&'static str, &[u8])>,
    at: Timestamp,
) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        // It changes nothing, and locks the rows that are there as well as those that it makes.
        const HOLD: &str = "insert into failure_run (kind, subject, failures, pauses, last_failure_at) ";
        const HELD: &str = " on conflict (kind, subject) do update set failures = failure_run.failures";
        rows_of_postgres!(
            tx,
            build,
            execute,
            HOLD,
            keys,
            |(kind, subject)| [kind, subject, 0_i64, 0_i64, Time(at)],
            HELD
        )?;
    }
    Ok(())
}

/// Lets one transaction at a time, of all processes, put entries into the tree. SQLite has one writer anyway.
pub(super) async fn lock_log(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        // Any number that nothing else locks.
        sqlx::query("select pg_advisory_xact_lock(6962)").execute(&mut **tx).await?;
    }
    Ok(())
}
