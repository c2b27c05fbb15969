//! The record is compared with the log: is what stands in the tables what the entries bind?
//!
//! Verification of an export shows that the log is whole. Here the record itself is held against it, both ways: what an
//! entry binds must be there and unchanged, and what is there must have its entry. That needs the database and the vault:
//! entries bind records without telling them.

mod compared;
mod look;
mod rows;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use self::compared::Compared;
use self::look::look_with;
use self::rows::rows_of;
use super::error::ServiceError;
use super::persons::key_of;
use crate::domain::id::PersonId;
use crate::images::Images;
use crate::log::entry::{Act, Entry};
use crate::log::hash::Hash;
use crate::log::record::Commitment;
use crate::store::rows::Table;
use crate::store::{Store, StoreError, Tx, cases, log_entries, log_nodes, proposals, rows as record, sessions};
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
    /// Something that no act recorded, by what it is and its identifier.
    #[error("{0} {1} is in the record and not in the log")]
    Unlogged(&'static str, String),
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

    fn there(found: bool) -> Self {
        if found { Self::Right } else { Self::Gone }
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

/// Holds every entry that has its place in the log against the record, and every row of the record against the log.
///
/// # Errors
/// The database's own.
pub async fn audit(store: &Store, vault: &Vault, images: &Images) -> Result<Audit, ServiceError> {
    let mut tx = store.read().await?;
    let mut audit = Audit { entries: 0, erased: 0, discrepancies: Vec::new() };
    let mut keys = Keys { vault, images, known: HashMap::new() };
    let (mut logged, mut compared, mut next) = (HashSet::new(), Compared::default(), 0);
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
            logged.extend(rows_of(&entry.act));
            compared.see(number, &entry.act);
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
        if let Ok(entry) = serde_json::from_str::<Entry>(&waiting.content) {
            logged.extend(rows_of(&entry.act));
            compared.see(next, &entry.act);
        }
    }
    audit.discrepancies.extend(compared.against(&mut tx).await?);
    for table in Table::ALL.iter().copied() {
        let unlogged = record::all(&mut tx, table).await?.into_iter().filter(|row| !logged.contains(row));
        audit.discrepancies.extend(unlogged.map(|row| Discrepancy::Unlogged(table.holds(), row.key.to_string())));
    }
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
        Act::PolicyPutInForce { .. } => "policy",
        Act::BeneficiaryRegistered { .. } => "beneficiary",
        Act::ReferenceEnrolled { .. } | Act::ReferenceReplaced { .. } => "reference",
        Act::DuplicatesSought { .. } => "search for duplicates",
        Act::SessionOpened { .. } => "session",
        Act::CapturesAccepted { .. } => "captures",
        Act::StepDeclined { .. } => "step declined",
        Act::SessionDecided { .. } => "decision",
        Act::CertificationRecorded { .. } => "certification",
        Act::CaseOpened { .. } | Act::CaseClaimed { .. } => "case",
        Act::CaseJudged { .. } => "judgement",
        Act::ReceiptKeyAdded { .. } | Act::ReceiptKeyRetired { .. } => "receipt key",
        Act::ReceiptRevoked { .. } => "revocation of a receipt",
        Act::ProposalMade { .. } | Act::ProposalClosed { .. } => "proposal",
        Act::StandingChanged { .. } => "standing",
        Act::StaffAdded { .. }
        | Act::StaffDisabled { .. }
        | Act::StaffEnabled { .. }
        | Act::StaffCredentialsSet { .. }
        | Act::StaffSignedIn { .. }
        | Act::StaffTokenIssued { .. } => "staff",
        Act::StaffLinked { .. } | Act::StaffUnlinked { .. } => "staff link",
        Act::RoleGranted { .. } | Act::RoleRevoked { .. } => "role",
        Act::DeviceEnrolled { .. } | Act::DeviceRevoked { .. } => "device",
        Act::PersonErased { .. } => "erasure",
        Act::ImagesDeleted { .. } => "pictures",
        Act::VaultRotationBegun { .. } | Act::VaultRotationEnded { .. } | Act::VaultKeyRetired { .. } => "vault",
    }
}

async fn subject(tx: &mut Tx, act: &Act) -> Result<Subject, ServiceError> {
    let session = match act {
        Act::PolicyPutInForce { .. }
        | Act::ReceiptKeyAdded { .. }
        | Act::ReceiptKeyRetired { .. }
        | Act::ReceiptRevoked { .. }
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
        | Act::DeviceRevoked { .. }
        | Act::PersonErased { .. }
        | Act::DuplicatesSought { .. }
        | Act::ImagesDeleted { .. }
        | Act::VaultRotationBegun { .. }
        | Act::VaultRotationEnded { .. }
        | Act::VaultKeyRetired { .. } => return Ok(Subject::Nobody),
        Act::BeneficiaryRegistered { beneficiary, .. }
        | Act::ReferenceEnrolled { beneficiary, .. }
        | Act::ReferenceReplaced { beneficiary, .. } => return Ok(Subject::Person((*beneficiary).into())),
        Act::ProposalMade { proposal, .. }
        | Act::ProposalClosed { proposal, .. }
        | Act::StandingChanged { proposal, .. } => {
            let found = proposals::find(tx, *proposal).await?;
            return Ok(found.map_or(Subject::Unknown, |found| {
                found.beneficiary.map_or(Subject::Nobody, |of| Subject::Person(of.into()))
            }));
        }
        Act::SessionOpened { session, .. }
        | Act::CapturesAccepted { session, .. }
        | Act::StepDeclined { session, .. }
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
