//! The vault of a record opens with the key that it was founded with, and with no other.

use std::process::{Command, Output};
use std::sync::Arc;

use vivat::service::error::ServiceError;
use vivat::service::open_vault::open_vault;
use vivat::vault::{Indexed, Keyring};

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::vault::vault;

on_each_database! {
    who_starts_together_shares_one_vault,
    another_key_is_refused,
    the_command_line_says_what_is_wrong,
}

async fn who_starts_together_shares_one_vault(database: &TestDatabase) {
    let store = database.open().await;
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { vault(&store).await })
        })
        .collect();
    let mut seen = Vec::new();
    for node in nodes {
        let vault = node.await.unwrap();
        seen.push((vault.index(Indexed::CitizenId, "x"), vault.house().derive("test", b"x")));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
}

async fn another_key_is_refused(database: &TestDatabase) {
    let store = database.open().await;
    vault(&store).await;
    let another = Arc::new(Keyring::parse(&"bb".repeat(32)).unwrap());
    let refused = open_vault(&store, another).await.err();
    assert!(matches!(refused, Some(ServiceError::ForeignVault(_))), "{refused:?}");
}

async fn the_command_line_says_what_is_wrong(database: &TestDatabase) {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().to_str().unwrap();
    let list = |more: &[&str]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
        command.args(["staff", "--data", data, "--database", &database.url]).args(more).arg("list");
        command.env_remove("VIVAT_VAULT_KEY").output().unwrap()
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let founded = list(&[]);
    assert!(founded.status.success(), "{}", said(&founded));
    assert!(said(&founded).contains("a new vault key"), "{}", said(&founded));
    let key = std::fs::read_to_string(place.path().join("vault.key")).unwrap();

    std::fs::rename(place.path().join("vault.key"), place.path().join("kept")).unwrap();
    let missing = list(&[]);
    assert_eq!(missing.status.code(), Some(3), "no second key is made: {}", said(&missing));
    assert!(said(&missing).contains("there is no file"), "{}", said(&missing));
    let foreign = list(&["--vault-key", &format!("command:echo {}", "bb".repeat(32))]);
    assert_eq!(foreign.status.code(), Some(3));
    assert!(said(&foreign).contains("--vault-key does not give"), "{}", said(&foreign));
    assert!(!said(&foreign).contains("bbbb") && !said(&missing).contains(key.trim()), "a key is shown");
    let kept = format!("file:{}", place.path().join("kept").display());
    let again = list(&["--vault-key", &kept]);
    assert!(again.status.success(), "{}", said(&again));
}
