//! A member of staff signs in with login, password and code.
//!
//! Nobody can lock anybody out (OWASP, device cookies): whoever signed in from a client before holds the token of a known
//! client, whose failures are counted apart. All other clients of an account share one run of failures, with growing
//! pauses, and so does each address. An attacker meets the pauses; the known client goes past them.

use jiff::Timestamp;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::StaffView;
use super::credentials::Credential;
use super::{passwords, profile, sessions};
use crate::domain::credentials::Password;
use crate::domain::id::StaffId;
use crate::domain::limits::{AddressIndex, Run, SIGN_IN, SIGN_IN_ADDRESS, Subject};
use crate::domain::staff::{Login, StaffMember};
use crate::domain::staff_session::{IDLE, WayIn};
use crate::log::entry::Act;
use crate::service::Service;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::staff_credentials::StoredCredential;
use crate::store::{Tx, failure_runs, staff, staff_credentials, staff_sessions};
use crate::vault::{DataKey, Indexed};

/// Who, and how they prove it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The name to sign in with.
    #[schema(example = "wang.fang")]
    pub login: String,
    /// The password.
    pub password: String,
    /// Six digits of the authenticator; each code works once.
    #[schema(example = "287082")]
    pub code: String,
    /// A password to replace the present one: 10 to 128 characters. Needed at the first sign-in.
    pub new_password: Option<String>,
    /// What the last sign-in from this client gave as `client`.
    pub client: Option<String>,
}

/// Signed in.
#[derive(Clone, Serialize, ToSchema)]
pub struct SignedIn {
    /// Goes behind `Authorization: Bearer`.
    #[schema(example = "vivat_5f0c1c7d2b9e4a368d1f60b7a2c4e9135f0c1c7d2b9e4a368d1f60b7a2c4e913")]
    pub token: String,
    /// When the session is over in any case.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Seconds without a request after which it is over.
    pub idle_seconds: i64,
    /// Makes this client a known one: keep it, and send it with the next sign-in. It opens nothing.
    pub client: String,
    /// Who.
    pub staff: StaffView,
}

/// An account that somebody wants to sign in to, if there is one.
struct Account {
    id: StaffId,
    stored: StoredCredential,
    credential: Credential,
}

impl Service {
    /// Opens a session.
    ///
    /// # Errors
    /// [`ServiceError::SignInRefused`], the same for whatever is wrong; [`ServiceError::SignInPaused`];
    /// [`ServiceError::PasswordToChange`] at the first sign-in without a new password; [`ServiceError::WeakPassword`].
    pub async fn sign_in(&self, with: &SignIn, from: Option<AddressIndex>) -> Result<SignedIn, ServiceError> {
        let now = self.clock.now();
        let login = Login::parse(&with.login).map_or_else(|_| with.login.clone(), |login| login.as_str().to_owned());
        let login = self.vault.index(Indexed::Login, &login).0;
        let account = self.account(&login).await?;
        let client = account.as_ref().and_then(|of| self.known_client(of, with.client.as_deref()?));
        let subject = client.map_or(Subject::OtherClients(login), Subject::KnownClient);
        let address = from.filter(|_| client.is_none()).map(Subject::SignInAddress);
        self.count_attempt(&subject, address.as_ref()).await?;

        let password = Password::typed(&with.password);
        let hash = account.as_ref().filter(|_| password.is_some()).map(|of| of.credential.password.clone());
        let known = password.unwrap_or_else(|| Password::issued(rand::rng().random()));
        let fits = passwords::verify(known, hash).await?;
        let step = account.as_ref().and_then(|of| of.credential.step_of(&with.code, now));
        let (Some(account), true, Some(step)) = (account, fits, step) else {
            self.count_failure(address.as_ref()).await?;
            return Err(ServiceError::SignInRefused);
        };
        let changed = self.changed(&account, with.new_password.as_deref()).await?;
        if account.stored.issued && changed.is_none() {
            // What was typed is right: that is no failure.
            let mut tx = self.store.write().await?;
            failure_runs::end(&mut tx, &subject).await?;
            tx.commit().await?;
            return Err(ServiceError::PasswordToChange);
        }
        self.open(account, step, changed, &subject).await
    }

    async fn account(&self, login: &[u8; 32]) -> Result<Option<Account>, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = staff::find_by_login(&mut tx, login).await?.filter(|found| found.disabled_at.is_none());
        let Some(found) = found else { return Ok(None) };
        let Some(stored) = staff_credentials::find(&mut tx, found.id).await? else { return Ok(None) };
        let credential = Credential::open(self.vault.house(), found.id, &stored)?;
        Ok(Some(Account { id: found.id, stored, credential }))
    }

    /// Counts the attempt as a failure before it is known to be one: of many at the same time, none gets past the pause.
    async fn count_attempt(&self, subject: &Subject, address: Option<&Subject>) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        if let Some(address) = address {
            let run = failure_runs::find(&mut tx, address).await?.unwrap_or(Run::none(now));
            run.at(&SIGN_IN_ADDRESS, now).check(now).map_err(ServiceError::SignInPaused)?;
        }
        let run = failure_runs::hold(&mut tx, subject, now).await?.at(&SIGN_IN, now);
        run.check(now).map_err(ServiceError::SignInPaused)?;
        failure_runs::update(&mut tx, subject, &run.after_failure(&SIGN_IN, now)).await?;
        Ok(tx.commit().await?)
    }

    /// Counts a failure of an address, after it is known to be one: others succeed from there.
    async fn count_failure(&self, address: Option<&Subject>) -> Result<(), ServiceError> {
        let Some(address) = address else { return Ok(()) };
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let run = failure_runs::hold(&mut tx, address, now).await?.at(&SIGN_IN_ADDRESS, now);
        failure_runs::update(&mut tx, address, &run.after_failure(&SIGN_IN_ADDRESS, now)).await?;
        Ok(tx.commit().await?)
    }

    /// The credential with the new password, if there is one.
    async fn changed(&self, of: &Account, new: Option<&str>) -> Result<Option<StoredCredential>, ServiceError> {
        let Some(new) = new else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let member = profile::find(self.vault.house(), &mut tx, of.id).await?.ok_or(ServiceError::SignInRefused)?;
        drop(tx);
        let hash = passwords::hash(Password::choose(new, &member)?).await?;
        let sealed = of.credential.with_password(hash).seal(self.vault.house(), of.id)?;
        Ok(Some(StoredCredential { sealed, issued: false, ..of.stored.clone() }))
    }

    async fn open(
        &self,
        account: Account,
        step: u64,
        changed: Option<StoredCredential>,
        subject: &Subject,
    ) -> Result<SignedIn, ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let member = self.good(&mut tx, account.id).await?;
        if !staff_credentials::use_step(&mut tx, account.id, step, account.stored.set_at).await? {
            return Err(ServiceError::SignInRefused);
        }
        let mut since = account.stored.set_at;
        if let Some(changed) = changed {
            since = now;
            staff_credentials::set(&mut tx, account.id, &StoredCredential { last_step: step, set_at: now, ..changed })
                .await?;
            staff_sessions::end_all(&mut tx, account.id, now).await?;
            let act = Act::StaffCredentialsSet { staff: account.id };
            append(&mut tx, now, Who::Staff(&member), self.vault.house(), |_| act).await?;
        }
        failure_runs::end(&mut tx, subject).await?;
        let (token, session) = sessions::open(&mut tx, &self.vault, now, &member, WayIn::Password).await?;
        tx.commit().await?;
        Ok(SignedIn {
            token: token.reveal().to_owned(),
            expires_at: session.expires_at,
            idle_seconds: IDLE.as_secs(),
            client: client_token(self.vault.house(), account.id, since, rand::rng().random()),
            staff: StaffView::from(&member),
        })
    }

    async fn good(&self, tx: &mut Tx, id: StaffId) -> Result<StaffMember, ServiceError> {
        let found = profile::find(self.vault.house(), tx, id).await?;
        found.filter(|member| member.disabled_at.is_none()).ok_or(ServiceError::SignInRefused)
    }

    /// The name of a client that signed in to this account before, with the present credentials.
    fn known_client(&self, account: &Account, token: &str) -> Option<[u8; 16]> {
        let mut name = [0; 16];
        hex::decode_to_slice(token.get(..32)?, &mut name).ok()?;
        let good = client_token(self.vault.house(), account.id, account.stored.set_at, name);
        // Compared by digests: the time tells nothing.
        let digest = |text: &str| self.vault.house().derive("compare", text.as_bytes());
        (digest(&good) == digest(token)).then_some(name)
    }
}

/// Names a client, and proves that this account made the name since it has its credentials.
fn client_token(house: &DataKey, staff: StaffId, since: Timestamp, name: [u8; 16]) -> String {
    let bound = [staff.0.as_bytes().as_slice(), &since.as_microsecond().to_be_bytes(), &name].concat();
    hex::encode(name) + &hex::encode(house.derive("known client", &bound))
}
