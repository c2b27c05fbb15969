//! Opening: addresses, schemas, files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use vivat::store::{Store, StoreError};

use super::examples::record_session;
use crate::support::{child::ignored_test, database::TestDatabase};
use crate::support::{on_each_database, sql};

on_each_database! {
    many_start_at_once,
    opening_again_changes_nothing,
    a_newer_schema_is_left_alone,
    an_edited_schema_is_left_alone,
}

async fn many_start_at_once(database: &TestDatabase) {
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { Store::open(&url).await?.ping().await })
        })
        .collect();
    for start in starts {
        assert_eq!(start.await.unwrap(), Ok(()));
    }
}

async fn opening_again_changes_nothing(database: &TestDatabase) {
    let (person, _) = record_session(&database.open().await, 1).await;
    let store = database.open().await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(vivat::store::beneficiaries::find(&mut tx, person.id).await.unwrap(), Some(person));
}

async fn after(database: &TestDatabase, statement: &'static str) -> Option<StoreError> {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(sql::execute(&mut tx, statement).await, Ok(1));
    tx.commit().await.unwrap();
    Store::open(&database.url).await.err()
}

async fn a_newer_schema_is_left_alone(database: &TestDatabase) {
    let statement = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
        select 9999, 'later', success, checksum, 0 from _sqlx_migrations where version = 1";
    assert_eq!(after(database, statement).await, Some(StoreError::Schema(9_999)));
}

async fn an_edited_schema_is_left_alone(database: &TestDatabase) {
    let statement = "update _sqlx_migrations set checksum = substr(checksum, 2) where version = 1";
    assert_eq!(after(database, statement).await, Some(StoreError::Schema(1)));
}

#[tokio::test]
async fn an_address_names_a_database() {
    for url in [
        "",
        "vivat.db",
        "mysql://h/d",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "sqlite:dir/",
        "postgres://host:port/name",
    ] {
        assert_eq!(Store::open(url).await.err(), Some(StoreError::Address), "{url}");
    }
}

#[tokio::test]
async fn the_path_is_taken_as_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a%20b?c#d 数据.db");
    Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn a_missing_directory_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("missing/vivat.db").display());
    let refused = Store::open(&url).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_files_are_their_owners_only() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    record_session(&store, 1).await;
    let files: Vec<_> =
        fs::read_dir(database.directory().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "the database, its log and the index of the log: {files:?}");
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    store.close().await;
    let file = database.directory().unwrap().join("vivat.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    database.open().await;
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let database = TestDatabase::sqlite();
    let file = database.directory().unwrap().join("vivat.db");
    let garbage = b"GIF89a, for sure. ".repeat(1_000);
    fs::write(&file, &garbage).unwrap();
    assert_eq!(Store::open(&database.url).await.err(), Some(StoreError::Damaged));
    assert_eq!(fs::read(&file).unwrap(), garbage);
}

#[tokio::test]
async fn a_broken_file_is_damaged() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let file = database.directory().unwrap().join("vivat.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[200..].fill(0x55);
    fs::write(&file, bytes).unwrap();
    assert_eq!(Store::open(&database.url).await.err(), Some(StoreError::Damaged));
}

const NOBODY: u32 = 65_534;
const URL: &str = "VIVAT_TEST_CHILD_URL";

/// Opens the database in a process that has no rights above those of the files.
fn open_without_rights(database: &TestDatabase) -> String {
    let directory = database.directory().unwrap();
    let mut child = ignored_test("store_contract::opening::opens_and_says_how");
    if fs::metadata(directory).unwrap().uid() == 0 {
        child.uid(NOBODY).gid(NOBODY);
    }
    let output = child.env(URL, &database.url).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "runs in the process that has no rights"]
async fn opens_and_says_how() {
    let opened = Store::open(&std::env::var(URL).unwrap()).await;
    println!("\nopened: {opened:?}");
}

#[test]
fn a_read_only_directory_says_so() {
    let database = TestDatabase::sqlite();
    fs::set_permissions(database.directory().unwrap(), fs::Permissions::from_mode(0o555)).unwrap();
    let said = open_without_rights(&database);
    assert!(said.contains("opened: Err(ReadOnly)"), "{said}");
}

#[tokio::test]
async fn a_read_only_file_says_so() {
    for (file_mode, directory_mode) in [(0o400, 0o777), (0o400, 0o555), (0o600, 0o555)] {
        let database = TestDatabase::sqlite();
        let directory = database.directory().unwrap();
        database.open().await.close().await;
        let file = directory.join("vivat.db");
        fs::set_permissions(&file, fs::Permissions::from_mode(file_mode)).unwrap();
        if fs::metadata(directory).unwrap().uid() == 0 {
            chown(&file, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(directory_mode)).unwrap();
        let said = open_without_rights(&database);
        assert!(said.contains("opened: Err(ReadOnly)"), "{file_mode:o} in {directory_mode:o}: {said}");
    }
}
