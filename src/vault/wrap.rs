//! The key-encryption key: it wraps data keys, and nothing else.

use std::future::Future;
use std::pin::Pin;

use uuid::Uuid;

use super::seal::DataKey;

/// The name of a key-encryption key: the first 8 bytes of a digest of it, hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KekId(pub String);

impl std::fmt::Display for KekId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A data key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// What wrapped it.
    pub kek: KekId,
    /// The wrapped key.
    pub bytes: Vec<u8>,
}

/// Why a data key is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It was wrapped by a key that is not here.
    #[error("a data key was wrapped by the key {0}, which is not here: add it to the keys of the vault")]
    UnknownKek(KekId),
    /// It was changed, or belongs to somebody else.
    #[error("a wrapped data key does not open: it was changed, or belongs to another record")]
    NotOpened,
    /// The keys cannot be read, or the service behind them does not answer.
    #[error("the keys of the vault cannot be had: {0}")]
    Unavailable(String),
}

/// A pending answer: the key may be kept by a service on another machine.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, KeyError>> + Send + 'a>>;

/// Wraps data keys. [`Keyring`](super::Keyring) holds key-encryption keys in memory; a key management service stands
/// behind the same trait, and never gives its key away.
pub trait KeyEncryption: Send + Sync {
    /// The key that is to wrap from now on.
    fn current(&self) -> KekId;

    /// Wraps a data key for this owner, with the key of that name.
    fn wrap<'a>(&'a self, key: &'a DataKey, owner: Uuid, with: &'a KekId) -> Pending<'a, WrappedKey>;

    /// The data key of this owner.
    fn unwrap<'a>(&'a self, wrapped: &'a WrappedKey, owner: Uuid) -> Pending<'a, DataKey>;
}
