//! The vault of a record opens with the key that it was founded with, and with no other.

use std::sync::Arc;

use vivat::service::error::ServiceError;
use vivat::service::open_vault::open_vault;
use vivat::vault::{Indexed, Keyring};

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::program::{Said, program};
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
    let list = |more: &[&str]| {
        let mut command = program(&["staff", "--data", data, "--database", &database.url]);
        Said::by(command.args(more).arg("list").env_remove("VIVAT_VAULT_KEY"))
    };
    let founded = list(&[]);
    assert_eq!(founded.code, Some(0), "{}", founded.err);
    assert!(founded.err.contains("a new vault key"), "{}", founded.err);
    let key = std::fs::read_to_string(place.path().join("vault.key")).unwrap();

    std::fs::rename(place.path().join("vault.key"), place.path().join("kept")).unwrap();
    let missing = list(&[]);
    assert_eq!(missing.code, Some(3), "no second key is made: {}", missing.err);
    assert!(missing.err.contains("there is no file"), "{}", missing.err);
    let foreign = list(&["--vault-key", &format!("command:echo {}", "bb".repeat(32))]);
    assert_eq!(foreign.code, Some(3));
    assert!(foreign.err.contains("--vault-key does not give"), "{}", foreign.err);
    assert!(!foreign.err.contains("bbbb") && !missing.err.contains(key.trim()), "a key is shown");
    let kept = format!("file:{}", place.path().join("kept").display());
    let again = list(&["--vault-key", &kept]);
    assert_eq!(again.code, Some(0), "{}", again.err);
}
