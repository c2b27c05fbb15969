//! A member of staff signs in with a foreign identity provider, and gets the same kind of session as with a password.
//!
//! A sign-in lies in the database while the browser is at the provider, so that any node can finish it: once, within ten
//! minutes, in the browser that began it. The second factor is the provider's.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::accounts::StaffView;
use super::{profile, sessions};
use crate::domain::foreign_subject::ForeignSubject;
use crate::domain::id::PendingSignInId;
use crate::domain::staff::StaffMember;
use crate::domain::staff_session::{IDLE, WayIn};
use crate::oidc::{FlowSecrets, Provider, ProviderError};
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::store::pending_sign_ins::PendingSignIn;
use crate::store::{StoreError, Tx, pending_sign_ins, staff_links};
use crate::vault::{Indexed, Kind, Label};

/// How long the browser may be at the provider.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Why nobody is signed in, or no link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OidcRefusal {
    /// This installation knows no provider.
    #[error("no identity provider is configured")]
    NoProvider,
    /// No sign-in began so, or it was finished before.
    #[error("there is no such sign-in, or it was finished before")]
    Unknown,
    /// It began more than [`PATIENCE`] ago.
    #[error("the sign-in took too long")]
    TooLate,
    /// It began in another browser.
    #[error("the sign-in began in another browser")]
    OtherBrowser,
    /// The provider does not say who it is.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Nobody linked the subject to an account.
    #[error("the subject is not linked to an account")]
    NotLinked,
    /// The subject is linked to an account already.
    #[error("the subject opens an account already: undo that first (`vivat staff unlink`)")]
    LinkedBefore,
    /// The account opens nothing.
    #[error("the account is disabled")]
    Disabled,
}

/// A sign-in that began.
pub struct ForeignSignInBegun {
    /// Where to send the browser.
    pub address: String,
    /// What the browser has to keep, and to show again.
    pub browser: Zeroizing<String>,
    /// Whether the browser comes back over TLS.
    pub over_tls: bool,
}

/// Signed in.
#[derive(Clone, Serialize, ToSchema)]
pub struct ForeignSignedIn {
    /// Goes behind `Authorization: Bearer`.
    #[schema(example = "vivat_5f0c1c7d2b9e4a368d1f60b7a2c4e9135f0c1c7d2b9e4a368d1f60b7a2c4e913")]
    pub token: String,
    /// When the session is over in any case.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Seconds without a request after which it is over.
    pub idle_seconds: i64,
    /// Who.
    pub staff: StaffView,
}

impl Service {
    /// Lets staff sign in with this provider too.
    #[must_use]
    pub fn with_provider(mut self, provider: Provider) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Begins a sign-in with the provider.
    ///
    /// # Errors
    /// [`OidcRefusal::NoProvider`], and [`ProviderError::Unavailable`] while the provider is down.
    pub async fn begin_foreign_sign_in(&self) -> Result<ForeignSignInBegun, ServiceError> {
        let provider = self.provider()?;
        let (state, browser) = (random(), random());
        let begun = provider.begin(state.to_string()).await.map_err(OidcRefusal::from)?;
        let now = self.clock.now();
        let id = PendingSignInId::new(now, &mut rand::rng());
        let secrets = Zeroizing::new(serde_json::to_vec(&begun.secrets)?);
        let pending = PendingSignIn {
            id,
            state_digest: digest(&state),
            browser_digest: digest(&browser),
            secrets: self.vault.house().seal(&label(id), &secrets),
            expires_at: now.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX),
        };
        let mut tx = self.store.write().await?;
        // For so long it can be told that they are too late.
        let before = now.saturating_sub(PATIENCE).unwrap_or(Timestamp::MIN);
        pending_sign_ins::purge_before(&mut tx, before).await?;
        pending_sign_ins::insert(&mut tx, &pending).await?;
        tx.commit().await?;
        Ok(ForeignSignInBegun { address: begun.address, browser, over_tls: provider.is_behind_tls() })
    }

    /// Finishes a sign-in: opens a session of the account that is linked to whoever signed in. `code` is `None` when the
    /// provider, or the person there, refused.
    ///
    /// # Errors
    /// [`OidcRefusal`].
    pub async fn finish_foreign_sign_in(
        &self,
        state: &str,
        browser: &str,
        code: Option<String>,
    ) -> Result<ForeignSignedIn, ServiceError> {
        let provider = self.provider()?;
        let secrets = self.take_sign_in(state, browser).await?;
        let refusal = OidcRefusal::from;
        let code = code.ok_or(ProviderError::Refused).map_err(refusal)?;
        let subject = provider.finish(code, secrets).await.map_err(refusal)?;
        self.open_for(&subject).await
    }

    /// Uses the sign-in up, before the provider is asked: whatever becomes of it, it cannot be tried again.
    async fn take_sign_in(&self, state: &str, browser: &str) -> Result<FlowSecrets, ServiceError> {
        let mut tx = self.store.write().await?;
        let found = pending_sign_ins::find(&mut tx, &digest(state)).await?;
        let pending = found.ok_or(OidcRefusal::Unknown)?;
        if pending.browser_digest != digest(browser) {
            return Err(OidcRefusal::OtherBrowser.into());
        }
        if self.clock.now() >= pending.expires_at {
            return Err(OidcRefusal::TooLate.into());
        }
        if !pending_sign_ins::take(&mut tx, pending.id).await? {
            return Err(OidcRefusal::Unknown.into());
        }
        tx.commit().await?;
        let secrets = self.vault.house().open(&label(pending.id), &pending.secrets)?;
        let corrupt = || StoreError::Corrupt { table: "pending_sign_in", column: "secrets".to_owned() };
        Ok(serde_json::from_slice(&secrets).map_err(|_| corrupt())?)
    }

    async fn open_for(&self, subject: &ForeignSubject) -> Result<ForeignSignedIn, ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let member = self.linked(&mut tx, subject).await?;
        let (token, session) = sessions::open(&mut tx, &self.vault, now, &member, WayIn::Provider).await?;
        tx.commit().await?;
        Ok(ForeignSignedIn {
            token: token.reveal().to_owned(),
            expires_at: session.expires_at,
            idle_seconds: IDLE.as_secs(),
            staff: StaffView::from(&member),
        })
    }

    async fn linked(&self, tx: &mut Tx, subject: &ForeignSubject) -> Result<StaffMember, ServiceError> {
        let subject = self.vault.index(Indexed::ForeignSubject, &subject.text()).0;
        let link = staff_links::find_good(tx, &subject).await?.ok_or(OidcRefusal::NotLinked)?;
        let member = profile::find(self.vault.house(), tx, link.staff).await?.ok_or(OidcRefusal::NotLinked)?;
        if member.disabled_at.is_some() {
            return Err(OidcRefusal::Disabled.into());
        }
        Ok(member)
    }

    fn provider(&self) -> Result<&Provider, ServiceError> {
        Ok(self.provider.as_deref().ok_or(OidcRefusal::NoProvider)?)
    }
}

fn label(id: PendingSignInId) -> Label {
    Label { kind: Kind::PendingSignIn, owner: Uuid::nil(), record: id.0 }
}

/// 256 random bits, in hex.
fn random() -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    Zeroizing::new(hex::encode(bytes.as_slice()))
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
