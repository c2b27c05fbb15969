//! The record with its keys and its pictures: what is needed where nobody looks at a face.

use std::sync::Arc;

use super::Service;
use super::error::ServiceError;
use super::policy::in_force;
use crate::domain::clock::Clock;
use crate::domain::policy::Policy;
use crate::images::Images;
use crate::store::Store;
use crate::vault::Vault;

/// What jobs and the command line work on. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    /// The tables.
    pub store: Store,
    /// What opens them.
    pub vault: Vault,
    /// The pictures.
    pub images: Images,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Records {
    /// The policy in force; of a record where nothing was ever done, the one that it will begin with.
    ///
    /// # Errors
    /// The database's own.
    pub async fn policy(&self) -> Result<Policy, ServiceError> {
        Ok(in_force(&mut self.store.read().await?).await?.map(|(_, policy)| policy).unwrap_or_default())
    }
}

impl Service {
    /// Waits until something was decided, which lets pictures go.
    pub async fn something_decided(&self) {
        self.housekeeping.notified().await;
    }

    /// What the service works on.
    #[must_use]
    pub fn records(&self) -> Records {
        Records {
            store: self.store.clone(),
            vault: self.vault.clone(),
            images: self.images.clone(),
            clock: Arc::clone(&self.clock),
        }
    }
}
