//! Is this ID token one that the provider made, now, for us, in answer to this flow? And who signed in?

use std::time::SystemTime;

use jiff::Timestamp;
use openidconnect::core::{CoreIdToken, CoreJwsSigningAlgorithm as Algorithm};
use openidconnect::{AuthenticationContextClass, Nonce};

use super::Client;
use super::error::TokenFault;
use crate::domain::foreign_subject::ForeignSubject;

/// Signatures by a key that only the provider has. Those by a shared secret prove less, whatever the provider offers.
const ASYMMETRIC: [Algorithm; 8] = [
    Algorithm::EdDsa,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha512,
];

/// Verifies the token (OpenID Connect Core 1.0, section 3.1.3.7): issuer, audience, signature, time, nonce, and how the
/// person signed in.
pub(super) fn subject(
    client: &Client,
    token: &CoreIdToken,
    nonce: &Nonce,
    acr: Option<&AuthenticationContextClass>,
    now: Timestamp,
) -> Result<ForeignSubject, TokenFault> {
    let fits = |told: Option<&AuthenticationContextClass>| {
        if acr.is_none() || acr == told { Ok(()) } else { Err(String::new()) }
    };
    let now = SystemTime::from(now);
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ASYMMETRIC)
        .set_auth_context_verifier_fn(fits)
        .set_time_fn(move || now.into());
    let claims = token.claims(&verifier, nonce)?;
    ForeignSubject::parse(claims.issuer(), claims.subject()).map_err(|_| TokenFault::Malformed)
}
