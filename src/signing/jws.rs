//! Compact JSON web signatures (RFC 7515) by Ed25519 (RFC 8037): made, read and verified.
//!
//! The header is strict: algorithm, key and type, and nothing that would have to be understood first. So no token can
//! choose how it is verified.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::ed25519::{PublicKey, SigningKey};

/// The only algorithm, as headers name it.
pub const ALGORITHM: &str = "EdDSA";

/// What stands before the payload.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsRefusal {
    /// It is not three parts of base64url with a header that is known.
    #[error("not a signed token")]
    Malformed,
    /// It is by another algorithm.
    #[error("not signed by Ed25519")]
    Algorithm,
    /// The key did not sign it.
    #[error("the signature is wrong")]
    Wrong,
}

/// Signs the payload. The same key, type and payload give the same token.
#[must_use]
pub fn sign(key: &SigningKey, kid: &str, typ: &str, payload: &[u8]) -> String {
    sign_under(key, &header(kid, typ), payload)
}

fn header(kid: &str, typ: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(r#"{{"alg":"{ALGORITHM}","kid":{},"typ":{}}}"#, quoted(kid), quoted(typ))
}

fn sign_under(key: &SigningKey, header: &str, payload: &[u8]) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let input = format!("{}.{}", encode(header.as_bytes()), encode(payload));
    let signature = encode(&key.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// A token that was read, and is not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jws {
    header: Header,
    payload: Vec<u8>,
    input: String,
    signature: Vec<u8>,
}

impl Jws {
    /// Which key claims to have signed it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// What it claims to be.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// The payload, once the key is known to have signed it.
    ///
    /// # Errors
    /// [`JwsRefusal::Wrong`].
    pub fn verified(&self, key: &PublicKey) -> Result<&[u8], JwsRefusal> {
        if key.verifies(self.input.as_bytes(), &self.signature) { Ok(&self.payload) } else { Err(JwsRefusal::Wrong) }
    }
}

impl std::str::FromStr for Jws {
    type Err = JwsRefusal;

    fn from_str(token: &str) -> Result<Self, JwsRefusal> {
        let (input, signature) = token.rsplit_once('.').ok_or(JwsRefusal::Malformed)?;
        let (header, payload) = input.split_once('.').ok_or(JwsRefusal::Malformed)?;
        let decode = |part| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsRefusal::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwsRefusal::Malformed)?;
        if header.alg != ALGORITHM {
            return Err(JwsRefusal::Algorithm);
        }
        Ok(Self { header, payload: decode(payload)?, signature: decode(signature)?, input: input.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::signing::jwk::examples::{PAYLOAD, TOKEN, key};

    #[test]
    fn the_example_of_rfc_8037_is_signed_and_verified() {
        assert_eq!(sign_under(&key(), r#"{"alg":"EdDSA"}"#, PAYLOAD), TOKEN);
        let read: Jws = TOKEN.parse().unwrap();
        assert_eq!((read.kid(), read.typ()), (None, None));
        assert_eq!(read.verified(&key().public()), Ok(PAYLOAD));
        let another = SigningKey::from_seed(&Zeroizing::new([1; 32]));
        assert_eq!(read.verified(&another.public()), Err(JwsRefusal::Wrong));
    }

    #[test]
    fn a_changed_token_is_not_believed() {
        let token = sign(&key(), "the \"key\"", "receipt+jwt", br#"{"sub":"a"}"#);
        let read: Jws = token.parse().unwrap();
        assert_eq!((read.kid(), read.typ()), (Some("the \"key\""), Some("receipt+jwt")));
        assert_eq!(read.verified(&key().public()), Ok(br#"{"sub":"a"}"#.as_slice()));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let verified = changed.parse::<Jws>().and_then(|jws| jws.verified(&key().public()).map(<[u8]>::to_vec));
            assert!(verified.is_err(), "character {at}");
        }
    }

    #[test]
    fn a_token_does_not_choose_how_it_is_verified() {
        let under = |header: &str| sign_under(&key(), header, b"{}").parse::<Jws>().map(|_| ());
        assert_eq!(under(r#"{"alg":"EdDSA","kid":"a"}"#), Ok(()));
        assert_eq!(under(r#"{"alg":"none"}"#), Err(JwsRefusal::Algorithm));
        assert_eq!(under(r#"{"alg":"HS256","kid":"a"}"#), Err(JwsRefusal::Algorithm));
        for header in [
            r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#,
            r#"{"alg":"EdDSA","jwk":{}}"#,
            r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
            r#"{"kid":"a"}"#,
            "",
            "[]",
        ] {
            assert_eq!(under(header), Err(JwsRefusal::Malformed), "{header}");
        }
        for token in ["", ".", "..", "a.b", &format!("{TOKEN}="), &TOKEN.replace('.', " ."), &format!("{TOKEN}.AA")] {
            assert_eq!(token.parse::<Jws>(), Err(JwsRefusal::Malformed), "{token}");
        }
    }
}
