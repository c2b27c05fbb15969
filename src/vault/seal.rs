//! Sealing: AES-256-GCM under a data key, with the place of the secret as associated data.
//!
//! Sealed bytes are a version, a random nonce of 12 bytes, the ciphertext and its tag. A data key seals far fewer than
//! 2³² secrets, the bound for random nonces (NIST SP 800-38D, 8.3).

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use rand::RngExt;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The form of sealed bytes that is written now.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// What sealing adds to a secret.
pub const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// A key of 32 random bytes that seals what belongs together. Wiped when dropped, shown by nothing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A data key, sealed by the key that wraps it.
    DataKey,
    /// Number, name and schemes of a beneficiary.
    Beneficiary,
    /// A biometric template.
    Template,
    /// An enrolled photo.
    ReferenceImage,
    /// A frame of a session.
    ProbeImage,
    /// What the machine saw in a frame.
    Evidence,
    /// What a burst remembers of a frame, until its attempt is decided.
    Trace,
    /// What a session asks a person to show, and what they cannot.
    Challenge,
    /// What a reviewer wrote.
    Judgement,
    /// Why somebody was erased.
    Erasure,
    /// An answer that is kept for a repeated request.
    Answer,
    /// Who a member of staff is.
    Staff,
    /// A shared secret of a second factor.
    SecondFactor,
    /// What somebody proposes that another has to approve.
    Proposal,
    /// What a device is called.
    Device,
    /// A private key that signs.
    SigningKey,
    /// What proves that the answer of a foreign identity provider belongs to a sign-in.
    PendingSignIn,
}

impl Kind {
    /// Bound into what is sealed: never changed.
    fn name(self) -> &'static str {
        match self {
            Self::DataKey => "data key",
            Self::Beneficiary => "beneficiary",
            Self::Template => "template",
            Self::ReferenceImage => "reference image",
            Self::ProbeImage => "probe image",
            Self::Evidence => "evidence",
            Self::Trace => "trace",
            Self::Challenge => "challenge",
            Self::Judgement => "judgement",
            Self::Erasure => "erasure",
            Self::Answer => "answer",
            Self::Staff => "staff",
            Self::SecondFactor => "second factor",
            Self::Proposal => "proposal",
            Self::Device => "device",
            Self::SigningKey => "signing key",
            Self::PendingSignIn => "pending sign-in",
        }
    }
}

/// Where a secret belongs: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    /// What it is.
    pub kind: Kind,
    /// Whose it is: a person, or nobody of the house ([`Uuid::nil`]).
    pub owner: Uuid,
    /// The row that holds it.
    pub record: Uuid,
}

impl Label {
    fn associated_data(&self) -> Vec<u8> {
        [
            b"vivat".as_slice(),
            &[VERSION],
            self.owner.as_bytes().as_slice(),
            self.record.as_bytes(),
            self.kind.name().as_bytes(),
        ]
        .concat()
    }
}

/// The bytes were not sealed with this key under this label, or were changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed record does not open: it was changed, moved, or sealed with another key")]
pub struct NotOpened;

impl DataKey {
    /// A fresh key.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::rng().random())
    }

    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes: for wrapping, and for deriving.
    #[must_use]
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A value that only whoever has this key can compute, such as a pseudonym or the salt of a commitment. HMAC-SHA256
    /// over purpose and name.
    #[must_use]
    pub fn derive(&self, purpose: &str, name: &[u8]) -> [u8; 32] {
        super::index::mac(self, &[b"derive\0", purpose.as_bytes(), b"\0", name])
    }

    /// Seals a secret.
    ///
    /// # Panics
    /// Never for what fits into memory: AES-GCM refuses more than 64 GiB.
    #[must_use]
    pub fn seal(&self, label: &Label, secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let payload = Payload { msg: secret, aad: &label.associated_data() };
        #[expect(clippy::expect_used, reason = "the only error is a secret of more than 64 GiB")]
        let ciphertext = self.cipher().encrypt(&Nonce::from(nonce), payload).expect("a secret below 64 GiB");
        [[VERSION].as_slice(), &nonce, &ciphertext].concat()
    }

    /// Opens what was sealed under this label.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(&self, label: &Label, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(NotOpened) };
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NotOpened)?;
        let payload = Payload { msg: ciphertext, aad: &label.associated_data() };
        let opened = self.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| NotOpened)?;
        Ok(Zeroizing::new(opened))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&self.0).into())
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> Label {
        Label { kind: Kind::Template, owner: Uuid::from_u128(1), record: Uuid::from_u128(2) }
    }

    #[test]
    fn what_was_sealed_opens_and_shows_nothing() {
        let key = DataKey::from_bytes([7; 32]);
        let secret = b"11010519491231002X".repeat(20);
        let sealed = key.seal(&label(), &secret);
        assert_eq!(key.open(&label(), &sealed).unwrap().as_slice(), secret);
        assert_eq!(sealed.len(), secret.len() + OVERHEAD_BYTES);
        assert!(!sealed.windows(4).any(|window| window == b"1101"));
        assert_ne!(sealed, key.seal(&label(), &secret), "a nonce was used twice");
    }

    #[test]
    fn it_opens_nowhere_else() {
        let key = DataKey::from_bytes([7; 32]);
        let sealed = key.seal(&label(), b"secret");
        for wrong in [
            Label { kind: Kind::ProbeImage, ..label() },
            Label { owner: Uuid::from_u128(3), ..label() },
            Label { record: Uuid::from_u128(3), ..label() },
        ] {
            assert_eq!(key.open(&wrong, &sealed), Err(NotOpened));
        }
        assert_eq!(DataKey::from_bytes([8; 32]).open(&label(), &sealed), Err(NotOpened));
        assert_eq!(key.open(&label(), &[]), Err(NotOpened));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&label(), &changed), Err(NotOpened), "byte {at}");
            assert_eq!(key.open(&label(), &sealed[..at]), Err(NotOpened), "cut at {at}");
        }
    }
}
