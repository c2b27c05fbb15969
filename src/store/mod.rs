//! The record, on SQLite or PostgreSQL: the address chooses, and the same statements serve both.
//!
//! Every read and every write happens inside a [`Tx`] that the caller opens, passes down and commits:
//!
//! ```no_run
//! # async fn example(session: &vivat::domain::session::Session) -> Result<(), vivat::store::StoreError> {
//! use vivat::store::{Store, sessions};
//!
//! let store = Store::open("sqlite:///var/lib/vivat/vivat.db").await?;
//! let mut tx = store.write().await?;
//! sessions::insert(&mut tx, session).await?;
//! tx.commit().await?;
//! # Ok(())
//! # }
//! ```
//!
//! What is secret is sealed by the service: here it is bytes, and this layer holds no key. One file serves one aggregate.
//! Lookups return `Option`; writers take finished values, because the store has neither a clock nor a random source. A `Tx`
//! that is dropped changes nothing; a commit that returned is on the disk.
//!
//! Instants are kept to the microsecond, the precision of PostgreSQL: what is finer is cut off.

pub mod beneficiaries;
pub mod captures;
pub mod cases;
pub mod certifications;
pub mod challenges;
mod column;
pub mod decisions;
pub mod devices;
mod dialect;
mod error;
pub mod failure_runs;
pub mod frame_marks;
pub mod idempotency;
pub mod log_checkpoints;
pub mod log_entries;
pub mod log_nodes;
pub mod pending_sign_ins;
pub mod persons;
pub mod policies;
pub mod policies_in_force;
mod postgres;
pub mod proposals;
#[cfg(test)]
mod query_plan;
pub mod receipt_keys;
pub mod receipts;
pub mod reference_templates;
pub mod references;
pub mod references_aside;
pub mod retention;
pub mod rows;
pub mod sessions;
mod sqlite;
mod sqlite_batch;
mod sqlite_connections;
mod sqlite_transaction;
pub mod staff;
pub mod staff_credentials;
pub mod staff_grants;
pub mod staff_links;
pub mod staff_sessions;
pub mod standings;
mod tx;
pub mod vault_keys;

use std::sync::Arc;

pub use error::{Constraint, StoreError};
pub use tx::Tx;
use tx::run;

/// A database, opened and of the current schema. Clones share its connections.
#[derive(Clone)]
pub struct Store(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<sqlite::Database>),
    Postgres(sqlx::PgPool),
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite:///PATH` or `postgres://…`, and brings its schema up to date. A SQLite file is made
    /// when it is missing, readable by its owner only; its directory is not. Any number of processes may start at once.
    ///
    /// # Errors
    /// [`StoreError::Address`] for any other address; [`StoreError::Schema`] when a newer Vivat has been here;
    /// otherwise what is wrong with the database: unavailable, read-only, full, damaged.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", address)) => {
                let database = sqlite::Database::open(address).await?;
                Ok(Self(Backend::Sqlite(Arc::new(database))))
            }
            Some(("postgres" | "postgresql", _)) => postgres::open(url).await.map(Backend::Postgres).map(Self),
            _ => Err(StoreError::Address),
        }
    }

    /// Begins reading: everything read in the transaction is of one moment, and nothing can be written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is to be had within three seconds.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        match &self.0 {
            Backend::Sqlite(database) => database.read().await.map(Tx::Sqlite),
            Backend::Postgres(pool) => Ok(Tx::Postgres(pool.begin_with(dialect::BEGIN_READ_POSTGRES).await?)),
        }
    }

    /// Begins writing. On SQLite writers come one after another; on PostgreSQL they run side by side, so whoever reads
    /// a row in order to change it takes a `find_for_update`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is to be had in time. On SQLite the transaction begins with its first
    /// statement: that it cannot be written to is told there.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        match &self.0 {
            Backend::Sqlite(database) => database.write().await.map(Tx::Sqlite),
            Backend::Postgres(pool) => Ok(Tx::Postgres(pool.begin().await?)),
        }
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut tx = self.read().await?;
        run!(&mut tx, execute "select hash from policy limit 1")?;
        Ok(())
    }

    /// Lets what was erased go from the files too, as far as the database can: SQLite overwrites it and empties its log.
    /// On PostgreSQL old versions of a row go with `vacuum` and its log, which are the operator's.
    ///
    /// # Errors
    /// Any [`StoreError`] of writing.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        match &self.0 {
            Backend::Sqlite(database) => database.scrub().await,
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Waits for the transactions under way, then closes every connection. Later calls are refused.
    pub async fn close(&self) {
        match &self.0 {
            Backend::Sqlite(database) => database.close().await,
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Backend::Sqlite(_) => "Store(SQLite)",
            Backend::Postgres(_) => "Store(PostgreSQL)",
        })
    }
}
