//! A person is erased: their key is destroyed, and with it all that it sealed. What the law keeps stays, and the log says
//! how much that is.
//!
//! Certifications, decisions and entries of the log stay, with nobody's name on them. A number that is given again is that
//! of somebody new.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::records::Records;
use super::retain_images::{Deleted, delete_of_erased};
use super::sealed;
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::{BeneficiaryId, PersonId};
use crate::domain::permission::Permission;
use crate::domain::reason::Reason;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::persons::{self, Remains};
use crate::store::{Tx, beneficiaries, cases, frame_marks, idempotency};
use crate::vault::{Indexed, Vault};

/// Why somebody is erased.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    /// Why: 5 to 2,000 characters.
    #[schema(example = "Moved abroad; the request of the person of 3 November is in the file.")]
    pub reason: String,
}

/// What is left of somebody who was erased. None of it tells who it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonErased {
    /// Ours.
    pub person: Uuid,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub erased_at: Timestamp,
    /// Certifications that stay in the record.
    pub certifications: u64,
    /// Decisions that stay in the record.
    pub decisions: u64,
    /// Judgements that stay in the record, their reasons unreadable.
    pub judgements: u64,
}

impl Service {
    /// Erases a beneficiary. Their pictures follow soon after; nobody can open them any more.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for somebody who is not here, not any more, or at an agency of others; [`ServiceError::Reason`].
    pub async fn erase_beneficiary(
        &self,
        id: BeneficiaryId,
        new: &NewErasure,
        who: Who<'_>,
        key: Option<RequestKey>,
    ) -> Result<Answer<PersonErased>, ServiceError> {
        let reason = Reason::parse(&new.reason)?;
        let mut work = begin!(self, key);
        let found = beneficiaries::find(&mut work.tx, id).await?;
        let found = found.filter(|of| who.sees(Permission::ErasePersons, &of.agency));
        found.ok_or(ServiceError::NotFound("beneficiary"))?;
        let erased = erase(&mut work.tx, &self.vault, id.into(), &reason, self.clock.now(), who).await?;
        let answer = work.finish(erased).await?;
        self.store.scrub().await?;
        self.housekeeping.notify_one();
        Ok(answer)
    }
}

/// Erases whoever has this number, registered or not, with their pictures.
///
/// # Errors
/// [`ServiceError::CitizenId`], [`ServiceError::Reason`], [`ServiceError::NotFound`] when nobody has it. When pictures
/// cannot be deleted, the person is erased all the same, and the job that retains pictures tries again.
pub async fn erase_number(
    records: &Records,
    number: &str,
    reason: &str,
) -> Result<(PersonErased, Result<Deleted, ServiceError>), ServiceError> {
    let (number, reason) = (CitizenId::parse(number)?, Reason::parse(reason)?);
    let index = records.vault.index(Indexed::CitizenId, number.as_str()).0;
    let mut tx = records.store.write().await?;
    let found = persons::find_by_index(&mut tx, &index).await?.ok_or(ServiceError::NotFound("person"))?;
    let erased = erase(&mut tx, &records.vault, found.id, &reason, records.clock.now(), Who::Console).await?;
    tx.commit().await?;
    records.store.scrub().await?;
    Ok((erased, delete_of_erased(records).await))
}

async fn erase(
    tx: &mut Tx,
    vault: &Vault,
    id: PersonId,
    reason: &Reason,
    now: Timestamp,
    who: Who<'_>,
) -> Result<PersonErased, ServiceError> {
    let sealed = sealed::erasure::seal(reason, id, vault.house());
    if !persons::erase(tx, id, &sealed, now).await? {
        return Err(ServiceError::NotFound("person"));
    }
    cases::close_of_erased(tx, id).await?;
    idempotency::forget_person(tx, id).await?;
    frame_marks::forget_person(tx, id).await?;
    let Remains { certifications, decisions, judgements } = persons::remains(tx, id).await?;
    append(tx, now, who, vault.house(), |salt| Act::PersonErased {
        person: id,
        certifications,
        decisions,
        judgements,
        record: Record::Erasure(id, reason, now).commit(salt),
    })
    .await?;
    Ok(PersonErased { person: id.0, erased_at: now, certifications, decisions, judgements })
}
