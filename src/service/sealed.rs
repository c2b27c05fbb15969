//! What is secret is sealed on its way into the store, and opened on its way out: one file for each aggregate.

pub(super) mod beneficiary;
pub(super) mod capture;
pub(super) mod case;
pub(super) mod challenge;
pub(super) mod device;
pub(super) mod erasure;
pub(super) mod picture;
pub(super) mod proposal;
pub(super) mod receipt_key;
pub(super) mod reference;

use serde::de::DeserializeOwned;

use super::error::ServiceError;
use crate::store::StoreError;
use crate::vault::{DataKey, Label};

/// Seals a value as JSON.
pub(super) fn seal_json(key: &DataKey, label: &Label, value: &impl serde::Serialize) -> Result<Vec<u8>, ServiceError> {
    let json = zeroize::Zeroizing::new(serde_json::to_vec(value)?);
    Ok(key.seal(label, &json))
}

/// Opens a value that was sealed as JSON into this column.
pub(super) fn open_json<T: DeserializeOwned>(
    key: &DataKey,
    label: &Label,
    sealed: &[u8],
    (table, column): (&'static str, &str),
) -> Result<T, ServiceError> {
    let json = key.open(label, sealed)?;
    // The error of the parser may quote what is secret.
    serde_json::from_slice(&json).map_err(|_| corrupt(table, column))
}

/// What a column holds opens, and is not of its kind.
pub(super) fn corrupt(table: &'static str, column: &str) -> ServiceError {
    StoreError::Corrupt { table, column: column.to_owned() }.into()
}
