//! The record is compared with the log: is what stands in the tables what the entries bind?
//!
//! Verification of an export shows that the log is whole. Here the certifications, decisions and judgements themselves are
//! held against it, which needs the database: entries bind records without telling them.

use std::collections::HashSet;

use uuid::Uuid;

use super::append_log::salt;
use super::error::ServiceError;
use super::staff::profile;
use crate::domain::id::CertificationId;
use crate::log::entry::{Act, Entry};
use crate::log::hash::Hash;
use crate::log::record::{Commitment, Record, Salt};
use crate::store::{
    Store, Tx, beneficiaries, captures, cases, certifications, decisions, log_entries, log_nodes, policies, references,
    sessions, staff, staff_grants,
};
use crate::vault::Vault;

/// Entries that are read at a time.
const PAGE: u32 = 500;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Entries that were held against the record.
    pub entries: u64,
    /// What does not fit together; empty when all does.
    pub discrepancies: Vec<Discrepancy>,
}

/// Something that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// The entry is not the one that its leaf was made of.
    #[error("entry {0} is not the one that entered the tree")]
    Entry(u64),
    /// What the entry binds is not in the record any more.
    #[error("entry {0}: what it records is gone ({1})")]
    Gone(u64, &'static str),
    /// What the entry binds was changed in the record.
    #[error("entry {0}: what it records was changed ({1})")]
    Changed(u64, &'static str),
    /// A certification that no act recorded.
    #[error("certification {0} is in the record and not in the log")]
    Unlogged(Uuid),
}

/// What a look into the record gave.
enum Look {
    /// What it should be, or nothing to compare.
    Right,
    Gone(&'static str),
    Changed(&'static str),
}

impl Look {
    fn compare(kind: &'static str, bound: Commitment, record: Option<Commitment>) -> Self {
        match record {
            None => Self::Gone(kind),
            Some(found) if found == bound => Self::Right,
            Some(_) => Self::Changed(kind),
        }
    }
}

/// Holds every entry that has its place in the log against the record, and every certification against the log.
///
/// # Errors
/// The database's own.
pub async fn audit(store: &Store, vault: &Vault) -> Result<Audit, ServiceError> {
    let mut tx = store.read().await?;
    let mut audit = Audit { entries: 0, discrepancies: Vec::new() };
    let (mut logged, mut next) = (HashSet::new(), 0);
    loop {
        let page = log_entries::from(&mut tx, next, PAGE).await?;
        let Some(last) = page.last().and_then(|entry| entry.number) else { break };
        next = last + 1;
        for stored in page {
            let Some(number) = stored.number else { continue };
            audit.entries += 1;
            let leaf = log_nodes::find(&mut tx, 0, number).await?;
            let entry: Entry = match serde_json::from_str(&stored.content) {
                Ok(entry) if leaf == Some(Hash::leaf(stored.content.as_bytes()).0) => entry,
                _ => {
                    audit.discrepancies.push(Discrepancy::Entry(number));
                    continue;
                }
            };
            if let Act::CertificationRecorded { certification, .. } = &entry.act {
                logged.insert(certification.0);
            }
            match look(&mut tx, vault, &entry.act, &salt(vault.house(), entry.id)).await? {
                Look::Right => {}
                Look::Gone(kind) => audit.discrepancies.push(Discrepancy::Gone(number, kind)),
                Look::Changed(kind) => audit.discrepancies.push(Discrepancy::Changed(number, kind)),
            }
        }
    }
    // Those that wait for their place are logged too.
    for waiting in log_entries::waiting(&mut tx, u32::MAX).await? {
        if let Ok(Entry { act: Act::CertificationRecorded { certification, .. }, .. }) =
            serde_json::from_str(&waiting.content)
        {
            logged.insert(certification.0);
        }
    }
    let recorded = certifications::all(&mut tx).await?;
    let unlogged = recorded.into_iter().filter(|CertificationId(id)| !logged.contains(id));
    audit.discrepancies.extend(unlogged.map(|CertificationId(id)| Discrepancy::Unlogged(id)));
    Ok(audit)
}

async fn look(tx: &mut Tx, vault: &Vault, act: &Act, salt: &Salt) -> Result<Look, ServiceError> {
    Ok(match act {
        Act::PolicyRecorded { policy } => match policies::find(tx, policy).await {
            Ok(Some(_)) => Look::Right,
            Ok(None) => Look::Gone("policy"),
            Err(crate::store::StoreError::Corrupt { .. }) => Look::Changed("policy"),
            Err(error) => return Err(error.into()),
        },
        Act::BeneficiaryRegistered { beneficiary, record } => {
            let found = beneficiaries::find(tx, *beneficiary).await?;
            Look::compare("beneficiary", *record, found.map(|found| Record::Beneficiary(&found).commit(salt)))
        }
        Act::ReferenceEnrolled { beneficiary, reference, record } => {
            let enrolled = references::of(tx, *beneficiary).await?.into_iter().find(|one| one.id == *reference);
            let photo = references::image(tx, *reference).await?;
            let found = enrolled.zip(photo).map(|(one, (_, photo))| Record::Reference(&one, &photo).commit(salt));
            Look::compare("reference", *record, found)
        }
        Act::SessionOpened { session, record } => {
            let found = sessions::find(tx, *session).await?;
            Look::compare("session", *record, found.map(|found| Record::Session(&found).commit(salt)))
        }
        Act::CapturesAccepted { session, attempt, captures: accepted, record } => {
            let taken = captures::of_attempt(tx, *session, *attempt).await?;
            let of = |id| taken.iter().find(|capture| capture.id == id).cloned();
            let found: Option<Vec<_>> = accepted.iter().map(|accepted| of(accepted.id)).collect();
            Look::compare("captures", *record, found.map(|found| Record::Captures(&found).commit(salt)))
        }
        Act::SessionDecided { session, attempt, record, .. } => {
            let found = decisions::of_attempt(tx, *session, *attempt).await?;
            let commit = |one: decisions::Decided| {
                Record::Decision(*session, *attempt, &one.decision, one.at, &one.policy).commit(salt)
            };
            Look::compare("decision", *record, found.map(commit))
        }
        Act::CertificationRecorded { certification, record, .. } => {
            let found = certifications::find(tx, *certification).await?;
            Look::compare("certification", *record, found.map(|found| Record::Certification(&found).commit(salt)))
        }
        Act::CaseOpened { case, record, .. } => {
            let found = cases::find(tx, *case).await?;
            Look::compare("case", *record, found.map(|found| Record::Case(&found).commit(salt)))
        }
        Act::CaseJudged { case, position, record, .. } => {
            let found = cases::find(tx, *case).await?;
            let judged = found.as_ref().and_then(|found| found.judgements.get(*position as usize));
            Look::compare("judgement", *record, judged.map(|judged| Record::Judgement(*case, judged).commit(salt)))
        }
        Act::StaffAdded { staff, record } => match profile::find(vault, tx, *staff).await {
            Err(ServiceError::Sealed(_)) => Look::Changed("staff"),
            found => Look::compare("staff", *record, found?.map(|found| Record::Staff(&found).commit(salt))),
        },
        Act::StaffDisabled { staff } | Act::StaffEnabled { staff } | Act::StaffTokenIssued { staff } => {
            match staff::find(tx, *staff).await? {
                Some(_) => Look::Right,
                None => Look::Gone("staff"),
            }
        }
        Act::RoleGranted { grant, staff, role, agency } => match staff_grants::find(tx, *grant).await? {
            None => Look::Gone("role"),
            Some(found)
                if found.staff == *staff && found.grant.role == *role && found.grant.agency.as_str() == agency =>
            {
                Look::Right
            }
            Some(_) => Look::Changed("role"),
        },
        Act::RoleRevoked { grant } => match staff_grants::find(tx, *grant).await? {
            None => Look::Gone("role"),
            Some(found) if found.revoked_at.is_none() => Look::Changed("role"),
            Some(_) => Look::Right,
        },
        Act::CaseClaimed { case } => match cases::find(tx, *case).await? {
            Some(_) => Look::Right,
            None => Look::Gone("case"),
        },
    })
}
