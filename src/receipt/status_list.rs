//! Which receipts were revoked: one bit for each, signed as a list (IETF token status list).
//!
//! Whoever verifies a receipt fetches a whole list, and so tells nobody whose receipt it was.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::claims::Refusal;
use crate::signing::ed25519::{PublicKey, SigningKey};
use crate::signing::jwk::thumbprint;
use crate::signing::jws::{self, Jws};

/// The type in the header.
pub const TYPE: &str = "statuslist+jwt";
/// Receipts of one list.
pub const RECEIPTS: u32 = 1 << 17;
/// How long a copy of a list may be used before it is fetched again, in seconds: so long a revocation may go unseen.
pub const TTL_SECONDS: u32 = 300;
/// How long a list is to be believed, in seconds.
const LIFETIME_SECONDS: i64 = 24 * 60 * 60;
/// Lists of others may be longer than ours; what grows beyond this when it is unpacked is none.
const MAX_BYTES: u64 = 1 << 20;

/// One bit for each receipt: whether it was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList(Vec<u8>);

impl StatusList {
    /// A list of ours, in which these are revoked.
    #[must_use]
    pub fn new(revoked: impl IntoIterator<Item = u32>) -> Self {
        let mut bits = vec![0; RECEIPTS as usize / 8];
        for place in revoked {
            if let Some(byte) = bits.get_mut(place as usize / 8) {
                *byte |= 1 << (place % 8);
            }
        }
        Self(bits)
    }

    /// Whether the receipt at this place was revoked; `None` when the list does not reach so far.
    #[must_use]
    pub fn is_revoked(&self, place: u32) -> Option<bool> {
        self.0.get(place as usize / 8).map(|byte| byte >> (place % 8) & 1 == 1)
    }

    fn pack(&self) -> std::io::Result<String> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&self.0)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(packed.finish()?))
    }

    fn unpack(packed: &str) -> Option<Self> {
        let packed = BASE64_URL_SAFE_NO_PAD.decode(packed).ok()?;
        let mut bits = Vec::new();
        ZlibDecoder::new(packed.as_slice()).take(MAX_BYTES + 1).read_to_end(&mut bits).ok()?;
        (bits.len() as u64 <= MAX_BYTES).then_some(Self(bits))
    }
}

/// A list as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusToken {
    /// Its address, which receipts name.
    pub uri: String,
    /// When it was made, in seconds since 1970.
    pub issued_at: i64,
    /// When it ceases to be believed, in seconds since 1970.
    pub expires_at: i64,
    /// What it says.
    pub list: StatusList,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    sub: String,
    iat: i64,
    exp: i64,
    ttl: u32,
    status_list: Packed,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    bits: u8,
    lst: String,
}

impl StatusToken {
    /// A list of ours, as of now.
    #[must_use]
    pub fn new(uri: String, list: StatusList, now: Timestamp) -> Self {
        let issued_at = now.as_second();
        Self { uri, issued_at, expires_at: issued_at + LIFETIME_SECONDS, list }
    }

    /// The signed form.
    ///
    /// # Errors
    /// Never, as far as is known: whatever packing, or the writer of JSON, says.
    pub fn sign(&self, key: &SigningKey) -> std::io::Result<String> {
        let status_list = Packed { bits: 1, lst: self.list.pack()? };
        let Self { uri, issued_at, expires_at, .. } = self;
        let payload = Payload { sub: uri.clone(), iat: *issued_at, exp: *expires_at, ttl: TTL_SECONDS, status_list };
        Ok(jws::sign(key, &thumbprint(&key.public()), TYPE, &serde_json::to_vec(&payload)?))
    }

    /// Reads a list of one bit a receipt that one of these keys signed.
    ///
    /// # Errors
    /// [`Refusal::NotAReceipt`] when it is no such list; otherwise as for a receipt.
    pub fn read(token: &str, keys: impl FnOnce(&str) -> Option<PublicKey>) -> Result<Self, Refusal> {
        let token: Jws = token.trim().parse().map_err(|_| Refusal::NotAReceipt)?;
        let kid = token.kid().filter(|_| token.typ() == Some(TYPE)).ok_or(Refusal::NotAReceipt)?;
        let key = keys(kid).ok_or(Refusal::UnknownKey)?;
        let payload = token.verified(&key).map_err(|_| Refusal::Forged)?;
        let payload: Payload = serde_json::from_slice(payload).map_err(|_| Refusal::NotAReceipt)?;
        let list = StatusList::unpack(&payload.status_list.lst).filter(|_| payload.status_list.bits == 1);
        let list = list.ok_or(Refusal::NotAReceipt)?;
        Ok(Self { uri: payload.sub, issued_at: payload.iat, expires_at: payload.exp, list })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::claims::examples::key;

    /// The example of the specification: sixteen receipts, of which nine are revoked.
    #[test]
    fn the_example_of_the_specification_is_read() {
        let list = StatusList::unpack("eNrbuRgAAhcBXQ").unwrap();
        let bits: Vec<_> = (0..17).map_while(|place| list.is_revoked(place)).map(u8::from).collect();
        assert_eq!(bits, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    }

    #[test]
    fn a_list_is_read_as_it_was_signed() {
        let revoked = [0, 9, 77_777, RECEIPTS - 1];
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let token =
            StatusToken::new("https://example.org/v1/receipts/status/0".to_owned(), StatusList::new(revoked), now);
        let signed = token.sign(&key()).unwrap();
        let read = StatusToken::read(&signed, |_| Some(key().public())).unwrap();
        assert_eq!(read, token);
        let found: Vec<_> = (0..RECEIPTS).filter(|place| read.list.is_revoked(*place) == Some(true)).collect();
        assert_eq!(found, revoked);
        assert_eq!(read.list.is_revoked(RECEIPTS), None);
        assert!(signed.len() < 1024, "{} bytes", signed.len());
        assert_eq!(StatusToken::read(&signed, |_| None), Err(Refusal::UnknownKey));
        assert_eq!(StatusToken::read("a.b.c", |_| Some(key().public())), Err(Refusal::NotAReceipt));
    }

    #[test]
    fn what_unpacks_without_end_is_no_list() {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&vec![0; 16 << 20]).unwrap();
        let bomb = BASE64_URL_SAFE_NO_PAD.encode(packed.finish().unwrap());
        assert!(bomb.len() < 32 * 1024);
        assert_eq!(StatusList::unpack(&bomb), None);
    }
}
