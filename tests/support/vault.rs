//! The vault of tests: one key for all, in this process and in those that it starts.

use std::sync::Arc;

use vivat::service::open_vault::open_vault;
use vivat::store::Store;
use vivat::vault::{Keyring, Vault};

/// The key-encryption key of all tests.
pub(crate) const KEK: &str = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

/// Tells a `vivat` that a test starts where the key is.
pub(crate) const ENVIRONMENT: [(&str, &str); 2] =
    [("VIVAT_VAULT_KEY", "env:VIVAT_TEST_VAULT_KEY"), ("VIVAT_TEST_VAULT_KEY", KEK)];

/// The vault of this record.
pub(crate) async fn vault(store: &Store) -> Vault {
    open_vault(store, Arc::new(Keyring::parse(KEK).unwrap())).await.unwrap()
}
