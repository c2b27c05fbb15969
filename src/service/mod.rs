//! The use cases: one file each, one write transaction each. Here vision, domain and store come together.

pub mod accept_capture;
pub mod admit_device;
pub mod answer;
pub mod append_log;
mod attempt_evidence;
pub mod audit_log;
pub mod complete_session;
pub mod decline_step;
pub mod devices;
pub mod enrol_device;
pub mod enrol_reference;
pub mod erase_person;
pub mod error;
pub mod export_log;
pub mod find_duplicates;
pub mod frame_history;
mod gallery;
pub mod inference;
pub mod instruction;
pub mod issue_receipt;
mod limit_failures;
pub mod open_session;
pub mod open_vault;
mod persons;
pub mod policy;
pub mod proposals;
pub mod read_certification;
pub mod read_log;
pub mod receipt_keys;
pub mod records;
pub mod register_beneficiary;
pub mod retain_images;
pub mod review_cases;
pub mod revoke_receipt;
pub mod rotate_vault;
mod sealed;
pub mod sequence_log;
pub mod staff;
pub mod verify_receipt;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::domain::calibration::Calibrations;
use crate::domain::clock::Clock;
use crate::domain::policy::Policy;
use crate::images::Images;
use crate::log::note::VerifierKey;
use crate::store::Store;
use crate::vault::Vault;
use inference::Inference;
use issue_receipt::Issuer;

/// What every use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    store: Store,
    vault: Vault,
    images: Images,
    inference: Inference,
    clock: Arc<dyn Clock>,
    last_policy: policy::LastPolicy,
    witnesses: Arc<[VerifierKey]>,
    housekeeping: Arc<Notify>,
    issuer: Issuer,
    gallery: gallery::HeldGallery,
    #[cfg(feature = "oidc")]
    provider: Option<Arc<crate::oidc::Provider>>,
}

impl Service {
    /// Puts the parts together. An installation without a policy begins with the one that is given; from then on only
    /// people change it.
    ///
    /// # Errors
    /// When the policy does not fit together, or the database refuses it.
    pub async fn new(
        store: Store,
        vault: Vault,
        images: Images,
        inference: Inference,
        clock: Arc<dyn Clock>,
        policy: Policy,
    ) -> Result<Self, error::ServiceError> {
        policy.check()?;
        let mut tx = store.write().await?;
        let now = clock.now();
        policy::begin_with(&mut tx, &vault, now, &policy).await?;
        receipt_keys::make_first(&mut tx, &vault, now).await?;
        tx.commit().await?;
        Ok(Self {
            store,
            vault,
            images,
            inference,
            clock,
            last_policy: policy::LastPolicy::default(),
            housekeeping: Arc::default(),
            witnesses: Arc::new([]),
            issuer: Issuer::default(),
            gallery: gallery::HeldGallery::default(),
            #[cfg(feature = "oidc")]
            provider: None,
        })
    }

    /// Forgets the answers to requests that are older than a day: nobody repeats those.
    ///
    /// # Errors
    /// The database's own.
    pub async fn forget_old_answers(&self) -> Result<u64, error::ServiceError> {
        let mut tx = self.store.write().await?;
        let day_ago = self.clock.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let forgotten = crate::store::idempotency::purge_before(&mut tx, day_ago).await?;
        tx.commit().await?;
        Ok(forgotten)
    }

    /// The name of the loaded model pack.
    #[must_use]
    pub fn pack_name(&self) -> &str {
        &self.inference.pipeline().pack().name
    }

    /// What the similarities of the loaded models mean.
    fn calibrations(&self) -> &Calibrations {
        &self.inference.pipeline().pack().calibrations
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// The database's own.
    pub async fn ready(&self) -> Result<(), error::ServiceError> {
        Ok(self.store.ping().await?)
    }
}
