//! SQLite: one file, nothing else to run.
//!
//! One connection writes and several read. Writers wait in the order in which they came, and not in SQLite's busy loop,
//! which other processes still meet.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::dialect::{BEGIN_READ_SQLITE, BEGIN_WRITE_SQLITE};
use super::error::StoreError;
use super::sqlite_connections::Connections;
use super::sqlite_transaction::Transaction;

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

const READERS: usize = 8;

/// How long a connection waits for another process.
const BUSY: Duration = Duration::from_secs(5);

/// Changes nothing, and needs all that a change needs.
const TRY_WRITING: &str = "delete from idempotency where false";

pub(super) struct Database {
    writer: Connections,
    readers: Connections,
    file: File,
}

impl Database {
    /// `address` is what follows `sqlite:`, a path as it stands, perhaps after two slashes.
    pub(super) async fn open(address: &str) -> Result<Self, StoreError> {
        let path = address.strip_prefix("//").unwrap_or(address);
        if path.is_empty() || path.ends_with(['/', ':']) {
            return Err(StoreError::Address);
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            // Without it, `insert or replace` would get around the triggers of append-only tables.
            .pragma("recursive_triggers", "on")
            // What is erased is overwritten, not left in the pages that are free now.
            .pragma("secure_delete", "on")
            .disable_statement_logging();
        let file = File::make_private(Path::new(path))?;
        set_up(&options).await?;

        Ok(Self {
            writer: Connections::new(options.clone(), 1),
            readers: Connections::new(options.pragma("query_only", "on"), READERS),
            file,
        })
    }

    pub(super) async fn read(&self) -> Result<Transaction, StoreError> {
        self.file.check_in_place()?;
        Ok(self.readers.begin(BEGIN_READ_SQLITE).await?)
    }

    pub(super) async fn write(&self) -> Result<Transaction, StoreError> {
        self.file.check_in_place()?;
        Ok(self.writer.begin(BEGIN_WRITE_SQLITE).await?)
    }

    /// Moves everything from the log into the file, and empties the log, unless a reader needs it: then the next time does.
    pub(super) async fn scrub(&self) -> Result<(), StoreError> {
        Ok(self.writer.execute("pragma wal_checkpoint(truncate)").await?)
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Changes to write-ahead logging, and migrates in one exclusive transaction: of processes that start together one does
/// it, and the others wait.
async fn set_up(options: &SqliteConnectOptions) -> Result<(), StoreError> {
    let mut connection = patiently_enter_wal(options).await?;
    let mut tx = connection.begin_with(BEGIN_WRITE_SQLITE).await?;
    // `run` would make a future that cannot be sent to another thread.
    MIGRATOR.run_direct(None, &mut *tx, false).await?;
    // A file that cannot be written to begins an immediate transaction all the same.
    sqlx::query(TRY_WRITING).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(connection.close().await?)
}

/// Entering WAL needs the file for itself for a moment, and SQLite does not wait for that.
async fn patiently_enter_wal(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let entering = async {
        loop {
            match options.clone().journal_mode(SqliteJournalMode::Wal).connect().await.map_err(StoreError::from) {
                Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                result => return result,
            }
        }
    };
    tokio::time::timeout(BUSY, entering).await.map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// The file of the database: private, and still the one that was opened.
struct File {
    path: PathBuf,
    identity: Identity,
}

/// The device and the place of the file on it, as far as the platform tells.
type Identity = (u64, u64);

impl File {
    /// Makes the file when it is missing, and takes it away from everybody but its owner. A file that exists is not
    /// opened here: closing it would release the locks that this process has on it.
    fn make_private(path: &Path) -> Result<Self, StoreError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        let metadata = std::fs::metadata(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if metadata.permissions().mode() & 0o077 != 0 {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
                tracing::warn!("the database file was open to others; now it is its owner's only");
            }
        }
        Ok(Self { path: path.to_owned(), identity: identity(&metadata) })
    }

    /// A file that was moved or removed still takes writes, and loses them.
    fn check_in_place(&self) -> Result<(), StoreError> {
        if identity(&std::fs::metadata(&self.path)?) == self.identity {
            Ok(())
        } else {
            Err(StoreError::Unavailable("the file was replaced".to_owned()))
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Identity {
    (0, 0)
}
