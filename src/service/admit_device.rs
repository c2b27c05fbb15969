//! A request is signed: by a device that is known, now, and for the first time?

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Service;
use super::error::ServiceError;
use crate::domain::id::DeviceId;
use crate::signing::device_request::{Claim, RequestRefusal, WINDOW};
use crate::signing::ed25519::PublicKey;
use crate::signing::signature_base::Message;
use crate::store::devices::{self, StoredDevice};

/// Why a request is not taken for one of a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceRefusal {
    /// Its signature does not hold.
    #[error(transparent)]
    Request(#[from] RequestRefusal),
    /// No device of this installation.
    #[error("the device is not known here")]
    Unknown,
    /// Revoked, perhaps while the request was under way.
    #[error("the device was revoked")]
    Revoked,
    /// The same request came before.
    #[error("the nonce was used before")]
    Replayed,
}

impl Service {
    /// The device that signed this request; `None` for a request without such a signature. The nonce is used up: in the
    /// database, so that no other node takes the same request again.
    ///
    /// # Errors
    /// [`ServiceError::Device`].
    pub async fn admit_device(&self, message: &Message<'_>, body: &[u8]) -> Result<Option<DeviceId>, ServiceError> {
        let Some(claim) = Claim::find(message).map_err(DeviceRefusal::from)? else { return Ok(None) };
        let id: DeviceId = claim.device().parse().map_err(|_| DeviceRefusal::Unknown)?;
        let found = devices::find(&mut self.store.read().await?, id).await?;
        let device = found.ok_or(DeviceRefusal::Unknown)?;
        let key = PublicKey::from_bytes(&device.key.0).map_err(|_| DeviceRefusal::Unknown)?;
        let now = self.clock.now();
        claim.verify(message, body, &key, now).map_err(DeviceRefusal::from)?;
        // Only now: who cannot sign learns nothing of a device, and uses up none of its nonces.
        not_revoked(&device)?;
        let mut tx = self.store.write().await?;
        let digest = Sha256::digest(claim.nonce()).into();
        if !devices::use_nonce(&mut tx, id, &digest, now, forgotten(now)).await? {
            return Err(DeviceRefusal::Replayed.into());
        }
        tx.commit().await?;
        Ok(Some(id))
    }
}

/// Refuses a device that was revoked.
pub(super) fn not_revoked(device: &StoredDevice) -> Result<(), DeviceRefusal> {
    if device.revoked_at.is_some() { Err(DeviceRefusal::Revoked) } else { Ok(()) }
}

/// Nonces that were used before this need not be remembered: a signature passes up to a window before and after it was
/// made, and the clocks of the nodes may differ by another.
fn forgotten(now: Timestamp) -> Timestamp {
    now.saturating_sub(WINDOW * 3).unwrap_or(Timestamp::MIN)
}
