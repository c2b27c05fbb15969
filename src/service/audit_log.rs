//! The record is compared with the log: is what stands in the tables what the entries bind?
//!
//! Verification of an export shows that the log is whole. Here the certifications, decisions and judgements themselves are
//! held against it, which needs the database: entries bind records without telling them.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::append_log::salt;
use super::error::ServiceError;
use super::persons::key_of;
use super::sealed;
use super::staff::profile;
use crate::domain::id::{CaseId, CertificationId, PersonId};
use crate::domain::review::Case;
use crate::images::{ImageError, Images, Picture};
use crate::log::entry::{Act, Entry};
use crate::log::hash::Hash;
use crate::log::record::{Commitment, Record};
use crate::store::staff_links::StaffLink;
use crate::store::{
    Store, StoreError, Tx, beneficiaries, captures, cases, certifications, decisions, devices, log_entries, log_nodes,
    policies, references, sessions, staff, staff_grants, staff_links,
};
use crate::vault::{DataKey, Vault};

/// Entries that are read at a time.
const PAGE: u32 = 500;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Entries that were held against the record.
    pub entries: u64,
    /// Those among them of which nobody can tell any more, because the person was erased.
    pub erased: u64,
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
    Gone,
    Changed,
    /// Nobody can tell any more: the person was erased.
    Erased,
}

impl Look {
    fn compare(bound: Commitment, record: Option<Commitment>) -> Self {
        match record {
            None => Self::Gone,
            Some(found) if found == bound => Self::Right,
            Some(_) => Self::Changed,
        }
    }

    fn there<T>(found: &Option<T>) -> Self {
        if found.is_some() { Self::Right } else { Self::Gone }
    }
}

/// Whom an act concerns: their key opens what it recorded.
enum Subject {
    Nobody,
    Person(PersonId),
    /// What would tell is gone.
    Unknown,
}

/// The keys of persons, each asked for once.
struct Keys<'a> {
    vault: &'a Vault,
    images: &'a Images,
    known: HashMap<PersonId, Option<DataKey>>,
}

impl Keys<'_> {
    async fn of(&mut self, tx: &mut Tx, id: PersonId) -> Result<Option<&DataKey>, ServiceError> {
        if !self.known.contains_key(&id) {
            self.known.insert(id, key_of(tx, self.vault, id).await?);
        }
        Ok(self.known.get(&id).and_then(Option::as_ref))
    }
}

/// Holds every entry that has its place in the log against the record, and every certification against the log.
///
/// # Errors
/// The database's own.
pub async fn audit(store: &Store, vault: &Vault, images: &Images) -> Result<Audit, ServiceError> {
    let mut tx = store.read().await?;
    let mut audit = Audit { entries: 0, erased: 0, discrepancies: Vec::new() };
    let mut keys = Keys { vault, images, known: HashMap::new() };
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
            let kind = kind(&entry.act);
            match look(&mut tx, &mut keys, &entry).await? {
                Look::Right => {}
                Look::Erased => audit.erased += 1,
                Look::Gone => audit.discrepancies.push(Discrepancy::Gone(number, kind)),
                Look::Changed => audit.discrepancies.push(Discrepancy::Changed(number, kind)),
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

async fn look(tx: &mut Tx, keys: &mut Keys<'_>, entry: &Entry) -> Result<Look, ServiceError> {
    let (vault, images) = (keys.vault, keys.images);
    let nobody = PersonId(Uuid::nil());
    let (whose, key) = match subject(tx, &entry.act).await? {
        Subject::Unknown => return Ok(Look::Gone),
        Subject::Nobody => (nobody, vault.house()),
        Subject::Person(person) => match keys.of(tx, person).await? {
            Some(key) => (person, key),
            None => return Ok(Look::Erased),
        },
    };
    match look_with(tx, images, whose, key, entry).await {
        // It opens with the key of that person and in that place, or it is not what was put there.
        Err(ServiceError::Sealed(_) | ServiceError::Store(StoreError::Corrupt { .. })) => Ok(Look::Changed),
        looked => looked,
    }
}

/// What an act recorded, in a word.
fn kind(act: &Act) -> &'static str {
    match act {
        Act::PolicyRecorded { .. } => "policy",
        Act::BeneficiaryRegistered { .. } => "beneficiary",
        Act::ReferenceEnrolled { .. } => "reference",
        Act::SessionOpened { .. } => "session",
        Act::CapturesAccepted { .. } => "captures",
        Act::SessionDecided { .. } => "decision",
        Act::CertificationRecorded { .. } => "certification",
        Act::CaseOpened { .. } | Act::CaseClaimed { .. } => "case",
        Act::CaseJudged { .. } => "judgement",
        Act::StaffAdded { .. }
        | Act::StaffDisabled { .. }
        | Act::StaffEnabled { .. }
        | Act::StaffCredentialsSet { .. }
        | Act::StaffSignedIn { .. }
        | Act::StaffTokenIssued { .. } => "staff",
        Act::StaffLinked { .. } | Act::StaffUnlinked { .. } => "staff link",
        Act::RoleGranted { .. } | Act::RoleRevoked { .. } => "role",
        Act::DeviceEnrolled { .. } | Act::DeviceRevoked { .. } => "device",
    }
}

async fn subject(tx: &mut Tx, act: &Act) -> Result<Subject, ServiceError> {
    let session = match act {
        Act::PolicyRecorded { .. }
        | Act::StaffAdded { .. }
        | Act::StaffDisabled { .. }
        | Act::StaffEnabled { .. }
        | Act::StaffCredentialsSet { .. }
        | Act::StaffSignedIn { .. }
        | Act::StaffTokenIssued { .. }
        | Act::StaffLinked { .. }
        | Act::StaffUnlinked { .. }
        | Act::RoleGranted { .. }
        | Act::RoleRevoked { .. }
        | Act::DeviceEnrolled { .. }
        | Act::DeviceRevoked { .. } => return Ok(Subject::Nobody),
        Act::BeneficiaryRegistered { beneficiary, .. } | Act::ReferenceEnrolled { beneficiary, .. } => {
            return Ok(Subject::Person((*beneficiary).into()));
        }
        Act::SessionOpened { session, .. }
        | Act::CapturesAccepted { session, .. }
        | Act::SessionDecided { session, .. }
        | Act::CertificationRecorded { session, .. }
        | Act::CaseOpened { session, .. } => Some(*session),
        Act::CaseClaimed { case } | Act::CaseJudged { case, .. } => {
            cases::find(tx, *case).await?.map(|found| found.session)
        }
    };
    let Some(session) = session else { return Ok(Subject::Unknown) };
    let found = sessions::find(tx, session).await?;
    Ok(found.map_or(Subject::Unknown, |session| Subject::Person(session.applicant.person)))
}

async fn look_with(
    tx: &mut Tx,
    images: &Images,
    whose: PersonId,
    key: &DataKey,
    entry: &Entry,
) -> Result<Look, ServiceError> {
    let salt = &salt(key, entry.id);
    Ok(match &entry.act {
        Act::PolicyRecorded { policy } => Look::there(&policies::find(tx, policy).await?),
        Act::BeneficiaryRegistered { beneficiary, record } => {
            let found = beneficiaries::find(tx, *beneficiary).await?;
            let found = found.map(|stored| sealed::beneficiary::open(stored, key)).transpose()?;
            Look::compare(*record, found.map(|found| Record::Beneficiary(&found).commit(salt)))
        }
        Act::ReferenceEnrolled { beneficiary, reference, record } => {
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
        Act::StaffAdded { staff, record } => {
            let found = profile::find(key, tx, *staff).await?;
            Look::compare(*record, found.map(|found| Record::Staff(&found).commit(salt)))
        }
        Act::CaseClaimed { case } => Look::there(&cases::find(tx, *case).await?),
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
        | Act::StaffTokenIssued { staff } => Look::there(&staff::find(tx, *staff).await?),
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

async fn case_of(tx: &mut Tx, id: CaseId, whose: PersonId, key: &DataKey) -> Result<Option<Case>, ServiceError> {
    let found = cases::find(tx, id).await?;
    found.map(|stored| sealed::case::open(stored, whose, key)).transpose()
}
