//! Keys that sign receipts: the seed is sealed, and opens only beside its public key.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::corrupt;
use crate::service::error::ServiceError;
use crate::signing::ed25519::SigningKey;
use crate::store::receipt_keys::StoredReceiptKey;
use crate::vault::{DataKey, Kind, Label};

pub(in crate::service) fn seal(seed: &Zeroizing<[u8; 32]>, public_key: &[u8; 32], house: &DataKey) -> Vec<u8> {
    house.seal(&label(public_key), seed.as_slice())
}

pub(in crate::service) fn open(stored: &StoredReceiptKey, house: &DataKey) -> Result<SigningKey, ServiceError> {
    let key: Option<&[u8; 32]> = stored.public_key.as_slice().try_into().ok();
    let (sealed, key) = stored.sealed_seed.as_deref().zip(key).ok_or_else(damaged)?;
    let opened = house.open(&label(key), sealed)?;
    let seed = opened.as_slice().try_into().map_err(|_| damaged())?;
    Ok(SigningKey::from_seed(&Zeroizing::new(seed)))
}

fn damaged() -> ServiceError {
    corrupt("receipt_key", "sealed_seed")
}

fn label(public_key: &[u8; 32]) -> Label {
    let record = u128::from_be_bytes(*public_key.first_chunk().unwrap_or(&[0; 16]));
    Label { kind: Kind::SigningKey, owner: Uuid::nil(), record: Uuid::from_u128(record) }
}
