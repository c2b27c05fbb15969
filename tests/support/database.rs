//! Databases that live as long as one test.
//!
//! SQLite is always there. PostgreSQL is there when `VIVAT_TEST_POSTGRES` holds the address of a server and a role that may
//! create databases, such as `postgres://postgres@127.0.0.1:5432/postgres`; otherwise it is skipped, and said to be.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use vivat::store::Store;

/// The address of the server that makes test databases.
const SERVER: &str = "VIVAT_TEST_POSTGRES";

/// An empty database, removed when dropped.
pub(crate) struct TestDatabase {
    /// `SQLite` or `PostgreSQL`.
    pub(crate) kind: &'static str,
    /// What [`Store::open`] takes.
    pub(crate) url: String,
    place: Place,
}

enum Place {
    Directory(TempDir),
    Server { admin: String, name: String },
}

impl TestDatabase {
    /// A file in a directory of its own.
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("vivat.db").display());
        Self { kind: "SQLite", url, place: Place::Directory(directory) }
    }

    /// A database of its own on the test server; `None`, loudly, when there is no server.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(admin) = std::env::var(SERVER) else {
            // Not `eprintln`: the test harness would keep it to itself.
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                let _ = writeln!(std::io::stderr(), "\n*** PostgreSQL is NOT tested: {SERVER} is not set ***\n");
            });
            return None;
        };
        let name = format!("vivat_test_{:032x}", rand::random::<u128>());
        run_on(&admin, format!("create database {name} template template0 encoding 'UTF8'")).await;
        let url = with_database(&admin, &name);
        Some(Self { kind: "PostgreSQL", url, place: Place::Server { admin, name } })
    }

    /// Opens the store, which brings the schema.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// The address with one more parameter of the connection to PostgreSQL.
    pub(crate) fn url_with(&self, parameter: &str) -> String {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{separator}{parameter}", self.url)
    }

    /// The directory of a SQLite file.
    pub(crate) fn directory(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::Directory(directory) => Some(directory.path()),
            Place::Server { .. } => None,
        }
    }

    /// Ends every connection to the database, as a server that restarts does.
    pub(crate) async fn terminate_connections(&self) {
        if let Place::Server { admin, name } = &self.place {
            let others = "select pg_terminate_backend(pid) from pg_stat_activity";
            run_on(admin, format!("{others} where datname = '{name}' and pid <> pg_backend_pid()")).await;
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Server { admin, name } = &self.place else { return };
        let _ = std::fs::remove_dir_all(pictures_of(&self.url));
        let (admin, drop) = (admin.clone(), format!("drop database if exists {name} with (force)"));
        // A thread of its own: the runtime of the test cannot be waited for from inside.
        let dropping = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run_on(&admin, drop));
        });
        let dropped = dropping.join().is_ok();
        assert!(dropped || std::thread::panicking(), "the test database {name} could not be dropped");
    }
}

/// The folder for the pictures of a database: the same by whatever way it is reached, and gone when it is.
pub(crate) fn pictures_of(url: &str) -> PathBuf {
    match url.split_once("vivat_test_") {
        Some((_, name)) => std::env::temp_dir().join(format!("vivat_test_{}", &name[..32])),
        None => Path::new(url.trim_start_matches("sqlite://")).with_file_name("images"),
    }
}

async fn run_on(admin: &str, statement: String) {
    let mut connection = PgConnection::connect(admin).await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

/// The address with another database at its end; what stands behind the question mark stays.
fn with_database(address: &str, name: &str) -> String {
    let (server, parameters) = address.split_once('?').map_or((address, None), |(server, rest)| (server, Some(rest)));
    let authority = server.find("://").map_or(0, |scheme| scheme + 3);
    let end = server[authority..].find('/').map_or(server.len(), |slash| authority + slash);
    let query = parameters.map_or_else(String::new, |parameters| format!("?{parameters}"));
    format!("{}/{name}{query}", &server[..end])
}

#[test]
fn the_name_of_the_database_is_replaced() {
    assert_eq!(with_database("postgres://a:b@h:5433/postgres", "x"), "postgres://a:b@h:5433/x");
    assert_eq!(with_database("postgres://a@h", "x"), "postgres://a@h/x");
    assert_eq!(with_database("postgres://a@h/p?sslmode=disable", "x"), "postgres://a@h/x?sslmode=disable");
}
