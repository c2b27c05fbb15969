//! Staff: accounts, roles, sessions.

pub mod accounts;
pub mod credentials;
#[cfg(feature = "oidc")]
pub mod links;
#[cfg(feature = "oidc")]
pub mod oidc;
mod passwords;
pub(super) mod profile;
pub mod roles;
mod second_factor;
pub mod sessions;
pub mod sign_in;

use std::sync::Arc;

use crate::domain::clock::Clock;
use crate::store::Store;
use crate::vault::Vault;

/// What whoever operates the installation does with staff, at its command line. It needs no models.
pub struct Console {
    store: Store,
    vault: Vault,
    clock: Arc<dyn Clock>,
}

impl Console {
    /// The console of this record.
    #[must_use]
    pub fn new(store: Store, vault: Vault, clock: Arc<dyn Clock>) -> Self {
        Self { store, vault, clock }
    }
}
