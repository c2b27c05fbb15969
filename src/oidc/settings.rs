//! What somebody who operates the installation has to say about a provider.

use openidconnect::{AuthenticationContextClass, ClientId, ClientSecret, IssuerUrl, RedirectUrl};

/// A provider, and what we are to it.
#[derive(Clone)]
pub struct Settings {
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: ClientId,
    pub(super) client_secret: Option<ClientSecret>,
    pub(super) redirect: RedirectUrl,
    pub(super) require_acr: Option<AuthenticationContextClass>,
}

/// Why a provider cannot be used as it was described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// The issuer.
    #[error("the issuer must be an address such as https://sso.example.org; without TLS only on this machine")]
    Issuer,
    /// Where browsers come back to.
    #[error(
        "the redirect must be https://HOST/v1/staff-sessions/oidc/callback of this service; without TLS only on this machine"
    )]
    Redirect,
    /// No client of HTTP can be made.
    #[error("TLS cannot be set up")]
    Tls,
}

impl Settings {
    /// A provider by its issuer; what it calls us; where it sends browsers back to.
    ///
    /// # Errors
    /// [`InvalidSettings`] for what is no address.
    pub fn new(issuer: &str, client_id: &str, redirect: &str) -> Result<Self, InvalidSettings> {
        Ok(Self {
            issuer: IssuerUrl::new(issuer.to_owned()).map_err(|_| InvalidSettings::Issuer)?,
            client_id: ClientId::new(client_id.to_owned()),
            client_secret: None,
            redirect: RedirectUrl::new(redirect.to_owned()).map_err(|_| InvalidSettings::Redirect)?,
            require_acr: None,
        })
    }

    /// By what the provider knows us. Without it we are a public client, and PKCE alone protects the code.
    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Self {
        self.client_secret = Some(ClientSecret::new(secret.to_owned()));
        self
    }

    /// How people must have signed in there (`acr`): our second factor is the provider's.
    #[must_use]
    pub fn requiring_acr(mut self, acr: &str) -> Self {
        self.require_acr = Some(AuthenticationContextClass::new(acr.to_owned()));
        self
    }

    /// Codes and keys do not travel in the open.
    pub(super) fn check(&self) -> Result<(), InvalidSettings> {
        let is_safe = |scheme: &str, host: Option<&str>| match scheme {
            "https" => host.is_some(),
            "http" => matches!(host, Some("127.0.0.1" | "localhost" | "[::1]")),
            _ => false,
        };
        let (issuer, redirect) = (self.issuer.url(), self.redirect.url());
        if !is_safe(issuer.scheme(), issuer.host_str()) {
            return Err(InvalidSettings::Issuer);
        }
        if !is_safe(redirect.scheme(), redirect.host_str()) || redirect.path() != "/v1/staff-sessions/oidc/callback" {
            return Err(InvalidSettings::Redirect);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "https://vivat.example.org/v1/staff-sessions/oidc/callback";

    fn checked(issuer: &str, redirect: &str) -> Result<(), InvalidSettings> {
        Settings::new(issuer, "vivat", redirect)?.check()
    }

    #[test]
    fn nothing_travels_in_the_open() {
        assert_eq!(checked("https://sso.example.org/realms/office", BACK), Ok(()));
        assert_eq!(
            checked("http://127.0.0.1:9000", &BACK.replace("https://vivat.example.org", "http://[::1]:1")),
            Ok(())
        );
        for issuer in ["http://sso.example.org", "http://127.0.0.1.example.org", "sso.example.org", "ldap://sso"] {
            assert_eq!(checked(issuer, BACK), Err(InvalidSettings::Issuer), "{issuer}");
        }
        for redirect in ["http://vivat.example.org/v1/staff-sessions/oidc/callback", "https://vivat.example.org/", "x"]
        {
            assert_eq!(checked("https://sso.example.org", redirect), Err(InvalidSettings::Redirect), "{redirect}");
        }
    }
}
