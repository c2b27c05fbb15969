//! Four eyes: what takes two people is proposed by one, and done when another approves it, in the same transaction.
//!
//! Each kind has its file, which says where the permission is needed, whether the proposal makes sense, and what is done.

pub mod close;
mod content;
mod kinds;
pub mod list;
pub mod make;
mod policy_change;
mod references;
mod roles;
pub mod standing;

pub use content::Content;

use crate::domain::id::BeneficiaryId;
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::persons::key_of;
use crate::store::Tx;
use crate::vault::DataKey;

impl Service {
    /// What seals a proposal: the key of the beneficiary whom it concerns, or that of the house. `None` for somebody who
    /// was erased.
    async fn key_of_proposal(
        &self,
        tx: &mut Tx,
        beneficiary: Option<BeneficiaryId>,
    ) -> Result<Option<DataKey>, ServiceError> {
        match beneficiary {
            Some(of) => key_of(tx, &self.vault, of.into()).await,
            None => Ok(Some(self.vault.house().clone())),
        }
    }
}
