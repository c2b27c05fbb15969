//! Key-encryption keys that are read again when one is missing: so a rotation reaches a server that goes on running.

use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use super::keyring::Keyring;
use super::seal::DataKey;
use super::wrap::{KekId, KeyEncryption, KeyError, Pending, WrappedKey};

/// Where key-encryption keys come from. It may take its time: it is asked away from the async threads.
pub trait KeySource: Send + Sync {
    /// All keys, the present one first.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`], in words without a key.
    fn read(&self) -> Result<Keyring, KeyError>;
}

/// Holds the keys of a source.
pub struct KeyKeeper {
    source: Arc<dyn KeySource>,
    keys: RwLock<Arc<Keyring>>,
}

impl KeyKeeper {
    /// Reads the keys for the first time.
    ///
    /// # Errors
    /// Whatever the source says.
    pub fn new(source: Arc<dyn KeySource>) -> Result<Self, KeyError> {
        let keys = RwLock::new(Arc::new(source.read()?));
        Ok(Self { source, keys })
    }

    fn keys(&self) -> Arc<Keyring> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read_again(&self) -> Result<(), KeyError> {
        let source = Arc::clone(&self.source);
        let reading = tokio::task::spawn_blocking(move || source.read());
        let read = reading.await.map_err(|_| KeyError::Unavailable("reading them was interrupted".to_owned()))??;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(())
    }
}

impl KeyEncryption for KeyKeeper {
    fn current(&self) -> KekId {
        self.keys().current()
    }

    fn wrap<'a>(&'a self, key: &'a DataKey, owner: Uuid, with: &'a KekId) -> Pending<'a, WrappedKey> {
        Box::pin(async move {
            match self.keys().wrap(key, owner, with).await {
                Err(KeyError::UnknownKek(_)) => {
                    self.read_again().await?;
                    self.keys().wrap(key, owner, with).await
                }
                known => known,
            }
        })
    }

    fn unwrap<'a>(&'a self, wrapped: &'a WrappedKey, owner: Uuid) -> Pending<'a, DataKey> {
        Box::pin(async move {
            match self.keys().unwrap(wrapped, owner).await {
                Err(KeyError::UnknownKek(_)) => {
                    self.read_again().await?;
                    self.keys().unwrap(wrapped, owner).await
                }
                known => known,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Text(Mutex<String>);

    impl KeySource for Text {
        fn read(&self) -> Result<Keyring, KeyError> {
            Keyring::parse(&self.0.lock().unwrap()).map_err(|error| KeyError::Unavailable(error.to_string()))
        }
    }

    #[tokio::test]
    async fn a_key_that_came_later_is_found() {
        let (old, new) = ("11".repeat(32), "22".repeat(32));
        let source = Arc::new(Text(Mutex::new(old.clone())));
        let keeper = KeyKeeper::new(Arc::clone(&source) as Arc<dyn KeySource>).unwrap();
        let (owner, key) = (Uuid::from_u128(1), DataKey::from_bytes([5; 32]));
        let late = Keyring::parse(&new).unwrap();
        let later = late.wrap(&key, owner, &late.current()).await.unwrap();
        assert_eq!(keeper.unwrap(&later, owner).await.err(), Some(KeyError::UnknownKek(later.kek.clone())));

        *source.0.lock().unwrap() = format!("{new}\n{old}");
        assert_eq!(keeper.unwrap(&later, owner).await.unwrap().bytes(), key.bytes());
        assert_eq!(keeper.current(), later.kek);
        *source.0.lock().unwrap() = format!("{}\n{new}\n{old}", "33".repeat(32));
        let newest = Keyring::parse(&"33".repeat(32)).unwrap().current();
        assert_eq!(keeper.wrap(&key, owner, &newest).await.unwrap().kek, newest);
    }
}
