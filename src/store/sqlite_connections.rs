//! Connections to a SQLite file: lent for one transaction each, and taken back.
//!
//! sqlx has a pool, which asks each connection that comes back for a sign of life, on a task of its own: changes of threads, as many
//! as for two statements more in every transaction. A connection to a file of this machine does not die of waiting.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::sqlite_transaction::Transaction;

/// How long anybody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// The place of a connection, which is made when it is first needed.
type Slot = Option<SqliteConnection>;

pub(super) struct Connections {
    options: SqliteConnectOptions,
    slots: Vec<Arc<Mutex<Slot>>>,
    free: Arc<Semaphore>,
}

impl Connections {
    /// At most so many.
    pub(super) fn new(options: SqliteConnectOptions, most: usize) -> Self {
        let slots = (0..most).map(|_| Arc::default()).collect();
        Self { options, slots, free: Arc::new(Semaphore::new(most)) }
    }

    /// A transaction that begins with this statement, which goes with the first one in it. Whoever comes first is served
    /// first.
    pub(super) async fn begin(&self, statement: &'static str) -> Result<Transaction, sqlx::Error> {
        let lent = self.lend().await?;
        Ok(Transaction::new(lent, statement))
    }

    async fn lend(&self) -> Result<Lent, sqlx::Error> {
        tokio::time::timeout(PATIENCE, self.first_free()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// The first connections are lent first: those that few need are not even made, and the others know the pages.
    async fn first_free(&self) -> Result<Lent, sqlx::Error> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let slot = self.slots.iter().find_map(|slot| Arc::clone(slot).try_lock_owned().ok());
        let mut slot = slot.ok_or(sqlx::Error::PoolTimedOut)?;
        if slot.is_none() {
            *slot = Some(self.options.connect().await?);
        }
        Ok(Lent { slot, _permit: permit })
    }

    /// Runs a statement that no transaction may surround.
    pub(super) async fn execute(&self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(statement).execute(self.lend().await?.connection()?).await.map(|_| ())
    }

    /// Waits for the transactions under way, then closes every connection. Later calls are refused.
    pub(super) async fn close(&self) {
        self.free.close();
        for slot in &self.slots {
            if let Some(connection) = slot.lock().await.take() {
                // Whatever is wrong with it, it is gone.
                let _ = connection.close().await;
            }
        }
    }
}

/// A connection that is lent, and comes back when this is dropped.
pub(super) struct Lent {
    // Before the permit: whoever gets one finds a free connection.
    slot: OwnedMutexGuard<Slot>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.slot.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Gives the connection up: whoever comes next has another one.
    pub(super) fn give_up(&mut self) {
        *self.slot = None;
    }
}
