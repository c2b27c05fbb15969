//! Keyed blind indices: a secret text is found again without being stored.
//!
//! HMAC-SHA256 under the key of the index. Without that key a guessed text cannot be tried, however few there are.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::seal::DataKey;

/// What is indexed: the same text of two kinds has two indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// A citizen number.
    CitizenId,
    /// The name under which a member of staff signs in.
    Login,
    /// A staff number 工号: one for each human being.
    StaffNumber,
    /// The subject of a foreign identity provider.
    ForeignSubject,
    /// The network address of a client.
    Address,
    /// The content of a request that may be repeated.
    Request,
    /// A picture, by its digest.
    Frame,
    /// A part of what a picture looks like.
    FramePrint,
}

impl Indexed {
    fn name(self) -> &'static str {
        match self {
            Self::CitizenId => "citizen id",
            Self::Login => "login",
            Self::StaffNumber => "staff number",
            Self::ForeignSubject => "foreign subject",
            Self::Address => "address",
            Self::Request => "request",
            Self::Frame => "frame",
            Self::FramePrint => "frame print",
        }
    }
}

/// The index of a text, in 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlindIndex(pub [u8; 32]);

/// The index of these bytes.
pub(super) fn index(key: &DataKey, kind: Indexed, bytes: &[u8]) -> BlindIndex {
    BlindIndex(mac(key, &[kind.name().as_bytes(), b"\0", bytes]))
}

/// HMAC-SHA256 (RFC 2104) over the parts, one after another.
pub(super) fn mac(key: &DataKey, parts: &[&[u8]]) -> [u8; 32] {
    // A shorter key is filled up with zeros to a block of the hash.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key.bytes());
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 2 of RFC 4231.
    #[test]
    fn the_vector_of_the_rfc() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let found = mac(&DataKey::from_bytes(key), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex::encode(found), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn an_index_depends_on_key_kind_and_text() {
        let (one, other) = (DataKey::from_bytes([1; 32]), DataKey::from_bytes([2; 32]));
        let of = |key, kind, text: &str| index(key, kind, text.as_bytes());
        let first = of(&one, Indexed::CitizenId, "11010519491231002X");
        assert_eq!(first, of(&one, Indexed::CitizenId, "11010519491231002X"));
        assert_ne!(first, of(&other, Indexed::CitizenId, "11010519491231002X"));
        assert_ne!(first, of(&one, Indexed::Login, "11010519491231002X"));
        assert_ne!(first, of(&one, Indexed::CitizenId, "110105194912310021"));
    }
}
