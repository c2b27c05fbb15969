//! Access keys of the office: bearer tokens, until staff have identities of their own.

use rand::RngExt;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Service;
use super::append_log::{Who, append};
use super::error::ServiceError;
use crate::domain::access::{AccessKey, KeyName};
use crate::domain::clock::Clock;
use crate::domain::id::AccessKeyId;
use crate::domain::review::Reviewer;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::{Constraint, Store, StoreError, access_keys};
use crate::vault::Vault;

/// Tokens begin so, and are found by secret scanners.
const PREFIX: &str = "vivat_";

/// A bearer token. It is shown once; the database keeps its SHA-256 (256 random bits need no slow hash).
pub struct Token(Zeroizing<String>);

impl Token {
    /// The text to put behind `Bearer`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Creates an access key.
///
/// # Errors
/// When the name is empty, too long, or taken, be it by a revoked key.
pub async fn create(store: &Store, vault: &Vault, clock: &dyn Clock, name: &str) -> Result<Token, ServiceError> {
    let secret: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    let token = Token(Zeroizing::new(format!("{PREFIX}{}", hex::encode(secret.as_slice()))));
    let now = clock.now();
    let key = AccessKey {
        id: AccessKeyId::new(now, &mut rand::rng()),
        name: KeyName::parse(name)?,
        token_digest: digest(token.reveal()),
        created_at: now,
        revoked_at: None,
    };
    let mut tx = store.write().await?;
    // Judgements carry the name: a new key with an old name would inherit them.
    if access_keys::list(&mut tx).await?.iter().any(|known| known.name == key.name) {
        return Err(StoreError::Conflict(Constraint::KeyNameTaken).into());
    }
    access_keys::insert(&mut tx, &key).await?;
    append(&mut tx, now, Who::Console, vault.house(), |salt| Act::AccessKeyCreated {
        key: key.id,
        record: Record::AccessKey(&key).commit(salt),
    })
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// All keys, revoked ones too.
///
/// # Errors
/// The database's own.
pub async fn list(store: &Store) -> Result<Vec<AccessKey>, ServiceError> {
    let mut tx = store.read().await?;
    Ok(access_keys::list(&mut tx).await?)
}

/// Revokes a key by its name, at once.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub async fn revoke(store: &Store, vault: &Vault, clock: &dyn Clock, name: &str) -> Result<(), ServiceError> {
    let mut tx = store.write().await?;
    let keys = access_keys::list(&mut tx).await?;
    let good = keys.iter().find(|key| key.name.as_str() == name && key.revoked_at.is_none());
    let id = good.ok_or(ServiceError::NotFound("access key"))?.id;
    let now = clock.now();
    // Of two at the same time, one revokes.
    if access_keys::revoke(&mut tx, id, now).await? {
        append(&mut tx, now, Who::Console, vault.house(), |_| Act::AccessKeyRevoked { key: id }).await?;
    }
    Ok(tx.commit().await?)
}

impl Service {
    /// Who holds this token; `None` for an unknown or revoked one.
    ///
    /// # Errors
    /// The database's own.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Reviewer>, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = access_keys::find_by_digest(&mut tx, &digest(token)).await?;
        Ok(found.filter(|key| key.revoked_at.is_none()).map(|key| Reviewer(key.name.as_str().to_owned())))
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
