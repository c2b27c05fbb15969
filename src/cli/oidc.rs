//! The identity provider that staff sign in with, as it was typed.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use crate::clock::SystemClock;
use crate::oidc::{Provider, Settings};

/// A foreign identity provider.
#[expect(clippy::struct_field_names, reason = "they are the names of the options")]
#[derive(Debug, Clone, clap::Args)]
pub(super) struct OidcArgs {
    /// An OpenID Connect provider that staff may sign in with, besides their password
    #[arg(
        long,
        value_name = "URL",
        env = "VIVAT_OIDC_ISSUER",
        requires = "oidc_client_id",
        requires = "oidc_redirect"
    )]
    oidc_issuer: Option<String>,
    /// What the provider calls this service
    #[arg(long, value_name = "ID", env = "VIVAT_OIDC_CLIENT_ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// A file with the secret by which the provider knows this service; a public client has none
    #[arg(long, value_name = "FILE", env = "VIVAT_OIDC_CLIENT_SECRET_FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,
    /// Where browsers come back to: `https://HOST/v1/staff-sessions/oidc/callback`
    #[arg(long, value_name = "URL", env = "VIVAT_OIDC_REDIRECT", requires = "oidc_issuer")]
    oidc_redirect: Option<String>,
    /// How staff must have signed in there (`acr`). The second factor is the provider's: without this, whatever it
    /// takes for a sign-in is enough
    #[arg(long, value_name = "VALUE", env = "VIVAT_OIDC_REQUIRE_ACR", requires = "oidc_issuer")]
    oidc_require_acr: Option<String>,
}

impl OidcArgs {
    /// The provider, if there is to be one. It is not asked for anything yet.
    pub(super) fn provider(&self) -> anyhow::Result<Option<Provider>> {
        let (Some(issuer), Some(id), Some(redirect)) = (&self.oidc_issuer, &self.oidc_client_id, &self.oidc_redirect)
        else {
            return Ok(None);
        };
        let mut settings = Settings::new(issuer, id, redirect)?;
        if let Some(file) = &self.oidc_client_secret_file {
            let secret = std::fs::read_to_string(file);
            let secret = secret.with_context(|| format!("cannot read the client secret in {}", file.display()))?;
            settings = settings.with_secret(secret.trim());
        }
        if let Some(acr) = &self.oidc_require_acr {
            settings = settings.requiring_acr(acr);
        }
        Ok(Some(Provider::new(settings, Arc::new(SystemClock))?))
    }
}
