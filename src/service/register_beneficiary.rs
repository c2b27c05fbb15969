//! A beneficiary enters the register.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::persons::key_of;
use super::sealed;
use crate::domain::beneficiary::{AgencyCode, Beneficiary, PersonName};
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::BeneficiaryId;
use crate::domain::permission::Permission;
use crate::domain::scheme::Scheme;
use crate::domain::standing::StandingChange;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::{Constraint, StoreError, Tx, beneficiaries, certifications, persons, references, standings};
use crate::vault::{DataKey, Indexed, Vault};

/// Who receives a pension.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBeneficiary {
    /// Citizen number 公民身份号码, 18 characters (or 15, the old form).
    #[schema(example = "11010519491231002X")]
    pub citizen_id: String,
    /// As in the documents.
    #[schema(example = "王秀英")]
    pub name: String,
    /// Code of the agency, 6 to 12 digits.
    #[schema(example = "110105")]
    pub agency: String,
    /// What the person receives; at least one.
    pub schemes: Vec<Scheme>,
}

/// A beneficiary as the office sees one. The citizen number is masked.
#[derive(Clone, Serialize, ToSchema)]
pub struct BeneficiaryView {
    /// Ours.
    pub id: Uuid,
    /// Region and last two characters.
    #[schema(example = "110105**********2X")]
    pub citizen_id_masked: String,
    /// As in the documents.
    pub name: String,
    /// Code of the agency.
    pub agency: String,
    /// What the person receives.
    pub schemes: Vec<Scheme>,
    /// References that are compared.
    pub references: usize,
    /// Last day of the newest certification; absent when there is none.
    #[schema(value_type = Option<String>, format = Date)]
    pub certified_until: Option<jiff::civil::Date>,
    /// Whether the pension is paid. Two people change it, and nothing else does.
    pub standing: StandingView,
    /// Since when; absent when it was never suspended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub standing_since: Option<Timestamp>,
}

/// Whether a pension is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandingView {
    /// It is.
    Paid,
    /// Two people suspended it (暂停).
    Suspended,
}

impl Service {
    /// Registers a beneficiary.
    ///
    /// # Errors
    /// Invalid fields, [`ServiceError::NotPermitted`] at an agency of others, or [`ServiceError::AlreadyRegistered`].
    pub async fn register_beneficiary(
        &self,
        new: &NewBeneficiary,
        who: Who<'_>,
        key: Option<RequestKey>,
    ) -> Result<Answer<BeneficiaryView>, ServiceError> {
        if new.schemes.is_empty() {
            return Err(ServiceError::NoScheme);
        }
        let now = self.clock.now();
        let mut schemes = new.schemes.clone();
        schemes.sort_unstable();
        schemes.dedup();
        let citizen_id = CitizenId::parse(&new.citizen_id)?;
        let (name, agency) = (PersonName::parse(&new.name)?, AgencyCode::parse(&new.agency)?);
        who.require(Permission::RegisterBeneficiaries, &agency)?;
        let (mut work, person) = loop {
            let person = self.person_of(&citizen_id).await?;
            let mut work = begin!(self, key.clone());
            if person.record(&mut work.tx, now).await? {
                break (work, person);
            }
        };
        work.person = Some(person.id);
        let id = BeneficiaryId(person.id.0);
        let beneficiary = Beneficiary { id, citizen_id, name, agency, schemes, registered_at: now };
        let stored = sealed::beneficiary::seal(&beneficiary, &person.key)?;
        beneficiaries::insert(&mut work.tx, &stored).await.map_err(|error| match error {
            StoreError::Conflict(Constraint::CitizenIdTaken) => ServiceError::AlreadyRegistered,
            other => other.into(),
        })?;
        append(&mut work.tx, now, who, &person.key, |salt| Act::BeneficiaryRegistered {
            beneficiary: id,
            record: Record::Beneficiary(&beneficiary).commit(salt),
        })
        .await?;
        work.finish(view(&beneficiary, 0, None, None)).await
    }

    /// One beneficiary.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], also for those of agencies where `who` reads nothing.
    pub async fn beneficiary(&self, id: BeneficiaryId, who: Who<'_>) -> Result<BeneficiaryView, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, &self.vault, id).await?;
        let found = found.filter(|(of, _)| who.sees(Permission::ReadBeneficiaries, &of.agency));
        let (found, _) = found.ok_or(ServiceError::NotFound("beneficiary"))?;
        let references = references::compared(&mut tx, id).await?.len();
        let newest = certifications::of_beneficiary(&mut tx, id).await?.into_iter().next();
        let standing = standings::last(&mut tx, id).await?;
        Ok(view(&found, references, newest.map(|certification| certification.valid_until), standing))
    }

    /// The beneficiary of a citizen number.
    ///
    /// # Errors
    /// [`ServiceError::CitizenId`], or [`ServiceError::NotFound`] as in [`Self::beneficiary`].
    pub async fn find_beneficiary(&self, citizen_id: &str, who: Who<'_>) -> Result<BeneficiaryView, ServiceError> {
        let citizen_id = CitizenId::parse(citizen_id)?;
        let index = self.vault.index(Indexed::CitizenId, citizen_id.as_str()).0;
        let found = persons::find_by_index(&mut self.store.read().await?, &index).await?;
        let person = found.ok_or(ServiceError::NotFound("beneficiary"))?;
        self.beneficiary(BeneficiaryId(person.id.0), who).await
    }

    /// Whether anybody but these is registered.
    ///
    /// # Errors
    /// The database's own.
    pub async fn beneficiaries_besides(&self, numbers: &[&str]) -> Result<bool, ServiceError> {
        let mut tx = self.store.read().await?;
        let mut known = Vec::new();
        for number in numbers {
            let index = self.vault.index(Indexed::CitizenId, number).0;
            known.extend(persons::find_by_index(&mut tx, &index).await?.map(|person| BeneficiaryId(person.id.0)));
        }
        let first = beneficiaries::list(&mut tx, None, u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX)).await?;
        Ok(first.iter().any(|person| !known.contains(&person.id)))
    }
}

/// A beneficiary, opened, with the key that opens all that is theirs; `None` for somebody who was erased, too.
pub(super) async fn find(
    tx: &mut Tx,
    vault: &Vault,
    id: BeneficiaryId,
) -> Result<Option<(Beneficiary, DataKey)>, ServiceError> {
    let Some(stored) = beneficiaries::find(tx, id).await? else { return Ok(None) };
    let Some(key) = key_of(tx, vault, id.into()).await? else { return Ok(None) };
    Ok(Some((sealed::beneficiary::open(stored, &key)?, key)))
}

fn view(
    of: &Beneficiary,
    references: usize,
    certified_until: Option<jiff::civil::Date>,
    standing: Option<StandingChange>,
) -> BeneficiaryView {
    BeneficiaryView {
        id: of.id.0,
        citizen_id_masked: of.citizen_id.masked(),
        name: of.name.as_str().to_owned(),
        agency: of.agency.as_str().to_owned(),
        schemes: of.schemes.clone(),
        references,
        certified_until,
        standing: match standing {
            Some(last) if last.suspended => StandingView::Suspended,
            _ => StandingView::Paid,
        },
        standing_since: standing.map(|last| last.since),
    }
}
