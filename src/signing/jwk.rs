//! Public keys as JSON web keys (RFC 7517, RFC 8037), named by their thumbprint (RFC 7638).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ed25519::PublicKey;
use super::jws::ALGORITHM;

const TYPE: &str = "OKP";
const CURVE: &str = "Ed25519";

/// The name of a key: the SHA-256 of its canonical form, base64url. Nobody can give the name of one key to another.
#[must_use]
pub fn thumbprint(key: &PublicKey) -> String {
    let canonical = format!(r#"{{"crv":"{CURVE}","kty":"{TYPE}","x":"{}"}}"#, encode(key));
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

fn encode(key: &PublicKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.to_bytes())
}

/// A public key, as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    kty: String,
    crv: String,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
}

impl Jwk {
    /// A key that verifies signatures.
    #[must_use]
    pub fn new(key: &PublicKey) -> Self {
        Self {
            kty: TYPE.to_owned(),
            crv: CURVE.to_owned(),
            x: encode(key),
            kid: Some(thumbprint(key)),
            usage: Some("sig".to_owned()),
            alg: Some(ALGORITHM.to_owned()),
        }
    }

    /// The key, if it is an Ed25519 key that may verify signatures.
    #[must_use]
    pub fn key(&self) -> Option<PublicKey> {
        let usable = self.kty == TYPE
            && self.crv == CURVE
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == ALGORITHM || alg == CURVE);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&self.x).ok().filter(|_| usable)?;
        PublicKey::from_bytes(&bytes).ok()
    }
}

/// A set of public keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    #[serde(deserialize_with = "those_understood")]
    keys: Vec<Jwk>,
}

/// The standard asks to pass over keys of other kinds.
fn those_understood<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Jwk>, D::Error> {
    let keys = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

impl JwkSet {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key of this name: a thumbprint, or what the set itself calls it.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<PublicKey> {
        self.keys.iter().find_map(|jwk| {
            let key = jwk.key()?;
            (jwk.kid.as_deref() == Some(kid) || thumbprint(&key) == kid).then_some(key)
        })
    }
}

impl FromIterator<PublicKey> for JwkSet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().map(|key| Jwk::new(&key)).collect() }
    }
}

/// The examples of RFC 8037, appendix A.
#[cfg(test)]
pub(super) mod examples {
    use zeroize::Zeroizing;

    use super::super::ed25519::SigningKey;

    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    pub(crate) const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    pub(crate) const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    pub(crate) const PAYLOAD: &[u8] = b"Example of Ed25519 signing";
    pub(crate) const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    /// A.1: the private key.
    pub(crate) fn key() -> SigningKey {
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(SEED, seed.as_mut_slice()).unwrap();
        SigningKey::from_seed(&seed)
    }
}

#[cfg(test)]
mod tests {
    use super::examples::{THUMBPRINT, X, key};
    use super::*;

    #[test]
    fn the_examples_of_rfc_8037_are_met() {
        let public = key().public();
        assert_eq!(thumbprint(&public), THUMBPRINT);
        let jwk: Jwk = serde_json::from_str(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#)).unwrap();
        assert_eq!(jwk.key(), Some(public.clone()));
        let published = serde_json::to_value(Jwk::new(&public)).unwrap();
        let expected = serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "x": X, "kid": THUMBPRINT, "use": "sig", "alg": "EdDSA",
        });
        assert_eq!(published, expected);
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let set = serde_json::json!({"keys": [
            {"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"},
            {"kty": "OKP", "crv": "X25519", "kid": "b", "x": X},
            {"kty": "OKP", "crv": "Ed25519", "kid": "c", "x": X, "use": "enc"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "d", "x": "AAAA"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": X, "x5c": []},
        ]});
        let set: JwkSet = serde_json::from_value(set).unwrap();
        for kid in ["a", "b", "c", "d"] {
            assert_eq!(set.find(kid), None, "{kid}");
        }
        assert_eq!(set.find("e"), Some(key().public()));
        assert_eq!(set.find(THUMBPRINT), Some(key().public()));
    }
}
