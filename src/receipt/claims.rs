//! What a receipt says, and its signed form.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::certification::Method;
use crate::domain::id::{CertificationId, LogEntryId};
use crate::domain::scheme::Scheme;
use crate::signing::ed25519::{PublicKey, SigningKey};
use crate::signing::jwk::thumbprint;
use crate::signing::jws::{self, Jws};

/// The type in the header: no other token of the key can be taken for a receipt.
pub const TYPE: &str = "vivat-receipt+jwt";

/// A receipt is shorter than this, in bytes.
pub const MAX_BYTES: usize = 4096;

/// What a receipt says. Names of one word are those of RFC 7519.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The address of the installation that issued it.
    pub iss: String,
    /// The person, by a pseudonym: the same on all of their receipts, and of no use to anybody else.
    pub sub: String,
    /// Number of the certification.
    pub jti: CertificationId,
    /// When the person was certified, in seconds since 1970.
    pub iat: i64,
    /// When it ceases to count, in seconds since 1970: the end of the last day at the office.
    pub exp: i64,
    /// Last day on which it counts.
    pub valid_until: Date,
    /// What it counts for.
    pub schemes: Vec<Scheme>,
    /// Code of the agency that pays.
    pub agency: String,
    /// How it was proven.
    pub method: Method,
    /// Where the log has it.
    pub log: InLog,
    /// Where it is said whether it still counts.
    pub status: Status,
}

/// Where the log has a certification. The number of the leaf is not known yet when a receipt is signed: entries are
/// numbered after their act is committed. `/v1/log/inclusion?entry=…` tells it, and proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InLog {
    /// Which log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Which entry of it.
    pub entry: LogEntryId,
}

/// Where it is said whether a receipt still counts (IETF token status list).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The place.
    pub status_list: Place,
}

/// A place in a status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which bit.
    pub idx: u32,
    /// Of which list.
    pub uri: String,
}

/// Why a text is not a receipt that anything can be said about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no receipt.
    #[error("this is not a receipt")]
    NotAReceipt,
    /// A key signed it that is not known.
    #[error("it is signed by a key that is not known")]
    UnknownKey,
    /// The key that it names did not sign it.
    #[error("it is forged, or was changed")]
    Forged,
}

impl Claims {
    /// The signed form.
    ///
    /// # Errors
    /// Never, as far as is known: whatever the writer of JSON says.
    pub fn sign(&self, key: &SigningKey) -> Result<String, serde_json::Error> {
        Ok(jws::sign(key, &thumbprint(&key.public()), TYPE, &serde_json::to_vec(self)?))
    }

    /// Reads a receipt that one of these keys signed. Whether it still counts is another question.
    ///
    /// # Errors
    /// Any [`Refusal`].
    pub fn read(token: &str, keys: impl FnOnce(&str) -> Option<PublicKey>) -> Result<Self, Refusal> {
        let small = Some(token).filter(|token| token.len() <= MAX_BYTES);
        let token: Jws = small.and_then(|token| token.parse().ok()).ok_or(Refusal::NotAReceipt)?;
        let kid = token.kid().filter(|_| token.typ() == Some(TYPE)).ok_or(Refusal::NotAReceipt)?;
        let key = keys(kid).ok_or(Refusal::UnknownKey)?;
        let payload = token.verified(&key).map_err(|_| Refusal::Forged)?;
        serde_json::from_slice(payload).map_err(|_| Refusal::NotAReceipt)
    }

    /// The key that a receipt claims to be signed by.
    #[must_use]
    pub fn key_of(token: &str) -> Option<String> {
        token.parse::<Jws>().ok()?.kid().map(str::to_owned)
    }

    /// Whether it counts at that moment, as far as the time goes.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.exp <= now.as_second()
    }
}

/// How a pseudonym of 16 bytes is written.
#[must_use]
pub fn pseudonym(derived: &[u8; 32]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&derived[..16])
}

/// The token in what somebody scanned or saved: the receipt alone, or the address of its page, which has it behind `#`.
#[must_use]
pub fn token_in(text: &str) -> &str {
    let text = text.trim();
    text.rsplit_once('#').map_or(text, |(_, token)| token)
}

/// The address that shows a receipt. What stands behind `#` is not sent to any server.
#[must_use]
pub fn address(base: &str, token: &str) -> String {
    format!("{base}/receipt#{token}")
}

/// An example for tests.
#[cfg(test)]
pub(super) mod examples {
    use uuid::Uuid;
    use zeroize::Zeroizing;

    use super::*;

    pub(crate) fn key() -> SigningKey {
        SigningKey::from_seed(&Zeroizing::new([3; 32]))
    }

    pub(crate) fn claims() -> Claims {
        Claims {
            iss: "https://vivat.shebao.example.gov.cn".to_owned(),
            sub: pseudonym(&[7; 32]),
            jti: CertificationId(Uuid::from_u128(0x0192_f0c1_7a2b_7c3d_8e4f_0011_2233_4455)),
            iat: 1_795_000_000,
            exp: 1_826_640_000,
            valid_until: jiff::civil::date(2027, 11, 18),
            schemes: vec![Scheme::UrbanEmployee, Scheme::Resident, Scheme::PublicInstitution],
            agency: "110105001001".to_owned(),
            method: Method::Review,
            log: InLog {
                origin: Some("vivat/0123456789abcdef".to_owned()),
                entry: LogEntryId(Uuid::from_u128(0x0192_f0c1_7a2b_7c3d_8e4f_0011_2233_4456)),
            },
            status: Status {
                status_list: Place {
                    idx: 131_071,
                    uri: "https://vivat.shebao.example.gov.cn/v1/receipts/status/9999".to_owned(),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::examples::{claims, key};
    use super::*;

    #[test]
    fn a_receipt_is_read_with_the_key_that_signed_it() {
        let token = claims().sign(&key()).unwrap();
        let kid = thumbprint(&key().public());
        assert_eq!(Claims::key_of(&token), Some(kid.clone()));
        assert_eq!(Claims::read(&token, |asked| (asked == kid).then(|| key().public())), Ok(claims()));
        assert_eq!(Claims::read(&token, |_| None), Err(Refusal::UnknownKey));
        let another = SigningKey::from_seed(&Zeroizing::new([4; 32]));
        assert_eq!(Claims::read(&token, |_| Some(another.public())), Err(Refusal::Forged));
    }

    #[test]
    fn another_token_of_the_key_is_no_receipt() {
        let (kid, payload) = (thumbprint(&key().public()), serde_json::to_vec(&claims()).unwrap());
        let read = |token: &str| Claims::read(token, |_| Some(key().public()));
        assert_eq!(read(&jws::sign(&key(), &kid, TYPE, &payload)), Ok(claims()));
        assert_eq!(read(&jws::sign(&key(), &kid, "statuslist+jwt", &payload)), Err(Refusal::NotAReceipt));
        assert_eq!(read(&jws::sign(&key(), &kid, TYPE, b"{}")), Err(Refusal::NotAReceipt));
        assert_eq!(read(&jws::sign(&key(), &kid, TYPE, &vec![b' '; MAX_BYTES])), Err(Refusal::NotAReceipt));
        assert_eq!(read(""), Err(Refusal::NotAReceipt));
    }

    #[test]
    fn it_counts_to_the_end_of_its_last_day() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!claims().is_over(at(claims().exp - 1)));
        assert!(claims().is_over(at(claims().exp)));
    }

    #[test]
    fn what_a_scanner_gives_holds_the_token() {
        assert_eq!(token_in(" a.b.c\n"), "a.b.c");
        assert_eq!(token_in(&address("https://example.org", "a.b.c")), "a.b.c");
    }
}
