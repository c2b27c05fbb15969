//! Subjects of a foreign identity provider are linked to accounts of staff.
//!
//! Only at the console: an administrator who could link alone would sign in to the account of another, and so be two people.

use super::Console;
use super::oidc::OidcRefusal;
use crate::domain::foreign_subject::ForeignSubject;
use crate::domain::id::{StaffId, StaffLinkId};
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::service::append_log::{Who, append};
use crate::service::error::ServiceError;
use crate::store::staff_links::StaffLink;
use crate::store::{Constraint, StoreError, staff, staff_links, staff_sessions};
use crate::vault::Indexed;

impl Console {
    /// Lets whoever the provider names so sign in to the account.
    ///
    /// # Errors
    /// [`OidcRefusal::LinkedBefore`] when the subject opens an account already.
    pub async fn link(&self, account: StaffId, subject: &ForeignSubject) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        staff::find(&mut tx, account).await?.ok_or(ServiceError::NotFound("account"))?;
        let link = StaffLink {
            id: StaffLinkId::new(now, &mut rand::rng()),
            staff: account,
            subject: self.vault.index(Indexed::ForeignSubject, &subject.text()).0,
            unlinked_at: None,
        };
        staff_links::insert(&mut tx, &link, now).await.map_err(|error| match error {
            StoreError::Conflict(Constraint::SubjectLinked) => ServiceError::from(OidcRefusal::LinkedBefore),
            other => other.into(),
        })?;
        append(&mut tx, now, Who::Console, self.vault.house(), |salt| Act::StaffLinked {
            link: link.id,
            staff: account,
            record: Record::StaffLink(link.id, account, &link.subject).commit(salt),
        })
        .await?;
        Ok(tx.commit().await?)
    }

    /// Undoes a link, and ends the sessions of the account, at once.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the subject does not open this account.
    pub async fn unlink(&self, account: StaffId, subject: &ForeignSubject) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let subject = self.vault.index(Indexed::ForeignSubject, &subject.text()).0;
        let found = staff_links::find_good(&mut tx, &subject).await?.filter(|link| link.staff == account);
        let link = found.ok_or(ServiceError::NotFound("link"))?;
        // Of two at the same time, one does it.
        if staff_links::unlink(&mut tx, link.id, now).await? {
            staff_sessions::end_all(&mut tx, account, now).await?;
            append(&mut tx, now, Who::Console, self.vault.house(), |_| Act::StaffUnlinked { link: link.id }).await?;
        }
        Ok(tx.commit().await?)
    }
}
