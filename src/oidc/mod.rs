//! A foreign identity provider: where people are sent to sign in, and who they turn out to be (OpenID Connect).
//!
//! Authorization code flow with PKCE (RFC 7636). The provider is discovered when it is first needed, so that one that is
//! down keeps nothing else from working. Nothing is believed but an ID token that it signed, for us, in answer to this flow.

mod error;
mod settings;
mod transport;
mod verify;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata};
use openidconnect::{
    AuthType, AuthorizationCode, AuthorizationRequest, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, TokenResponse as _,
};
use serde::{Deserialize, Serialize};

use crate::domain::clock::Clock;
use crate::domain::foreign_subject::ForeignSubject;
pub use error::{ProviderError, TokenFault};
pub use settings::{InvalidSettings, Settings};
use transport::Transport;

/// What was discovered is asked for again after this time.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A provider that staff sign in with.
pub struct Provider {
    settings: Settings,
    transport: Transport,
    clock: Arc<dyn Clock>,
    discovered: RwLock<Option<Discovered>>,
}

/// What the provider says of itself, its keys included.
#[derive(Clone)]
struct Discovered {
    client: Arc<Client>,
    at: Timestamp,
}

/// A flow that began.
pub struct Begun {
    /// Where to send the browser.
    pub address: String,
    /// To be kept, in secret, until the browser comes back.
    pub secrets: FlowSecrets,
}

/// What proves that an answer belongs to a flow. Not shown by `Debug`.
#[derive(Serialize, Deserialize)]
pub struct FlowSecrets {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl Provider {
    /// The provider with these settings. It is not asked for anything yet.
    ///
    /// # Errors
    /// [`InvalidSettings`].
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let transport = Transport::new().map_err(|_| InvalidSettings::Tls)?;
        Ok(Self { settings, transport, clock, discovered: RwLock::new(None) })
    }

    /// Whether browsers come back to us over TLS.
    #[must_use]
    pub fn is_behind_tls(&self) -> bool {
        self.settings.redirect.url().scheme() == "https"
    }

    /// Begins a flow. The provider gives `state` back to the browser.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`].
    pub async fn begin(&self, state: String) -> Result<Begun, ProviderError> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client.authorize_url(flow, || CsrfToken::new(state), Nonce::new_random);
        let wanted = self.settings.require_acr.iter().cloned();
        let request = wanted.fold(request.set_pkce_challenge(challenge), AuthorizationRequest::add_auth_context_value);
        let (address, _, nonce) = request.url();
        Ok(Begun { address: address.into(), secrets: FlowSecrets { nonce, verifier } })
    }

    /// Finishes a flow with the code that the browser brought: who signed in.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn finish(&self, code: String, secrets: FlowSecrets) -> Result<ForeignSubject, ProviderError> {
        let client = self.client().await?;
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|_| ProviderError::Unavailable)?;
        let answer = request.set_pkce_verifier(secrets.verifier).request_async(&self.transport).await?;
        let token = answer.id_token().ok_or(TokenFault::Missing)?;
        let (acr, now) = (self.settings.require_acr.as_ref(), self.clock.now());
        match verify::subject(&client, token, &secrets.nonce, acr, now) {
            // The keys may have changed since they were asked for.
            Err(TokenFault::Signature) => {
                let client = self.discover().await?;
                Ok(verify::subject(&client, token, &secrets.nonce, acr, now)?)
            }
            verified => Ok(verified?),
        }
    }

    async fn client(&self) -> Result<Arc<Client>, ProviderError> {
        let known = self.discovered.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(known) if self.clock.now().duration_since(known.at) < FRESH => Ok(known.client),
            _ => self.discover().await,
        }
    }

    /// Asks the provider for its addresses and keys.
    async fn discover(&self) -> Result<Arc<Client>, ProviderError> {
        let issuer = self.settings.issuer.clone();
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.transport).await?;
        let client = Arc::new(self.client_of(metadata));
        let discovered = Discovered { client: Arc::clone(&client), at: self.clock.now() };
        *self.discovered.write().unwrap_or_else(PoisonError::into_inner) = Some(discovered);
        Ok(client)
    }

    fn client_of(&self, metadata: CoreProviderMetadata) -> Client {
        let Settings { client_id, client_secret, redirect, .. } = &self.settings;
        let takes = |method| metadata.token_endpoint_auth_methods_supported().is_none_or(|all| all.contains(&method));
        // Basic is what all must know; some know better.
        let by_basic = takes(CoreClientAuthMethod::ClientSecretBasic) || !takes(CoreClientAuthMethod::ClientSecretPost);
        CoreClient::from_provider_metadata(metadata, client_id.clone(), client_secret.clone())
            .set_redirect_uri(redirect.clone())
            .set_auth_type(if by_basic { AuthType::BasicAuth } else { AuthType::RequestBody })
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.settings.issuer.as_str()).finish_non_exhaustive()
    }
}
