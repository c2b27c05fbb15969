//! Why a provider did not tell who signed in. What it wrote is not passed on: it may name people.

use openidconnect::core::CoreRequestTokenError;
use openidconnect::{ClaimsVerificationError, DiscoveryError, RequestTokenError};

use super::transport::TransportError;

/// Why nobody is known after a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be reached, does not answer as a provider, or is another one than its address says.
    #[error("the identity provider is unavailable, or does not answer as one")]
    Unavailable,
    /// It does not take the code, or does not know us.
    #[error("the identity provider refused the code")]
    Refused,
    /// Its token is not believed.
    #[error(transparent)]
    Token(#[from] TokenFault),
}

/// What is wrong with an ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// There is none.
    #[error("the identity provider gave no ID token")]
    Missing,
    /// No key of the provider signed it.
    #[error("the ID token is not signed by the identity provider")]
    Signature,
    /// Somebody else made it.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// It was made for others, or for others too.
    #[error("the ID token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the ID token has expired")]
    Expired,
    /// It answers another flow.
    #[error("the ID token belongs to another sign-in")]
    Nonce,
    /// The person did not sign in there as is asked for.
    #[error("the sign-in at the identity provider was not of the kind that is required")]
    Weak,
    /// It cannot be understood.
    #[error("the ID token cannot be understood")]
    Malformed,
}

impl From<ClaimsVerificationError> for TokenFault {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(_) => Self::Signature,
            ClaimsVerificationError::InvalidIssuer(_) => Self::Issuer,
            ClaimsVerificationError::InvalidAudience(_) => Self::Audience,
            ClaimsVerificationError::Expired(_) => Self::Expired,
            ClaimsVerificationError::InvalidNonce(_) => Self::Nonce,
            ClaimsVerificationError::InvalidAuthContext(_) => Self::Weak,
            _ => Self::Malformed,
        }
    }
}

impl From<DiscoveryError<TransportError>> for ProviderError {
    fn from(error: DiscoveryError<TransportError>) -> Self {
        match error {
            DiscoveryError::Request(source) => unanswered(&source),
            DiscoveryError::Response(status, ..) => {
                tracing::error!(status = status.as_u16(), "the identity provider does not answer as one");
            }
            DiscoveryError::Validation(_) => tracing::error!("the identity provider says that it is another issuer"),
            _ => tracing::error!("the document of the identity provider cannot be understood"),
        }
        Self::Unavailable
    }
}

impl From<CoreRequestTokenError<TransportError>> for ProviderError {
    fn from(error: CoreRequestTokenError<TransportError>) -> Self {
        match error {
            RequestTokenError::ServerResponse(refusal) => {
                // One of a few words that the protocol knows, such as `invalid_grant`.
                tracing::error!(reason = refusal.error().as_ref(), "the identity provider refused the code");
                Self::Refused
            }
            RequestTokenError::Request(source) => {
                unanswered(&source);
                Self::Unavailable
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                tracing::error!("the answer of the identity provider cannot be understood");
                Self::Unavailable
            }
        }
    }
}

/// The source has no more than an address without its query.
fn unanswered(source: &TransportError) {
    tracing::error!(error = source as &dyn std::error::Error, "the identity provider cannot be asked");
}
