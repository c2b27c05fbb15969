//! A beneficiary enters the register.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::error::ServiceError;
use crate::domain::beneficiary::{AgencyCode, Beneficiary, PersonName};
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::BeneficiaryId;
use crate::domain::permission::Permission;
use crate::domain::scheme::Scheme;
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::{Constraint, StoreError, Tx, beneficiaries, certifications, references};

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
    /// Enrolled references.
    pub references: usize,
    /// Last day of the newest certification; absent when there is none.
    #[schema(value_type = Option<String>, format = Date)]
    pub certified_until: Option<jiff::civil::Date>,
}

impl Service {
    /// Registers a beneficiary.
    ///
    /// # Errors
    /// Invalid fields, [`ServiceError::NotPermitted`] for the agency of others, or [`ServiceError::AlreadyRegistered`].
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
        let beneficiary = Beneficiary {
            id: BeneficiaryId::new(now, &mut rand::rng()),
            citizen_id: CitizenId::parse(&new.citizen_id)?,
            name: PersonName::parse(&new.name)?,
            agency: AgencyCode::parse(&new.agency)?,
            schemes,
            registered_at: now,
        };
        who.require(Permission::RegisterBeneficiaries, &beneficiary.agency)?;
        let mut work = begin!(self, key);
        beneficiaries::insert(&mut work.tx, &beneficiary).await.map_err(|error| match error {
            StoreError::Conflict(Constraint::CitizenIdTaken) => ServiceError::AlreadyRegistered,
            other => other.into(),
        })?;
        append(&mut work.tx, now, who, self.vault.house(), |salt| Act::BeneficiaryRegistered {
            beneficiary: beneficiary.id,
            record: Record::Beneficiary(&beneficiary).commit(salt),
        })
        .await?;
        work.finish(view(&beneficiary, 0, None)).await
    }

    /// One beneficiary.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], also for those of agencies that `who` has nothing to do with.
    pub async fn beneficiary(&self, id: BeneficiaryId, who: Who<'_>) -> Result<BeneficiaryView, ServiceError> {
        let mut tx = self.store.read().await?;
        let found = beneficiaries::find(&mut tx, id).await?;
        self.view_for(&mut tx, found, who).await
    }

    /// The beneficiary of a citizen number.
    ///
    /// # Errors
    /// [`ServiceError::CitizenId`], or [`ServiceError::NotFound`] as in [`Self::beneficiary`].
    pub async fn find_beneficiary(&self, citizen_id: &str, who: Who<'_>) -> Result<BeneficiaryView, ServiceError> {
        let citizen_id = CitizenId::parse(citizen_id)?;
        let mut tx = self.store.read().await?;
        let found = beneficiaries::find_by_citizen_id(&mut tx, &citizen_id).await?;
        self.view_for(&mut tx, found, who).await
    }

    /// Whether anybody but these is registered.
    ///
    /// # Errors
    /// The database's own.
    pub async fn beneficiaries_besides(&self, numbers: &[&str]) -> Result<bool, ServiceError> {
        let mut tx = self.store.read().await?;
        let first = beneficiaries::list(&mut tx, None, u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX)).await?;
        Ok(first.iter().any(|person| !numbers.contains(&person.citizen_id.as_str())))
    }

    async fn view_for(
        &self,
        tx: &mut Tx,
        found: Option<Beneficiary>,
        who: Who<'_>,
    ) -> Result<BeneficiaryView, ServiceError> {
        let of = found.filter(|of| who.sees(Permission::ReadBeneficiaries, &of.agency));
        let of = of.ok_or(ServiceError::NotFound("beneficiary"))?;
        let references = references::of(tx, of.id).await?.len();
        let newest = certifications::of_beneficiary(tx, of.id).await?.into_iter().next();
        Ok(view(&of, references, newest.map(|certification| certification.valid_until)))
    }
}

fn view(of: &Beneficiary, references: usize, certified_until: Option<jiff::civil::Date>) -> BeneficiaryView {
    BeneficiaryView {
        id: of.id.0,
        citizen_id_masked: of.citizen_id.masked(),
        name: of.name.as_str().to_owned(),
        agency: of.agency.as_str().to_owned(),
        schemes: of.schemes.clone(),
        references,
        certified_until,
    }
}
