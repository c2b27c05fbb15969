//! The vault of tests: one key for all, in this process and in those that it starts.

use std::sync::Arc;

use vivat::images::Images;
use vivat::service::open_vault::open_vault;
use vivat::store::Store;
use vivat::vault::{Keyring, Vault};

use super::database::pictures_of;

/// The key-encryption key of all tests.
pub(crate) const KEK: &str = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

/// Tells a `vivat` that a test starts on this database where the key is, and where the pictures.
pub(crate) fn environment(database: &str) -> [(&'static str, String); 3] {
    [
        ("VIVAT_VAULT_KEY", "env:VIVAT_TEST_VAULT_KEY".to_owned()),
        ("VIVAT_TEST_VAULT_KEY", KEK.to_owned()),
        ("VIVAT_IMAGES", format!("file:{}", pictures_of(database).display())),
    ]
}

/// The pictures of this database.
pub(crate) fn images(database: &str) -> Images {
    Images::in_folder(&pictures_of(database)).unwrap()
}

/// The vault of this record.
pub(crate) async fn vault(store: &Store) -> Vault {
    open_vault(store, Arc::new(Keyring::parse(KEK).unwrap())).await.unwrap()
}
