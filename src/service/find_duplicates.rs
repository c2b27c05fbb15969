//! Who else is enrolled with this face? A duplicate enrolment check: one person may draw two pensions.
//!
//! It gives a candidate list for people to look at, and nothing follows from it by itself. At any rate of false matches, a
//! search among N finds N times that rate by chance, so it takes the strictest threshold that the models were
//! measured at, and says how many hits chance alone is expected to give.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::PoisonError;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::append_log::{Who, append};
use super::error::ServiceError;
use super::gallery::{empty, fill, open};
use super::inference::aside;
use super::records::Records;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::calibration::Calibrations;
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::permission::Permission;
use crate::domain::policy::Policy;
use crate::domain::score::{FalseMatchRate, OperatingPoint, Similarity};
use crate::log::entry::Act;
use crate::store::{Store, beneficiaries, reference_templates};
use crate::vault::Vault;
use crate::vision::search::{Candidate, Enrolled, Shortlist, Wanted};
use crate::vision::{PackDigest, PackInfo, Template, TemplateError};

/// Candidates that are listed at most.
const LISTED: usize = 100;

/// Who may be enrolled under another number, too.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Duplicates {
    /// The most alike first, 100 at most, of agencies that the asker may see. They are to be looked at by people.
    pub candidates: Vec<DuplicateCandidate>,
    /// How many there are in all, those of other agencies included.
    pub found: usize,
    /// How many of them belong to agencies that the asker may not see: ask the centre above.
    pub elsewhere: usize,
    /// References of the person that were looked for.
    pub references: usize,
    /// References of everybody that they were compared with.
    pub compared_with: usize,
    /// The false match rate of the threshold.
    pub fmr: f64,
    /// So many references of strangers are expected to be found by chance.
    pub expected_by_chance: f64,
}

/// Somebody who looks like the person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DuplicateCandidate {
    /// Who.
    pub beneficiary: Uuid,
    /// By which reference.
    pub reference: Uuid,
    /// Code of the agency.
    pub agency: String,
}

/// Two beneficiaries who look like one person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicatePair {
    /// The two of them.
    pub beneficiaries: [BeneficiaryId; 2],
    /// By these references.
    pub references: [ReferenceId; 2],
}

/// All pairs of beneficiaries who look like one person.
#[derive(Debug, Clone, Serialize)]
pub struct AllDuplicates {
    /// The most alike first. They are to be looked at by people.
    pub pairs: Vec<DuplicatePair>,
    /// References of everybody.
    pub references: usize,
    /// The false match rate of the threshold.
    pub fmr: f64,
    /// So many pairs of references of strangers are expected to be found by chance.
    pub expected_by_chance: f64,
}

impl Service {
    /// Looks for the face of a beneficiary among all others.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for somebody who is not here, or at an agency of others; [`ServiceError::NotCalibrated`]
    /// when nobody knows what a similarity means.
    pub async fn duplicates_of(&self, id: BeneficiaryId, who: Who<'_>) -> Result<Duplicates, ServiceError> {
        let pack = self.inference.pipeline().pack();
        let mut tx = self.store.read().await?;
        let found = beneficiaries::find(&mut tx, id).await?;
        let found = found.filter(|of| who.sees(Permission::FindDuplicates, &of.agency));
        found.ok_or(ServiceError::NotFound("beneficiary"))?;
        let point = strictest(&pack.calibrations, &*self.policy(&mut tx).await?, None)?;
        let own = reference_templates::of(&mut tx, &pack.digest.to_string(), id).await?;
        drop(tx);
        let mut probes = Vec::new();
        for stored in &own {
            probes.extend(open(stored, &self.vault, pack.digest).await?);
        }
        let (references, wanted) = (probes.len(), Wanted::Reaching(threshold(point)?));
        let gallery = self.gallery().await?;
        let search = move || -> Result<_, TemplateError> {
            let gallery = gallery.read().unwrap_or_else(PoisonError::into_inner);
            let searched = |probe: Template| gallery.search(&probe, wanted).map(|list| (probe, list));
            let lists = probes.into_iter().map(searched).collect::<Result<Vec<_>, _>>()?;
            Ok((lists, gallery.len().saturating_sub(references)))
        };
        let (lists, compared_with) = self.inference.run(search).await?.map_err(other_pack)?;
        let settled = settle(&self.store, &self.vault, pack.digest, lists, id).await?;
        let sees =
            |agency: &str| AgencyCode::parse(agency).is_ok_and(|code| who.sees(Permission::FindDuplicates, &code));
        let found = settled.len();
        let mut candidates: Vec<_> = settled.into_iter().filter(|candidate| sees(&candidate.agency)).collect();
        let elsewhere = found - candidates.len();
        candidates.truncate(LISTED);
        let mut tx = self.store.write().await?;
        let act = Act::DuplicatesSought { beneficiary: Some(id) };
        append(&mut tx, self.clock.now(), who, self.vault.house(), |_| act).await?;
        tx.commit().await?;
        let expected_by_chance = by_chance(compared_with.saturating_mul(references), point);
        Ok(Duplicates { candidates, found, elsewhere, references, compared_with, fmr: point.fmr.0, expected_by_chance })
    }
}

/// Looks for everybody among everybody, for whoever operates the installation.
///
/// # Errors
/// [`ServiceError::NotCalibrated`] when nobody knows what a similarity means at that rate.
pub async fn all_duplicates(
    records: &Records,
    pack: &PackInfo,
    fmr: Option<FalseMatchRate>,
) -> Result<AllDuplicates, ServiceError> {
    let Records { store, vault, clock, .. } = records;
    let point = strictest(&pack.calibrations, &records.policy().await?, fmr)?;
    let threshold = threshold(point)?;
    let gallery = empty(pack.digest);
    fill(&gallery, store, vault, pack.digest, ReferenceId(Uuid::nil())).await?;
    let compare = move || {
        let gallery = gallery.read().unwrap_or_else(PoisonError::into_inner);
        (gallery.pairs(threshold), gallery.len())
    };
    let (pairs, references) = aside(compare).await?;
    let name = pack.digest.to_string();
    let mut templates: HashMap<ReferenceId, Option<Template>> = HashMap::new();
    let mut best: HashMap<[BeneficiaryId; 2], (Similarity, DuplicatePair)> = HashMap::new();
    for (one, other) in pairs {
        let mut pair = [one, other];
        pair.sort_by_key(|enrolled| enrolled.beneficiary);
        for Enrolled { reference, .. } in pair {
            if let Entry::Vacant(place) = templates.entry(reference) {
                let stored = reference_templates::find(&mut store.read().await?, &name, reference).await?;
                let template = match stored {
                    Some(stored) => open(&stored, vault, pack.digest).await?,
                    None => None,
                };
                place.insert(template);
            }
        }
        let [one, other] = pair.map(|enrolled| templates.get(&enrolled.reference).and_then(Option::as_ref));
        let (Some(one), Some(other)) = (one, other) else { continue };
        let similarity = one.compare(other).map_err(other_pack)?;
        let (beneficiaries, references) = (pair.map(|e| e.beneficiary), pair.map(|e| e.reference));
        let better = best.get(&beneficiaries).is_none_or(|(before, _)| *before < similarity);
        if similarity >= threshold && better {
            best.insert(beneficiaries, (similarity, DuplicatePair { beneficiaries, references }));
        }
    }
    let mut pairs: Vec<_> = best.into_values().collect();
    pairs.sort_by(|(a, one), (b, other)| {
        b.get().total_cmp(&a.get()).then_with(|| one.references.cmp(&other.references))
    });
    let mut tx = store.write().await?;
    let act = Act::DuplicatesSought { beneficiary: None };
    append(&mut tx, clock.now(), Who::Console, vault.house(), |_| act).await?;
    tx.commit().await?;
    let comparisons = references.saturating_mul(references.saturating_sub(1)) / 2;
    Ok(AllDuplicates {
        pairs: pairs.into_iter().map(|(_, pair)| pair).collect(),
        references,
        fmr: point.fmr.0,
        expected_by_chance: by_chance(comparisons, point),
    })
}

/// The exact answer from the shortlists of all references of a person: others, each once, the most alike first.
async fn settle(
    store: &Store,
    vault: &Vault,
    pack: PackDigest,
    lists: Vec<(Template, Shortlist)>,
    whose: BeneficiaryId,
) -> Result<Vec<DuplicateCandidate>, ServiceError> {
    let name = pack.to_string();
    let mut best: HashMap<BeneficiaryId, (Candidate, String)> = HashMap::new();
    let mut templates = HashMap::new();
    for (probe, list) in lists {
        let others = list.enrolled().filter(|enrolled| enrolled.beneficiary != whose);
        for enrolled in others {
            // One that is like several references of the person was opened for the first of them.
            if templates.contains_key(&enrolled.reference) {
                continue;
            }
            let found = reference_templates::find(&mut store.read().await?, &name, enrolled.reference).await?;
            let Some(stored) = found else { continue };
            if let Some(template) = open(&stored, vault, pack).await? {
                templates.insert(enrolled.reference, (template, stored.agency));
            }
        }
        let exact = list.settle(&probe, |enrolled| templates.get(&enrolled.reference).map(|(template, _)| template));
        for candidate in exact.map_err(other_pack)? {
            let of = candidate.enrolled.beneficiary;
            let better = best.get(&of).is_none_or(|(before, _)| before.similarity < candidate.similarity);
            if let Some((_, agency)) = templates.get(&candidate.enrolled.reference).filter(|_| better) {
                best.insert(of, (candidate, agency.clone()));
            }
        }
    }
    let mut best: Vec<_> = best.into_values().collect();
    best.sort_by(|(a, _), (b, _)| {
        let falling = b.similarity.get().total_cmp(&a.similarity.get());
        falling.then_with(|| a.enrolled.reference.cmp(&b.enrolled.reference))
    });
    let view = |(Candidate { enrolled, .. }, agency): (Candidate, String)| DuplicateCandidate {
        beneficiary: enrolled.beneficiary.0,
        reference: enrolled.reference.0,
        agency,
    };
    Ok(best.into_iter().map(view).collect())
}

/// The threshold of a rate; without one, of the strictest that was measured for the population of the policy.
fn strictest(
    known: &Calibrations,
    policy: &Policy,
    fmr: Option<FalseMatchRate>,
) -> Result<OperatingPoint, ServiceError> {
    let strictest = || known.of(&policy.population)?.points().last().map(|point| point.fmr);
    let point = fmr.or_else(strictest).and_then(|fmr| known.at(&policy.population, fmr));
    point.ok_or_else(|| ServiceError::NotCalibrated(known.said()))
}

/// How many of so many comparisons of strangers match.
#[expect(clippy::cast_precision_loss, reason = "an expectation, to be read by people")]
fn by_chance(comparisons: usize, point: OperatingPoint) -> f64 {
    comparisons as f64 * point.fmr.0
}

fn threshold(point: OperatingPoint) -> Result<Similarity, ServiceError> {
    Similarity::new(point.threshold).map_err(|error| ServiceError::Vision(Box::new(error)))
}

fn other_pack(error: TemplateError) -> ServiceError {
    ServiceError::Vision(Box::new(error))
}
