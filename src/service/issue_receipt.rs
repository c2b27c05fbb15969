//! A certification yields its receipt, in the same transaction.

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use super::append_log::Who;
use super::error::ServiceError;
use super::persons::key_of;
use super::receipt_keys::PresentKey;
use super::sealed;
use crate::domain::certification::Certification;
use crate::domain::id::{CertificationId, LogEntryId};
use crate::domain::permission::Permission;
use crate::receipt::claims::{Claims, InLog, Place, Status, address, pseudonym};
use crate::receipt::status_list::RECEIPTS;
use crate::store::receipts::{self, StoredReceipt};
use crate::store::{Tx, beneficiaries, certifications, log_checkpoints};
use crate::vault::DataKey;

/// What issues receipts.
#[derive(Clone)]
pub(super) struct Issuer {
    /// The address at which the public finds this installation, without a slash at its end.
    pub(super) base: Arc<str>,
    pub(super) key: PresentKey,
    log: Arc<OnceLock<String>>,
}

impl Default for Issuer {
    fn default() -> Self {
        Self { base: Arc::from("http://127.0.0.1:8420"), key: PresentKey::default(), log: Arc::default() }
    }
}

/// A receipt as the person gets it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Receipt {
    /// The signed receipt: a compact JWS (RFC 7515).
    #[schema(example = "eyJhbGciOiJFZERTQSIsImtpZCI6…")]
    pub token: String,
    /// The address of the page that shows it, to be drawn as a QR code by `/v1/receipts/qr`. What stands behind `#` is not
    /// sent to any server.
    #[schema(example = "https://vivat.example.org/receipt#eyJhbGciOiJFZERTQSIsImtpZCI6…")]
    pub address: String,
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receipt(…)")
    }
}

impl Service {
    /// The same service, which the public finds at this address: receipts name it.
    #[must_use]
    pub fn with_public_address(mut self, base: &str) -> Self {
        self.issuer.base = Arc::from(base.trim_end_matches('/'));
        self
    }

    /// The receipt of a certification once more, for the office: of the same content, signed by the present key.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], also when the person was erased, and for agencies where `who` reads nothing.
    pub async fn receipt(&self, id: CertificationId, who: Who<'_>) -> Result<Receipt, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = certifications::find(&mut tx, id).await?.ok_or(ServiceError::NotFound("certification"))?;
        let person = beneficiaries::find(&mut tx, found.beneficiary).await?;
        let theirs = person.is_some_and(|person| who.sees(Permission::ReadCertifications, &person.agency));
        let key = key_of(&mut tx, &self.vault, found.beneficiary.into()).await?.filter(|_| theirs);
        self.receipt_again(&mut tx, &found, &key.ok_or(ServiceError::NotFound("certification"))?).await
    }

    /// Issues the receipt of a certification whose entry this is. `key` is that of the person.
    pub(super) async fn issue_receipt(
        &self,
        tx: &mut Tx,
        of: &Certification,
        key: &DataKey,
        log_entry: LogEntryId,
    ) -> Result<Receipt, ServiceError> {
        let number = receipts::insert(tx, of, log_entry).await?;
        self.sign_receipt(tx, of, key, StoredReceipt { number, log_entry, revoked_at: None }).await
    }

    /// The receipt that was issued, once more.
    pub(super) async fn receipt_again(
        &self,
        tx: &mut Tx,
        of: &Certification,
        key: &DataKey,
    ) -> Result<Receipt, ServiceError> {
        let stored = receipts::find(tx, of.id).await?.ok_or(ServiceError::NotFound("receipt"))?;
        self.sign_receipt(tx, of, key, stored).await
    }

    async fn sign_receipt(
        &self,
        tx: &mut Tx,
        of: &Certification,
        key: &DataKey,
        stored: StoredReceipt,
    ) -> Result<Receipt, ServiceError> {
        let person = beneficiaries::find(tx, of.beneficiary).await?.ok_or(ServiceError::NotFound("beneficiary"))?;
        let person = sealed::beneficiary::open(person, key)?;
        let policy = self.policy_of(tx, &of.policy).await?;
        let base = &self.issuer.base;
        let claims = Claims {
            iss: base.to_string(),
            sub: pseudonym(&key.derive("receipt pseudonym", of.beneficiary.0.as_bytes())),
            jti: of.id,
            iat: of.certified_at.as_second(),
            exp: policy.end_of(of.valid_until).as_second(),
            valid_until: of.valid_until,
            schemes: person.schemes,
            agency: person.agency.as_str().to_owned(),
            method: of.method,
            log: InLog { origin: self.log_origin(tx).await?, entry: stored.log_entry },
            status: Status { status_list: place(base, stored.number) },
        };
        let token = claims.sign(self.issuer.key.get(tx, self.vault.house()).await?.as_ref())?;
        Ok(Receipt { address: address(base, &token), token })
    }

    /// Which log it is, once it has a key.
    async fn log_origin(&self, tx: &mut Tx) -> Result<Option<String>, ServiceError> {
        if let Some(known) = self.issuer.log.get() {
            return Ok(Some(known.clone()));
        }
        let identity = log_checkpoints::identity(tx).await?;
        Ok(identity.map(|identity| self.issuer.log.get_or_init(|| identity.origin).clone()))
    }
}

/// Where the status lists have a receipt.
fn place(base: &str, number: u64) -> Place {
    let (list, idx) = (number / u64::from(RECEIPTS), number % u64::from(RECEIPTS));
    Place { idx: u32::try_from(idx).unwrap_or_default(), uri: list_address(base, list) }
}

/// The address of a status list.
pub(super) fn list_address(base: &str, list: u64) -> String {
    format!("{base}/v1/receipts/status/{list}")
}
