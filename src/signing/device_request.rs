//! Requests of devices: what a kiosk signs of each request, and what the server demands of it.
//!
//! A signature under [`TAG`] covers method, authority, path, query, the digest of the body, and its type; it names the
//! device and the moment, and carries a nonce that is good once. Both sides use this file.

use jiff::{SignedDuration, Timestamp};

use super::content_digest::{self, DigestRefusal};
use super::ed25519::{PublicKey, SigningKey};
use super::http_message::{ALGORITHM, Parameters, Signature, SignatureRefusal};
use super::signature_base::{Message, Start, Target};

/// What such a signature is for: no other signature of the key can be taken for one.
pub const TAG: &str = "vivat-device";

/// How far the clocks of device and server may be apart.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// The label of the signature in its fields.
const LABEL: &str = "device";

/// A nonce has this many characters, at least and at most.
const NONCE_CHARACTERS: std::ops::RangeInclusive<usize> = 16..=64;

const ALWAYS: [&str; 4] = ["@method", "@authority", "@path", "content-digest"];

/// Why a request is not taken for one of a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// The signature or its parameters cannot be read, or there are several.
    #[error("the signature of the device cannot be read")]
    Malformed,
    /// Something is not signed that has to be.
    #[error("the signature of the device does not cover {0}")]
    NotCovered(&'static str),
    /// Made too long ago, or in the future.
    #[error("the signature of the device was made more than a minute before or after now")]
    Clock,
    /// The key did not sign this request.
    #[error("the signature is not by the key of this device")]
    Wrong,
    /// The body is not the one that was signed.
    #[error("the body is not the one that the device signed")]
    Body,
}

impl From<SignatureRefusal> for RequestRefusal {
    fn from(refusal: SignatureRefusal) -> Self {
        match refusal {
            SignatureRefusal::Malformed | SignatureRefusal::Base(_) | SignatureRefusal::Algorithm => Self::Malformed,
            SignatureRefusal::Wrong => Self::Wrong,
        }
    }
}

impl From<DigestRefusal> for RequestRefusal {
    fn from(refusal: DigestRefusal) -> Self {
        match refusal {
            DigestRefusal::Malformed | DigestRefusal::NoneKnown => Self::Malformed,
            DigestRefusal::Mismatch => Self::Body,
        }
    }
}

/// The signature of a device as it arrived, not verified yet.
#[derive(Debug, Clone)]
pub struct Claim {
    signature: Signature,
    device: String,
    nonce: String,
    created: i64,
}

impl Claim {
    /// Finds the signature of a device on a request; `None` when there is none.
    ///
    /// # Errors
    /// [`RequestRefusal::Malformed`] when there are fields of signatures that cannot be read, several of a device, or one
    /// without device, nonce, moment or algorithm.
    pub fn find(message: &Message<'_>) -> Result<Option<Self>, RequestRefusal> {
        let (input, signature) = (message.field("signature-input"), message.field("signature"));
        if input.is_none() && signature.is_none() {
            return Ok(None);
        }
        let read = Signature::read(&input.unwrap_or_default(), &signature.unwrap_or_default())?;
        let mut of_devices = read.into_iter().filter(|one| one.parameters().tag.as_deref() == Some(TAG));
        let Some(signature) = of_devices.next() else { return Ok(None) };
        if of_devices.next().is_some() {
            return Err(RequestRefusal::Malformed);
        }
        let said = signature.parameters().clone();
        let (Some(device), Some(nonce), Some(created)) = (said.keyid, said.nonce, said.created) else {
            return Err(RequestRefusal::Malformed);
        };
        if said.alg.as_deref() != Some(ALGORITHM) || !NONCE_CHARACTERS.contains(&nonce.len()) {
            return Err(RequestRefusal::Malformed);
        }
        Ok(Some(Self { signature, device, nonce, created }))
    }

    /// Who is said to have signed. Nothing is verified yet.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// What makes the request different from all others of the device.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Verifies everything that can be verified without a memory: whether the nonce is new, the caller must know.
    ///
    /// # Errors
    /// [`RequestRefusal`].
    pub fn verify(
        &self,
        message: &Message<'_>,
        body: &[u8],
        key: &PublicKey,
        now: Timestamp,
    ) -> Result<(), RequestRefusal> {
        let Start::Request(target) = message.start else { return Err(RequestRefusal::Malformed) };
        let query = target.query.map(|_| "@query");
        let content_type = message.field("content-type").map(|_| "content-type");
        let required = ALWAYS.into_iter().chain(query).chain(content_type);
        for component in required {
            if !self.signature.covers(component) {
                return Err(RequestRefusal::NotCovered(component));
            }
        }
        self.signature.verify(message, key)?;
        // After the signature: only the device itself is told that its clock is wrong.
        let apart = now.as_second().abs_diff(self.created);
        if apart > WINDOW.as_secs().unsigned_abs() {
            return Err(RequestRefusal::Clock);
        }
        let digest = message.field("content-digest").ok_or(RequestRefusal::NotCovered("content-digest"))?;
        Ok(content_digest::check(&digest, body)?)
    }
}

/// What a device is about to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// What is asked of whom.
    pub target: Target<'a>,
    /// Type of the body, if there is one.
    pub content_type: Option<&'a str>,
    /// The body as it will be sent.
    pub body: &'a [u8],
}

/// Signs a request, and gives the fields to send with it. `nonce` is new for each request: 16 to 64 characters of ASCII.
///
/// # Errors
/// [`RequestRefusal::Malformed`] when device or nonce are not plain ASCII.
pub fn sign(
    outgoing: &Outgoing<'_>,
    device: &str,
    key: &SigningKey,
    now: Timestamp,
    nonce: &str,
) -> Result<[(&'static str, String); 3], RequestRefusal> {
    let digest = content_digest::content_digest(outgoing.body);
    let mut fields = vec![("content-digest", digest.as_str().into())];
    let mut components = ALWAYS.to_vec();
    if outgoing.target.query.is_some() {
        components.push("@query");
    }
    if let Some(kind) = outgoing.content_type {
        components.push("content-type");
        fields.push(("content-type", kind.into()));
    }
    let parameters = Parameters {
        created: Some(now.as_second()),
        keyid: Some(device.to_owned()),
        alg: Some(ALGORITHM.to_owned()),
        nonce: Some(nonce.to_owned()),
        tag: Some(TAG.to_owned()),
        ..Parameters::default()
    };
    let message = Message { start: Start::Request(outgoing.target), fields };
    let (input, signature) = Signature::sign(&message, &components, parameters, key)?.fields(LABEL)?;
    Ok([("content-digest", digest), ("signature-input", input), ("signature", signature)])
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    const TARGET: Target<'static> = Target {
        method: "POST",
        scheme: "http",
        authority: "127.0.0.1:8420",
        path: "/v1/sessions",
        query: Some("a=1"),
    };
    const NONCE: &str = "0123456789abcdef";

    fn key() -> SigningKey {
        SigningKey::from_seed(&Zeroizing::new([7; 32]))
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }

    /// A signed request as it arrives; `kind` is the type of the body.
    fn arrived(outgoing: &Outgoing<'_>, nonce: &str) -> Message<'static> {
        let signed = sign(outgoing, "kiosk", &key(), now(), nonce).unwrap();
        let mut fields: Vec<_> = signed.into_iter().map(|(name, value)| (name, value.into())).collect();
        if outgoing.content_type.is_some() {
            fields.push(("content-type", "application/json".into()));
        }
        Message { start: Start::Request(TARGET), fields }
    }

    fn whole() -> Outgoing<'static> {
        Outgoing { target: TARGET, content_type: Some("application/json"), body: b"{}" }
    }

    fn verify(message: &Message<'_>, body: &[u8], now: Timestamp) -> Result<(), RequestRefusal> {
        Claim::find(message)?.unwrap().verify(message, body, &key().public(), now)
    }

    #[test]
    fn what_a_device_signs_is_taken_within_the_window() {
        let message = arrived(&whole(), NONCE);
        let claim = Claim::find(&message).unwrap().unwrap();
        assert_eq!((claim.device(), claim.nonce()), ("kiosk", NONCE));
        for seconds in [-60, 0, 60] {
            assert_eq!(verify(&message, b"{}", now() + SignedDuration::from_secs(seconds)), Ok(()));
        }
        for seconds in [-61, 61] {
            let refused = verify(&message, b"{}", now() + SignedDuration::from_secs(seconds));
            assert_eq!(refused, Err(RequestRefusal::Clock));
        }
        assert_eq!(verify(&message, b"{ }", now()), Err(RequestRefusal::Body));
        let other = SigningKey::from_seed(&Zeroizing::new([8; 32])).public();
        assert_eq!(claim.verify(&message, b"{}", &other, now()), Err(RequestRefusal::Wrong));
    }

    #[test]
    fn a_request_without_signature_is_no_claim() {
        let unsigned = Message { start: Start::Request(TARGET), fields: Vec::new() };
        assert!(Claim::find(&unsigned).unwrap().is_none());
        let mut of_another_kind = arrived(&whole(), NONCE);
        for (_, value) in &mut of_another_kind.fields {
            *value = value.replace(TAG, "another").into();
        }
        assert!(Claim::find(&of_another_kind).unwrap().is_none());
    }

    #[test]
    fn a_signature_that_leaves_something_out_is_refused() {
        let without_type = Outgoing { content_type: None, ..whole() };
        let mut message = arrived(&without_type, NONCE);
        message.fields.push(("content-type", "application/json".into()));
        assert_eq!(verify(&message, b"{}", now()), Err(RequestRefusal::NotCovered("content-type")));
        let without_query = Outgoing { target: Target { query: None, ..TARGET }, ..whole() };
        assert_eq!(verify(&arrived(&without_query, NONCE), b"{}", now()), Err(RequestRefusal::NotCovered("@query")));
        for component in ALWAYS {
            let mut message = arrived(&whole(), NONCE);
            let (_, input) = message.fields.iter_mut().find(|(name, _)| *name == "signature-input").unwrap();
            *input = input.replace(&format!("\"{component}\" "), "").replace("(\"@method\" ", "(").into();
            assert!(matches!(verify(&message, b"{}", now()), Err(RequestRefusal::NotCovered(_))), "{component}");
        }
    }

    #[test]
    fn signatures_that_say_too_little_or_too_much_are_refused() {
        assert_eq!(Claim::find(&arrived(&whole(), "short")).unwrap_err(), RequestRefusal::Malformed);
        for missing in ["keyid=\"kiosk\"", "nonce=\"0123456789abcdef\"", "created=1795000000", "alg=\"ed25519\""] {
            let mut message = arrived(&whole(), NONCE);
            for (_, value) in &mut message.fields {
                *value = value.replace(&format!(";{missing}"), "").into();
            }
            assert_eq!(Claim::find(&message).unwrap_err(), RequestRefusal::Malformed, "{missing}");
        }
        let mut twice = arrived(&whole(), NONCE);
        let again: Vec<_> =
            twice.fields.iter().map(|(name, value)| (*name, value.replace("device=", "b=").into())).collect();
        twice.fields.extend(again);
        assert_eq!(Claim::find(&twice).unwrap_err(), RequestRefusal::Malformed);
    }
}
