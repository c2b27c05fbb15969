//! A receipt that should not have been issued ceases to count, and everybody who verifies it is told.

use jiff::Timestamp;

use super::Service;
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::issue_receipt::list_address;
use crate::domain::id::CertificationId;
use crate::log::entry::Act;
use crate::receipt::status_list::{RECEIPTS, StatusList, StatusToken};
use crate::store::{Tx, receipts};
use crate::vault::Vault;

impl Service {
    /// A signed status list: which of its receipts were revoked.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a list that no receipt is on.
    pub async fn receipt_status(&self, list: u64) -> Result<String, ServiceError> {
        let mut tx = self.store.read().await?;
        let wide = u64::from(RECEIPTS);
        let newest = receipts::last(&mut tx).await?.unwrap_or(0);
        if list > newest / wide {
            return Err(ServiceError::NotFound("status list"));
        }
        let first = list.saturating_mul(wide);
        let revoked = receipts::revoked(&mut tx, first..first + wide).await?;
        let key = self.issuer.key.get(&mut tx, self.vault.house()).await?;
        let places = revoked.into_iter().filter_map(|number| u32::try_from(number - first).ok());
        let uri = list_address(&self.issuer.base, list);
        let token = StatusToken::new(uri, StatusList::new(places), self.clock.now());
        token.sign(&key).map_err(ServiceError::StatusList)
    }
}

/// Revokes the receipt of a certification. What is revoked already stays so.
///
/// # Errors
/// [`ServiceError::NotFound`] without such a receipt.
pub async fn revoke(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    who: Who<'_>,
    of: CertificationId,
) -> Result<(), ServiceError> {
    let receipt = receipts::find(tx, of).await?.ok_or(ServiceError::NotFound("receipt"))?;
    if receipts::revoke(tx, receipt.number, now).await? {
        append(tx, now, who, vault.house(), |_| Act::ReceiptRevoked { certification: of }).await?;
    }
    Ok(())
}
