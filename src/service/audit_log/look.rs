//! One act, held against the record: what it bound, and what stands there now.

use super::Look;
use crate::domain::id::{BeneficiaryId, CaseId, PersonId, ProposalId};
use crate::domain::proposal::Proposal;
use crate::domain::review::Case;
use crate::images::{ImageError, Images, Picture};
use crate::log::entry::{Act, Entry};
use crate::log::record::Record;
use crate::service::append_log::salt;
use crate::service::error::ServiceError;
use crate::service::sealed;
use crate::service::staff::profile;
use crate::signing::ed25519::PublicKey;
use crate::signing::jwk::thumbprint;
use crate::store::references_aside::Aside;
use crate::store::staff_links::StaffLink;
use crate::store::{
    Tx, beneficiaries, captures, cases, certifications, decisions, devices, persons, policies, policies_in_force,
    proposals, receipt_keys, receipts, references, references_aside, sessions, staff, staff_grants, staff_links,
    standings,
};
use crate::vault::DataKey;

/// What one act recorded, compared with what stands in the tables now. `key` opens what is sealed of it.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each act, none of them long")]
pub(super) async fn look_with(
    tx: &mut Tx,
    images: &Images,
    whose: PersonId,
    key: &DataKey,
    entry: &Entry,
) -> Result<Look, ServiceError> {
    let salt = &salt(key, entry.id);
    Ok(match &entry.act {
        Act::PolicyPutInForce { policy } => {
            let recorded = policies::find(tx, policy).await?.is_some();
            Look::there(recorded && policies_in_force::was(tx, policy).await?)
        }
        Act::BeneficiaryRegistered { beneficiary, record } => {
            let found = beneficiaries::find(tx, *beneficiary).await?;
            let found = found.map(|stored| sealed::beneficiary::open(stored, key)).transpose()?;
            Look::compare(*record, found.map(|found| Record::Beneficiary(&found).commit(salt)))
        }
        Act::ReferenceEnrolled { beneficiary, reference, record, .. } => {
            let Some(stored) = references::find(tx, *reference).await? else { return Ok(Look::Gone) };
            let photo = match images.get(Picture::Reference(*reference)).await {
                Err(ImageError::Missing) => return Ok(Look::Gone),
                found => found?,
            };
            let photo = key.open(&sealed::picture::reference(*reference, *beneficiary), &photo)?;
            let found = sealed::reference::open(stored, key)?;
            Look::compare(*record, Some(Record::Reference(&found, &photo).commit(salt)))
        }
        Act::SessionOpened { session, record } => {
            let found = sessions::find(tx, *session).await?;
            Look::compare(*record, found.map(|found| Record::Session(&found).commit(salt)))
        }
        Act::CapturesAccepted { session, attempt, captures: accepted, record } => {
            let taken = captures::of_attempt(tx, *session, *attempt).await?;
            let of = |id| taken.iter().find(|capture| capture.id == id).cloned();
            let found: Option<Vec<_>> = accepted.iter().map(|accepted| of(accepted.id)).collect();
            let Some(found) = found else { return Ok(Look::Gone) };
            let opened = found.into_iter().map(|stored| sealed::capture::open(&stored, whose, key));
            let opened = opened.collect::<Result<Vec<_>, _>>()?;
            Look::compare(*record, Some(Record::Captures(&opened).commit(salt)))
        }
        Act::SessionDecided { session, attempt, record, .. } => {
            let found = decisions::of_attempt(tx, *session, *attempt).await?;
            let commit = |one: decisions::Decided| {
                Record::Decision(*session, *attempt, &one.decision, one.at, &one.policy).commit(salt)
            };
            Look::compare(*record, found.map(commit))
        }
        Act::CertificationRecorded { certification, record, .. } => {
            let found = certifications::find(tx, *certification).await?;
            Look::compare(*record, found.map(|found| Record::Certification(&found).commit(salt)))
        }
        Act::CaseOpened { case, record, .. } => {
            let found = case_of(tx, *case, whose, key).await?;
            Look::compare(*record, found.map(|found| Record::Case(&found).commit(salt)))
        }
        Act::CaseJudged { case, position, record, .. } => {
            let found = case_of(tx, *case, whose, key).await?;
            let judged = found.as_ref().and_then(|found| found.judgements.get(*position as usize));
            Look::compare(*record, judged.map(|judged| Record::Judgement(*case, judged).commit(salt)))
        }
        Act::CaseClaimed { case } => Look::there(cases::find(tx, *case).await?.is_some()),
        Act::PersonErased { person, record, .. } => {
            let Some((at, reason)) = persons::erasure(tx, *person).await? else { return Ok(Look::Gone) };
            let reason = sealed::erasure::open(&reason, *person, key)?;
            Look::compare(*record, Some(Record::Erasure(*person, &reason, at).commit(salt)))
        }
        Act::ImagesDeleted { session, .. } | Act::StepDeclined { session, .. } => {
            Look::there(sessions::find(tx, *session).await?.is_some())
        }
        Act::DuplicatesSought { beneficiary: Some(of) } => Look::there(beneficiaries::find(tx, *of).await?.is_some()),
        Act::DuplicatesSought { beneficiary: None }
        | Act::VaultRotationBegun { .. }
        | Act::VaultRotationEnded { .. }
        | Act::VaultKeyRetired { .. } => Look::Right,
        Act::ReceiptKeyAdded { key } => {
            let found = receipt_keys::all(tx).await?.into_iter().find(|one| one.kid == *key);
            match found {
                None => Look::Gone,
                // Its name is its digest.
                Some(found) if thumbprint_of(&found.public_key).as_ref() == Some(key) => Look::Right,
                Some(_) => Look::Changed,
            }
        }
        Act::ReceiptKeyRetired { key } => {
            let found = receipt_keys::all(tx).await?.into_iter().find(|one| one.kid == *key);
            match found {
                None => Look::Gone,
                Some(found) if found.retired_at == Some(entry.at) => Look::Right,
                Some(_) => Look::Changed,
            }
        }
        Act::ReceiptRevoked { certification } => {
            let found = receipts::find(tx, *certification).await?.and_then(|receipt| receipt.revoked_at);
            match found {
                None => Look::Gone,
                Some(at) if at == entry.at => Look::Right,
                Some(_) => Look::Changed,
            }
        }
        Act::ProposalMade { proposal, record, .. } => {
            let found = proposal_of(tx, *proposal, key).await?;
            Look::compare(*record, found.map(|found| Record::Proposal(&found).commit(salt)))
        }
        Act::ProposalClosed { proposal, record, .. } => {
            let closed = proposal_of(tx, *proposal, key).await?.and_then(|found| found.closed);
            Look::compare(*record, closed.map(|closed| Record::ProposalClosed(*proposal, &closed).commit(salt)))
        }
        Act::StandingChanged { proposal, record, .. } => {
            let found = standings::of_proposal(tx, BeneficiaryId(whose.0), *proposal).await?;
            Look::compare(*record, found.map(|found| Record::Standing(&found).commit(salt)))
        }
        Act::ReferenceReplaced { reference, beneficiary, .. } => {
            let aside = references_aside::of(tx, *beneficiary).await?;
            match references::find(tx, *reference).await? {
                None => Look::Gone,
                Some(_) if aside.contains(&(*reference, Aside::Candidate)) => Look::Changed,
                Some(_) => Look::Right,
            }
        }
        Act::StaffAdded { staff, record } => {
            let found = profile::find(key, tx, *staff).await?;
            Look::compare(*record, found.map(|found| Record::Staff(&found).commit(salt)))
        }
        Act::DeviceEnrolled { device, record } => {
            let found =
                devices::find(tx, *device).await?.map(|stored| sealed::device::open(stored, key)).transpose()?;
            Look::compare(*record, found.map(|found| Record::Device(&found).commit(salt)))
        }
        Act::DeviceRevoked { device } => match devices::find(tx, *device).await? {
            None => Look::Gone,
            Some(found) if found.revoked_at.is_none() => Look::Changed,
            Some(_) => Look::Right,
        },
        Act::StaffLinked { link, record, .. } => {
            let found = staff_links::find(tx, *link).await?;
            let commit = |found: StaffLink| Record::StaffLink(*link, found.staff, &found.subject).commit(salt);
            Look::compare(*record, found.map(commit))
        }
        Act::StaffUnlinked { link } => match staff_links::find(tx, *link).await? {
            None => Look::Gone,
            Some(found) if found.unlinked_at.is_none() => Look::Changed,
            Some(_) => Look::Right,
        },
        Act::StaffDisabled { staff }
        | Act::StaffEnabled { staff }
        | Act::StaffCredentialsSet { staff }
        | Act::StaffSignedIn { staff, .. }
        | Act::StaffTokenIssued { staff } => Look::there(staff::find(tx, *staff).await?.is_some()),
        Act::RoleGranted { grant, staff, role, agency } => match staff_grants::find(tx, *grant).await? {
            None => Look::Gone,
            Some(found)
                if found.staff == *staff && found.grant.role == *role && found.grant.agency.as_str() == agency =>
            {
                Look::Right
            }
            Some(_) => Look::Changed,
        },
        Act::RoleRevoked { grant } => match staff_grants::find(tx, *grant).await? {
            None => Look::Gone,
            Some(found) if found.revoked_at.is_none() => Look::Changed,
            Some(_) => Look::Right,
        },
    })
}

async fn proposal_of(tx: &mut Tx, id: ProposalId, key: &DataKey) -> Result<Option<Proposal>, ServiceError> {
    let found = proposals::find(tx, id).await?;
    found.map(|stored| sealed::proposal::open(stored, key)).transpose()
}

fn thumbprint_of(public_key: &[u8]) -> Option<String> {
    PublicKey::from_bytes(public_key).ok().map(|key| thumbprint(&key))
}

async fn case_of(tx: &mut Tx, id: CaseId, whose: PersonId, key: &DataKey) -> Result<Option<Case>, ServiceError> {
    let found = cases::find(tx, id).await?;
    found.map(|stored| sealed::case::open(stored, whose, key)).transpose()
}
