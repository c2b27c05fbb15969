//! Connections to a SQLite file: lent for one transaction each, and taken back.
//!
//! sqlx has a pool, which asks each connection that comes back for a sign of life, on a task of its own: changes of threads, as many
//! as for two statements more in every transaction. A connection to a file of this machine does not die of waiting.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

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

    /// Begins a transaction with this statement. Whoever comes first is served first.
    pub(super) async fn begin(&self, statement: &'static str) -> Result<Transaction, sqlx::Error> {
        let mut lent = self.lend().await?;
        // From here on: what was begun is undone, also when nobody waits for the answer any more.
        lent.open = true;
        if let Err(error) = lent.run(statement).await {
            // Whatever is wrong with the connection, who comes next has another one.
            *lent.connection = self.options.connect().await?;
            return Err(error);
        }
        Ok(lent)
    }

    async fn lend(&self) -> Result<Transaction, sqlx::Error> {
        tokio::time::timeout(PATIENCE, self.first_free()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// The first connections are lent first: those that few need are not even made, and the others know the pages.
    async fn first_free(&self) -> Result<Transaction, sqlx::Error> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let slot = self.slots.iter().find_map(|slot| Arc::clone(slot).try_lock_owned().ok());
        let mut slot = slot.ok_or(sqlx::Error::PoolTimedOut)?;
        if slot.is_none() {
            *slot = Some(self.options.connect().await?);
        }
        let connection = OwnedMutexGuard::try_map(slot, Option::as_mut).map_err(|_| sqlx::Error::WorkerCrashed)?;
        Ok(Transaction { connection, _permit: permit, open: false })
    }

    /// Runs a statement that no transaction may surround.
    pub(super) async fn execute(&self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.lend().await?.run(statement).await
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

/// A transaction on a connection that was lent. Dropping it without [`Transaction::commit`] undoes it.
pub struct Transaction {
    // Before the permit: whoever gets one finds a free connection.
    connection: OwnedMappedMutexGuard<Slot, SqliteConnection>,
    _permit: OwnedSemaphorePermit,
    open: bool,
}

impl Transaction {
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.run("commit").await?;
        self.open = false;
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(statement).execute(&mut *self.connection).await.map(|_| ())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.open {
            // Asked once, it is on its way to the thread of the connection, before whatever comes next. Where SQLite has
            // undone the transaction by itself, it is refused, which changes nothing.
            let _ = self.run("rollback").now_or_never();
        }
    }
}

impl std::ops::Deref for Transaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl std::ops::DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction(SQLite)")
    }
}
