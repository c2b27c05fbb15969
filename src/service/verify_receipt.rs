//! Anybody who is shown a receipt may ask whether it is good.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::error::ServiceError;
use crate::domain::certification::Method;
use crate::domain::scheme::Scheme;
use crate::receipt::claims::{Claims, address, token_in};
use crate::receipt::qr;
use crate::store::{log_entries, receipts};
use crate::words::{self, Text};

/// What somebody was shown.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownReceipt {
    /// The receipt, or the whole address out of its QR code.
    #[schema(example = "eyJhbGciOiJFZERTQSIsImtpZCI6…")]
    pub receipt: String,
}

/// What there is to say about a receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptChecked {
    /// Whether it counts.
    pub standing: Standing,
    /// The same in words.
    pub message: Text,
    /// What it says; absent unless it is one of ours.
    pub receipt: Option<ReceiptView>,
}

/// Whether a receipt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Genuine, and it counts today.
    Valid,
    /// Genuine, and its last day is over.
    Expired,
    /// Genuine, and revoked since.
    Revoked,
    /// Not by this installation, or changed.
    NotGenuine,
}

/// What a receipt says, in words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptView {
    /// Number of the certification.
    pub certification: Uuid,
    /// The person, by the pseudonym of their receipts.
    pub person: String,
    /// When the person was certified.
    #[schema(value_type = String, format = DateTime)]
    pub certified_at: Timestamp,
    /// Last day on which it counts.
    #[schema(value_type = String, format = Date)]
    pub valid_until: Date,
    /// What it counts for.
    pub schemes: Vec<SchemeView>,
    /// Code of the agency that pays.
    pub agency: String,
    /// How it was proven.
    pub method: Method,
    /// The same in words.
    pub method_text: Text,
    /// The entry of the log: `/v1/log/inclusion?entry=…` proves it.
    pub log_entry: Uuid,
    /// Its number in the log; absent for a second or so, until it has one.
    pub log_index: Option<u64>,
}

/// A scheme, with its name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SchemeView {
    /// Which.
    pub scheme: Scheme,
    /// Its name.
    pub name: Text,
}

impl Service {
    /// The QR code of a receipt of ours, as SVG.
    ///
    /// # Errors
    /// [`ServiceError::NotAReceipt`] for anything else.
    pub async fn receipt_qr(&self, shown: &ShownReceipt) -> Result<String, ServiceError> {
        let keys = self.receipt_keys().await?;
        let token = token_in(&shown.receipt);
        Claims::read(token, |kid| keys.find(kid)).map_err(|_| ServiceError::NotAReceipt)?;
        qr::svg(&address(&self.issuer.base, token)).map_err(|_| ServiceError::NotAReceipt)
    }

    /// Whether a receipt counts, and what it says.
    ///
    /// # Errors
    /// The database's own: what is no receipt is an answer, not an error.
    pub async fn verify_receipt(&self, shown: &ShownReceipt) -> Result<ReceiptChecked, ServiceError> {
        let keys = self.receipt_keys().await?;
        let Ok(claims) = Claims::read(token_in(&shown.receipt), |kid| keys.find(kid)) else {
            let message = words::RECEIPT_NOT_GENUINE;
            return Ok(ReceiptChecked { standing: Standing::NotGenuine, message, receipt: None });
        };
        let mut tx = self.store.read().await?;
        let stored = receipts::find(&mut tx, claims.jti).await?;
        let entry = log_entries::find(&mut tx, claims.log.entry).await?;
        let (standing, message) = match stored {
            // Signed by our key, and never issued: the record was set back, or the key was stolen.
            None => (Standing::NotGenuine, words::RECEIPT_NOT_GENUINE),
            Some(stored) if stored.revoked_at.is_some() => (Standing::Revoked, words::RECEIPT_REVOKED),
            Some(_) if claims.is_over(self.clock.now()) => (Standing::Expired, words::RECEIPT_EXPIRED),
            Some(_) => (Standing::Valid, words::RECEIPT_VALID),
        };
        let receipt = (standing != Standing::NotGenuine).then(|| view(claims, entry.and_then(|entry| entry.number)));
        Ok(ReceiptChecked { standing, message, receipt })
    }
}

fn view(claims: Claims, log_index: Option<u64>) -> ReceiptView {
    let name = |scheme| SchemeView { scheme, name: words::name_of(scheme) };
    ReceiptView {
        certification: claims.jti.0,
        person: claims.sub,
        certified_at: Timestamp::from_second(claims.iat).unwrap_or_default(),
        valid_until: claims.valid_until,
        schemes: claims.schemes.into_iter().map(name).collect(),
        agency: claims.agency,
        method: claims.method,
        method_text: words::way_of(claims.method),
        log_entry: claims.log.entry.0,
        log_index,
    }
}
