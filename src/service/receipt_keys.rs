//! The keys that sign receipts: made at the first start, rotated by the operator, published for whoever verifies.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Service;
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::sealed;
use crate::domain::clock::Clock;
use crate::domain::policy::MAX_VALIDITY_MONTHS;
use crate::log::entry::Act;
use crate::signing::ed25519::{PublicKey, SigningKey};
use crate::signing::jwk::{JwkSet, thumbprint};
use crate::store::receipt_keys::{self, StoredReceiptKey};
use crate::store::{Store, Tx};
use crate::vault::{DataKey, Vault};

/// A retired key is published until the last receipt that it may have signed is over.
const PUBLISHED: SignedDuration = SignedDuration::from_hours(24 * (31 * MAX_VALIDITY_MONTHS as i64 + 2));

/// A key, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptKeyView {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// Since when it signs.
    pub created_at: Timestamp,
    /// Since when it does not any more.
    pub retired_at: Option<Timestamp>,
    /// Until when it is published, once it is retired.
    pub published_until: Option<Timestamp>,
}

/// The present key, unsealed once for each that there is.
#[derive(Clone, Default)]
pub(super) struct PresentKey(Arc<Mutex<Option<Named>>>);

/// A key and its thumbprint.
type Named = (String, Arc<SigningKey>);

impl PresentKey {
    /// The key that signs at this moment, for all nodes the same: one that was retired since signs nothing more.
    pub(super) async fn get(&self, tx: &mut Tx, house: &DataKey) -> Result<Arc<SigningKey>, ServiceError> {
        let stored = receipt_keys::present(tx).await?.ok_or(ServiceError::NotFound("receipt key"))?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((kid, key)) if *kid == stored.kid => Ok(Arc::clone(key)),
            _ => {
                let key = Arc::new(sealed::receipt_key::open(&stored, house)?);
                *known = Some((stored.kid, Arc::clone(&key)));
                Ok(key)
            }
        }
    }
}

/// Makes the first key, if there is none. Of nodes that start together one makes it.
pub(super) async fn make_first(tx: &mut Tx, vault: &Vault, now: Timestamp) -> Result<(), ServiceError> {
    if receipt_keys::present(tx).await?.is_none() {
        add(tx, vault, now, Who::Machine).await?;
    }
    Ok(())
}

/// Retires the present key, whose private half is destroyed, and goes on with a fresh one, which is named.
///
/// # Errors
/// The database's own.
pub async fn rotate(store: &Store, vault: &Vault, clock: &dyn Clock) -> Result<String, ServiceError> {
    let mut tx = store.write().await?;
    let now = clock.now();
    if let Some(present) = receipt_keys::present(&mut tx).await?
        && receipt_keys::retire(&mut tx, &present.kid, now).await?
    {
        let key = present.kid;
        append(&mut tx, now, Who::Console, vault.house(), |_| Act::ReceiptKeyRetired { key }).await?;
    }
    add(&mut tx, vault, now, Who::Console).await?;
    let present = receipt_keys::present(&mut tx).await?.ok_or(ServiceError::NotFound("receipt key"))?;
    tx.commit().await?;
    Ok(present.kid)
}

/// All keys, the oldest first.
///
/// # Errors
/// The database's own.
pub async fn list(store: &Store) -> Result<Vec<ReceiptKeyView>, ServiceError> {
    let stored = receipt_keys::all(&mut store.read().await?).await?;
    let view = |StoredReceiptKey { kid, created_at, retired_at, .. }| {
        let published_until = retired_at.map(published_until);
        ReceiptKeyView { kid, created_at, retired_at, published_until }
    };
    Ok(stored.into_iter().map(view).collect())
}

impl Service {
    /// The public keys of all receipts that may still count.
    ///
    /// # Errors
    /// The database's own.
    pub async fn receipt_keys(&self) -> Result<JwkSet, ServiceError> {
        let now = self.clock.now();
        let stored = receipt_keys::all(&mut self.store.read().await?).await?;
        let published = stored.iter().filter(|key| key.retired_at.is_none_or(|at| now < published_until(at)));
        published.map(public).collect()
    }
}

fn published_until(retired_at: Timestamp) -> Timestamp {
    retired_at.saturating_add(PUBLISHED).unwrap_or(Timestamp::MAX)
}

async fn add(tx: &mut Tx, vault: &Vault, now: Timestamp, who: Who<'_>) -> Result<(), ServiceError> {
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    let public = SigningKey::from_seed(&seed).public();
    let public_key = public.to_bytes();
    let sealed_seed = Some(sealed::receipt_key::seal(&seed, &public_key, vault.house()));
    let (kid, public_key) = (thumbprint(&public), public_key.to_vec());
    let key = StoredReceiptKey { kid: kid.clone(), public_key, sealed_seed, created_at: now, retired_at: None };
    if receipt_keys::insert(tx, &key).await? {
        append(tx, now, who, vault.house(), |_| Act::ReceiptKeyAdded { key: kid }).await?;
    }
    Ok(())
}

fn public(stored: &StoredReceiptKey) -> Result<PublicKey, ServiceError> {
    PublicKey::from_bytes(&stored.public_key).map_err(|_| sealed::corrupt("receipt_key", "public_key"))
}
