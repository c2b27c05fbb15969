//! Which rows of the record an act accounts for. What nothing accounts for was put there behind the back of the service.

use uuid::Uuid;

use crate::log::entry::Act;
use crate::store::rows::{Key, Row, Table};

/// The rows that the act made.
pub(super) fn rows_of(act: &Act) -> Vec<Row> {
    let id = |table, id: Uuid| vec![Row { table, key: Key::Id(id) }];
    let part = |table, id: Uuid, part| vec![Row { table, key: Key::Part(id, part) }];
    let name = |table, name: &str| vec![Row { table, key: Key::Name(name.to_owned()) }];
    match act {
        Act::PolicyPutInForce { policy } => {
            [Table::Policy, Table::PolicyInForce].map(|table| Row { table, key: Key::Name(policy.clone()) }).to_vec()
        }
        Act::BeneficiaryRegistered { beneficiary, .. } => id(Table::Beneficiary, beneficiary.0),
        Act::ReferenceEnrolled { reference, .. } => id(Table::Reference, reference.0),
        Act::SessionOpened { session, .. } => id(Table::Session, session.0),
        Act::CapturesAccepted { captures, .. } => {
            captures.iter().map(|capture| Row { table: Table::Capture, key: Key::Id(capture.id.0) }).collect()
        }
        Act::SessionDecided { session, attempt, .. } => part(Table::Decision, session.0, *attempt),
        // With its receipt.
        Act::CertificationRecorded { certification, .. } => {
            [Table::Certification, Table::Receipt].map(|table| Row { table, key: Key::Id(certification.0) }).to_vec()
        }
        Act::CaseOpened { case, .. } => id(Table::Case, case.0),
        Act::CaseJudged { case, position, .. } => part(Table::Judgement, case.0, *position),
        Act::ReceiptKeyAdded { key } => name(Table::ReceiptKey, key),
        Act::ReceiptRevoked { certification } => id(Table::ReceiptRevocation, certification.0),
        Act::PersonErased { person, .. } => id(Table::Erasure, person.0),
        Act::DeviceEnrolled { device, .. } => id(Table::Device, device.0),
        Act::ProposalMade { proposal, .. } => id(Table::Proposal, proposal.0),
        Act::StandingChanged { proposal, .. } => id(Table::Standing, proposal.0),
        Act::StaffAdded { staff, .. } => id(Table::Staff, staff.0),
        Act::RoleGranted { grant, .. } => id(Table::StaffGrant, grant.0),
        Act::StaffLinked { link, .. } => id(Table::StaffLink, link.0),
        Act::CaseClaimed { .. }
        | Act::DuplicatesSought { .. }
        | Act::StepDeclined { .. }
        | Act::ProposalClosed { .. }
        | Act::ReferenceReplaced { .. }
        | Act::ReceiptKeyRetired { .. }
        | Act::DeviceRevoked { .. }
        | Act::StaffDisabled { .. }
        | Act::StaffEnabled { .. }
        | Act::RoleRevoked { .. }
        | Act::StaffUnlinked { .. }
        | Act::StaffCredentialsSet { .. }
        | Act::StaffSignedIn { .. }
        | Act::StaffTokenIssued { .. }
        | Act::ImagesDeleted { .. }
        | Act::VaultRotationBegun { .. }
        | Act::VaultRotationEnded { .. }
        | Act::VaultKeyRetired { .. } => Vec::new(),
    }
}
