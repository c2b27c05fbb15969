//! Key-encryption keys in memory: one that wraps, and older ones that still unwrap.

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::seal::{DataKey, Kind, Label};
use super::wrap::{KekId, KeyEncryption, KeyError, Pending, WrappedKey};

/// The text holds no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected key-encryption keys of 64 hexadecimal digits, one a line, the present one first")]
pub struct InvalidKeyring;

/// Key-encryption keys, the present one first.
pub struct Keyring {
    keys: Vec<(KekId, DataKey)>,
}

impl Keyring {
    /// Reads keys of 64 hexadecimal digits, one a line, the present one first. Empty lines are nothing.
    ///
    /// # Errors
    /// [`InvalidKeyring`]. It does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyring> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys = lines.map(|line| {
            let mut bytes = Zeroizing::new([0; 32]);
            hex::decode_to_slice(line, bytes.as_mut_slice()).map_err(|_| InvalidKeyring)?;
            Ok((name(&bytes), DataKey::from_bytes(*bytes)))
        });
        let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(InvalidKeyring) } else { Ok(Self { keys }) }
    }

    /// A line of [`Keyring::parse`] with a fresh key.
    #[must_use]
    pub fn fresh_line() -> Zeroizing<String> {
        let key = DataKey::random();
        Zeroizing::new(hex::encode(key.bytes()))
    }

    /// The names of the keys, the present one first.
    pub fn names(&self) -> impl Iterator<Item = &KekId> {
        self.keys.iter().map(|(name, _)| name)
    }

    fn find(&self, kek: &KekId) -> Result<&DataKey, KeyError> {
        let found = self.keys.iter().find(|(name, _)| name == kek);
        found.map(|(_, key)| key).ok_or_else(|| KeyError::UnknownKek(kek.clone()))
    }

    fn open(&self, wrapped: &WrappedKey, owner: Uuid) -> Result<DataKey, KeyError> {
        let mut opened =
            self.find(&wrapped.kek)?.open(&label(owner), &wrapped.bytes).map_err(|_| KeyError::NotOpened)?;
        let bytes = opened.as_slice().try_into().map_err(|_| KeyError::NotOpened)?;
        opened.zeroize();
        Ok(DataKey::from_bytes(bytes))
    }
}

impl KeyEncryption for Keyring {
    fn current(&self) -> KekId {
        self.keys[0].0.clone()
    }

    fn wrap<'a>(&'a self, key: &'a DataKey, owner: Uuid, with: &'a KekId) -> Pending<'a, WrappedKey> {
        let sealed = self.find(with).map(|kek| kek.seal(&label(owner), key.bytes()));
        Box::pin(std::future::ready(sealed.map(|bytes| WrappedKey { kek: with.clone(), bytes })))
    }

    fn unwrap<'a>(&'a self, wrapped: &'a WrappedKey, owner: Uuid) -> Pending<'a, DataKey> {
        Box::pin(std::future::ready(self.open(wrapped, owner)))
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

fn label(owner: Uuid) -> Label {
    Label { kind: Kind::DataKey, owner, record: owner }
}

fn name(key: &[u8; 32]) -> KekId {
    let digest = Sha256::new().chain_update("vivat key-encryption key").chain_update(key).finalize();
    KekId(hex::encode(&digest[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now<T>(pending: Pending<'_, T>) -> Result<T, KeyError> {
        let mut pending = pending;
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match pending.as_mut().poll(&mut context) {
            std::task::Poll::Ready(result) => result,
            std::task::Poll::Pending => panic!("a keyring answers at once"),
        }
    }

    #[test]
    fn older_keys_open_what_they_wrapped_and_the_first_one_is_present() {
        let (old, new) = ("11".repeat(32), "22".repeat(32));
        let (owner, key) = (Uuid::from_u128(1), DataKey::from_bytes([5; 32]));
        let before = Keyring::parse(&old).unwrap();
        let wrapped = now(before.wrap(&key, owner, &before.current())).unwrap();
        let after = Keyring::parse(&format!("{new}\n\n {old} \n")).unwrap();
        assert_eq!(now(after.unwrap(&wrapped, owner)).unwrap().bytes(), key.bytes());
        assert_ne!(after.current(), wrapped.kek);
        assert_eq!(now(after.wrap(&key, owner, &wrapped.kek)).unwrap().kek, wrapped.kek);
        let alone = Keyring::parse(&new).unwrap();
        assert!(matches!(now(alone.unwrap(&wrapped, owner)), Err(KeyError::UnknownKek(_))));
        assert!(matches!(now(after.unwrap(&wrapped, Uuid::from_u128(2))), Err(KeyError::NotOpened)));
    }

    #[test]
    fn a_text_without_keys_is_none() {
        for text in ["", "\n", "zz", &"11".repeat(31), &format!("{}\nx", "11".repeat(32))] {
            assert!(Keyring::parse(text).is_err());
        }
        assert!(Keyring::parse(&Keyring::fresh_line()).is_ok());
        assert_eq!(format!("{:?}", Keyring::parse(&"11".repeat(32)).unwrap()).len(), "[KekId(\"\")]".len() + 16);
    }
}
