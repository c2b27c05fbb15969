//! Signed notes and their keys (C2SP `signed-note`): a text, an empty line, and lines of signatures.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::signing::ed25519::{PublicKey, SigningKey};

/// Signatures of one note that are read; the rest is ignored.
const MAX_SIGNATURES: usize = 32;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The text of a note (0x01).
    Note,
    /// A checkpoint and the moment at which a witness saw it (0x04).
    Cosignature,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A public key with its name. Its text form is `name+id+key`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: PublicKey,
}

/// The text is no key of a kind that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key: expected NAME+ID+KEY of an Ed25519 key")]
pub struct InvalidKey;

impl VerifierKey {
    /// The name that signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The first four bytes of the SHA-256 of name, kind and key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hashed = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.to_bytes());
        let [a, b, c, d, ..]: [u8; 32] = hashed.finalize().into();
        [a, b, c, d]
    }

    /// Whether the line names this key.
    #[must_use]
    pub fn made(&self, line: &SignatureLine) -> bool {
        line.name == self.name && line.key_id == self.id()
    }

    /// Whether these 64 bytes sign the message.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(message, signature)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind.byte()], self.key.to_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64_STANDARD.encode(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(typed)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(InvalidKey);
        };
        let typed = BASE64_STANDARD.decode(typed).map_err(|_| InvalidKey)?;
        let (kind, bytes) = match typed.split_first() {
            Some((0x01, bytes)) => (KeyKind::Note, bytes),
            Some((0x04, bytes)) => (KeyKind::Cosignature, bytes),
            _ => return Err(InvalidKey),
        };
        let key = PublicKey::from_bytes(bytes).map_err(|_| InvalidKey)?;
        let key = Self { name: checked_name(name)?, kind, key };
        if hex::encode(key.id()) == id { Ok(key) } else { Err(InvalidKey) }
    }
}

fn checked_name(name: &str) -> Result<String, InvalidKey> {
    let good = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if good { Ok(name.to_owned()) } else { Err(InvalidKey) }
}

/// A private key with its name. Wiped when dropped.
pub struct NoteSigner {
    public: VerifierKey,
    key: SigningKey,
}

impl NoteSigner {
    /// The key of this seed of 32 random bytes.
    ///
    /// # Errors
    /// [`InvalidKey`] when the name is empty, or has spaces or a plus in it.
    pub fn new(name: &str, kind: KeyKind, seed: &Zeroizing<[u8; 32]>) -> Result<Self, InvalidKey> {
        let key = SigningKey::from_seed(seed);
        Ok(Self { public: VerifierKey { name: checked_name(name)?, kind, key: key.public() }, key })
    }

    /// What others verify with.
    #[must_use]
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// The 64 bytes that sign the message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message)
    }

    /// The line that says so in a note; `prefix` stands before the signature.
    #[must_use]
    pub fn line(&self, prefix: &[u8], message: &[u8]) -> SignatureLine {
        let signature = [prefix, &self.sign(message)].concat();
        SignatureLine { name: self.public.name.clone(), key_id: self.public.id(), signature }
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.public)
    }
}

/// One signature under a note: `— name base64(key id, signature)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// Who signed.
    pub name: String,
    /// With which of their keys.
    pub key_id: [u8; 4],
    /// What the kind of the key makes of it.
    pub signature: Vec<u8>,
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = BASE64_STANDARD.encode([self.key_id.as_slice(), &self.signature].concat());
        write!(f, "— {} {encoded}", self.name)
    }
}

/// The text is no note, or no line of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signed note")]
pub struct InvalidNote;

impl FromStr for SignatureLine {
    type Err = InvalidNote;

    fn from_str(line: &str) -> Result<Self, InvalidNote> {
        let rest = line.strip_prefix("— ").ok_or(InvalidNote)?;
        let (name, encoded) = rest.split_once(' ').ok_or(InvalidNote)?;
        let name = checked_name(name).map_err(|_| InvalidNote)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| InvalidNote)?;
        let (key_id, signature) = bytes.split_first_chunk().ok_or(InvalidNote)?;
        Ok(Self { name, key_id: *key_id, signature: signature.to_vec() })
    }
}

/// A note, not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed, with its final newline.
    pub text: String,
    /// Who signed.
    pub signatures: Vec<SignatureLine>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Note {
    type Err = InvalidNote;

    fn from_str(note: &str) -> Result<Self, InvalidNote> {
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(InvalidNote);
        }
        let end = note.rfind("\n\n").ok_or(InvalidNote)?;
        let (text, lines) = (&note[..=end], note[end + 2..].strip_suffix('\n').ok_or(InvalidNote)?);
        let signatures: Result<Vec<_>, _> = lines.split('\n').take(MAX_SIGNATURES).map(str::parse).collect();
        Ok(Self { text: text.to_owned(), signatures: signatures? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of Go's checksum database, which signed notes come from.
    const GO: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    #[test]
    fn a_key_that_others_made_is_read() {
        let key: VerifierKey = GO.parse().unwrap();
        assert_eq!((key.name(), key.kind(), key.to_string().as_str()), ("sum.golang.org", KeyKind::Note, GO));
    }

    #[test]
    fn a_key_with_another_identifier_is_none() {
        for wrong in ["", "a+b", &GO.replace("033d", "033e"), &GO.replace("sum.", ""), &GO.replace("Ac4z", "Ac4y")] {
            assert_eq!(wrong.parse::<VerifierKey>(), Err(InvalidKey), "{wrong}");
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let signer = NoteSigner::new("example.com/log", KeyKind::Note, &Zeroizing::new([7; 32])).unwrap();
        let text = "one\n\ntwo\n".to_owned();
        let note = Note { signatures: vec![signer.line(&[], text.as_bytes())], text };
        let read: Note = note.to_string().parse().unwrap();
        assert_eq!(read, note);
        let [line] = read.signatures.as_slice() else { panic!("one signature") };
        assert!(signer.public().made(line) && signer.public().verifies(read.text.as_bytes(), &line.signature));
        assert!(!signer.public().verifies(b"another text", &line.signature));
        for wrong in ["", "text\n", "text\n\n", "text\n\n— a b", "text\n\n— a AAAA\n— b", "t\rt\n\n— a AAAAAAAA\n"]
        {
            assert_eq!(wrong.parse::<Note>(), Err(InvalidNote), "{wrong:?}");
        }
    }

    #[test]
    fn a_private_key_is_not_shown() {
        let signer = NoteSigner::new("log", KeyKind::Note, &Zeroizing::new([7; 32])).unwrap();
        assert!(!format!("{signer:?}").contains(&hex::encode([7; 4])));
    }
}
