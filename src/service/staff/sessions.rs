//! Bearer tokens of staff: opened, recognised, ended.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Console;
use super::profile;
use crate::domain::id::StaffId;
use crate::domain::staff::StaffMember;
use crate::domain::staff_session::{StaffSession, WayIn};
use crate::log::entry::Act;
use crate::service::Service;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::{Tx, staff, staff_sessions};
use crate::vault::Vault;

/// Tokens begin so, and are found by secret scanners.
const PREFIX: &str = "vivat_";

/// A bearer token. It is shown once; the database keeps its SHA-256 (256 random bits need no slow hash).
pub struct Token(Zeroizing<String>);

impl Token {
    /// A fresh one.
    pub(in crate::service) fn random() -> Self {
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
        Self(Zeroizing::new(format!("{PREFIX}{}", hex::encode(secret.as_slice()))))
    }

    /// The text to put behind `Bearer`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(in crate::service) fn digest(&self) -> [u8; 32] {
        digest(self.reveal())
    }
}

/// Opens a session of somebody who proved who they are.
pub(super) async fn open(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    member: &StaffMember,
    way: WayIn,
) -> Result<(Token, StaffSession), ServiceError> {
    let token = Token::random();
    let session = StaffSession::signed_in(member.id, token.digest(), now, &mut rand::rng());
    staff_sessions::insert(tx, &session).await?;
    let act = Act::StaffSignedIn { staff: member.id, way };
    append(tx, now, Who::Staff(member), vault.house(), |_| act).await?;
    Ok((token, session))
}

impl Console {
    /// Opens a session of a member of staff without their password, for scripts: the log tells it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without the account, or when it is disabled.
    pub async fn open_session(&self, staff: StaffId, lasting: SignedDuration) -> Result<Token, ServiceError> {
        let (token, now) = (Token::random(), self.clock.now());
        let mut tx = self.store.write().await?;
        if !staff::is_good(&mut tx, staff).await? {
            return Err(ServiceError::NotFound("account that is not disabled"));
        }
        let session = StaffSession::of_console(staff, token.digest(), lasting, now, &mut rand::rng());
        staff_sessions::insert(&mut tx, &session).await?;
        append(&mut tx, now, Who::Console, self.vault.house(), |_| Act::StaffTokenIssued { staff }).await?;
        tx.commit().await?;
        Ok(token)
    }
}

impl Service {
    /// Who holds this token; `None` when it is unknown, when its session is over, or the account disabled.
    ///
    /// # Errors
    /// The database's own.
    pub async fn authenticate(&self, token: &str) -> Result<Option<StaffMember>, ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let Some(session) = staff_sessions::find(&mut tx, &digest(token)).await? else { return Ok(None) };
        let Some(stored) = staff::find(&mut tx, session.staff).await? else { return Ok(None) };
        if !session.is_open(now) || stored.disabled_at.is_some() {
            return Ok(None);
        }
        let member = profile::open(self.vault.house(), &mut tx, stored).await?;
        drop(tx);
        if session.is_to_be_seen(now) {
            self.see(&session, now).await?;
        }
        Ok(Some(member))
    }

    /// Ends the session of this token. Twice is no error.
    ///
    /// # Errors
    /// The database's own.
    pub async fn sign_out(&self, token: &str) -> Result<(), ServiceError> {
        let mut tx = self.store.write().await?;
        if let Some(session) = staff_sessions::find(&mut tx, &digest(token)).await? {
            staff_sessions::end(&mut tx, session.id, self.clock.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Forgets sessions that are over for a day.
    ///
    /// # Errors
    /// The database's own.
    pub async fn forget_old_sessions(&self) -> Result<u64, ServiceError> {
        let mut tx = self.store.write().await?;
        let day_ago = self.clock.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let forgotten = staff_sessions::purge_before(&mut tx, day_ago).await?;
        tx.commit().await?;
        Ok(forgotten)
    }

    async fn see(&self, session: &StaffSession, now: Timestamp) -> Result<(), ServiceError> {
        let mut tx = self.store.write().await?;
        staff_sessions::see(&mut tx, session.id, now).await?;
        Ok(tx.commit().await?)
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
