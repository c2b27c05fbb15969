//! The keys of all rows that an act made, of whatever table: what an audit holds against the log.

use sqlx::FromRow;
use uuid::Uuid;

use super::column::Count;
use super::error::StoreError;
use super::tx::{Tx, run};

/// A row that an act made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// Where it stands.
    pub table: Table,
    /// Which it is.
    pub key: Key,
}

/// What identifies a row in its table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// An identifier.
    Id(Uuid),
    /// A part of something: which, and of what.
    Part(Uuid, u32),
    /// A digest, hexadecimal or base64url.
    Name(String),
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Part(of, part) => write!(f, "{part} of {of}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// How the keys of a table are asked for.
enum Ask {
    Ids(&'static str),
    Parts(&'static str),
    Names(&'static str),
}

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident $name:literal holds $holds:literal: $ask:expr;)+) => {
        /// A table whose rows are made by acts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Table {
            $($(#[$doc])* $table,)+
        }

        impl Table {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$table,)+];

            /// What one row of it is.
            #[must_use]
            pub const fn holds(self) -> &'static str {
                match self {
                    $(Self::$table => $holds,)+
                }
            }

            /// Its name in the schema.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$table => $name,)+
                }
            }

            fn ask(self) -> Ask {
                match self {
                    $(Self::$table => $ask,)+
                }
            }
        }
    };
}

tables! {
    /// Policies.
    Policy "policy" holds "policy": Ask::Names("select hash as name from policy");
    /// Policies in force, by what they are.
    PolicyInForce "policy_in_force" holds "policy in force": Ask::Names("select policy as name from policy_in_force");
    /// Persons who were erased.
    Erasure "person" holds "erasure of person": Ask::Ids("select id from person where erased_at is not null");
    /// Beneficiaries.
    Beneficiary "beneficiary" holds "beneficiary": Ask::Ids("select id from beneficiary");
    /// References.
    Reference "reference" holds "reference": Ask::Ids("select id from reference");
    /// Sessions.
    Session "session" holds "session": Ask::Ids("select id from session");
    /// Frames.
    Capture "capture" holds "capture": Ask::Ids("select id from capture");
    /// Decisions, by session and attempt.
    Decision "decision" holds "decision": Ask::Parts("select session as id, attempt as part from decision");
    /// Certifications.
    Certification "certification" holds "certification": Ask::Ids("select id from certification");
    /// Cases.
    Case "review_case" holds "case": Ask::Ids("select id from review_case");
    /// Judgements, by case and position.
    Judgement "judgement" holds "judgement": Ask::Parts("select review_case as id, position as part from judgement");
    /// Receipts, by certification.
    Receipt "receipt" holds "receipt of certification": Ask::Ids("select certification as id from receipt");
    /// Revocations of receipts, by certification.
    ReceiptRevocation "receipt_revocation" holds "revocation of the receipt of certification": Ask::Ids(
        "select receipt.certification as id from receipt_revocation \
         join receipt on receipt.number = receipt_revocation.number"
    );
    /// Keys that sign receipts.
    ReceiptKey "receipt_key" holds "receipt key": Ask::Names("select kid as name from receipt_key");
    /// Devices.
    Device "device" holds "device": Ask::Ids("select id from device");
    /// Proposals.
    Proposal "proposal" holds "proposal": Ask::Ids("select id from proposal");
    /// Changes of standing, by the proposal that led to them.
    Standing "standing" holds "change of standing by proposal": Ask::Ids("select proposal as id from standing");
    /// Accounts of staff.
    Staff "staff" holds "account": Ask::Ids("select id from staff");
    /// Roles that were granted.
    StaffGrant "staff_grant" holds "role": Ask::Ids("select id from staff_grant");
    /// Accounts elsewhere that belong to one here.
    StaffLink "staff_link" holds "link": Ask::Ids("select id from staff_link");
}

#[derive(FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(FromRow)]
struct PartRow {
    id: Uuid,
    part: Count,
}

#[derive(FromRow)]
struct NameRow {
    name: String,
}

/// All rows of a table, in no order.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn all(tx: &mut Tx, table: Table) -> Result<Vec<Row>, StoreError> {
    let name = table.name();
    let keys: Vec<_> = match table.ask() {
        Ask::Ids(sql) => run!(tx, fetch_all IdRow in name; sql)?.into_iter().map(|row| Key::Id(row.id)).collect(),
        Ask::Parts(sql) => {
            let rows = run!(tx, fetch_all PartRow in name; sql)?;
            rows.into_iter().map(|row| Key::Part(row.id, row.part.0)).collect()
        }
        Ask::Names(sql) => {
            run!(tx, fetch_all NameRow in name; sql)?.into_iter().map(|row| Key::Name(row.name)).collect()
        }
    };
    Ok(keys.into_iter().map(|key| Row { table, key }).collect())
}
