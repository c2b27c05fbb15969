//! What can go wrong with a database, without a word of what stands in it.

use sqlx::migrate::MigrateError;

/// Why the store could not do it. No variant carries a value of a row: messages of databases do, so none is passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The address names no database of a kind that is known.
    #[error("the address of the database must be sqlite:PATH or postgres://USER@HOST/NAME")]
    Address,
    /// The database cannot be reached, went away, or does not answer in time. Trying again later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The file, its directory or the server cannot be written to.
    #[error("the database is read-only")]
    ReadOnly,
    /// No space is left.
    #[error("the disk of the database is full")]
    Full,
    /// The file is broken, or was never a database.
    #[error("the database is damaged, or the file is not a database")]
    Damaged,
    /// The schema is not of this program: a newer version has been here, or somebody changed it by hand.
    #[error("the schema of the database is of another version of Vivat (migration {0})")]
    Schema(i64),
    /// A value in a row is not of its kind.
    #[error("the table {table} holds something in its column {column} that cannot be there")]
    Corrupt {
        /// Of the row.
        table: &'static str,
        /// Of the value.
        column: String,
    },
    /// A rule of the schema refused the change.
    #[error("{0}")]
    Conflict(Constraint),
    /// The database refused a statement for a reason that has no name here: a fault of the program.
    #[error("the database refused a statement (code {0})")]
    Refused(String),
}

/// A rule of the schema, with the name that it has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Constraint {
    /// A citizen number belongs to one beneficiary.
    #[error("the citizen number is registered already")]
    CitizenIdTaken,
    /// An attempt is decided once.
    #[error("the attempt is decided already")]
    AttemptDecided,
    /// A session certifies once.
    #[error("the session has its certification already")]
    SessionCertified,
    /// A session is referred once.
    #[error("the session has its case already")]
    SessionReferred,
    /// Judgements of a case come one after another.
    #[error("somebody else has judged the case in the meantime")]
    CaseJudged,
    /// An idempotency key is answered once, after it was claimed.
    #[error("the idempotency key is not claimed, or is answered already")]
    IdempotencyKeyTaken,
    /// Policies come into force one after another.
    #[error("another policy came into force in the meantime")]
    PolicyChanged,
    /// Changes of standing come one after another.
    #[error("the standing changed in the meantime")]
    StandingChanged,
    /// A login belongs to one account.
    #[error("somebody signs in under that name already")]
    LoginTaken,
    /// A role is granted once at an agency.
    #[error("the account has that role at that agency already")]
    RoleGranted,
    /// A subject of a foreign identity provider opens one account.
    #[error("the subject opens an account already")]
    SubjectLinked,
    /// A key belongs to one device, for ever.
    #[error("a device has this key already")]
    DeviceKeyTaken,
    /// A row refers to one that exists, and a certification to a session of the same person.
    #[error("what it refers to is not recorded")]
    ParentMissing,
    /// What is changed must exist.
    #[error("what was to be changed is not recorded")]
    NotRecorded,
    /// Certifications, decisions, judgements and policies are neither changed nor removed.
    #[error("the record is append-only")]
    AppendOnly,
}

/// The unique constraints that callers can run into: the name in the schema, and the columns, which are all that
/// SQLite tells.
const UNIQUE: [(Constraint, &str, &str); 7] = [
    (Constraint::AttemptDecided, "decision_once_per_attempt", "decision.session, decision.attempt"),
    (
        Constraint::SessionCertified,
        "certification_once_per_session",
        "certification.beneficiary, certification.session",
    ),
    (Constraint::SessionReferred, "review_case_once_per_session", "review_case.session"),
    (Constraint::CaseJudged, "judgement_once_per_position", "judgement.review_case, judgement.position"),
    (Constraint::LoginTaken, "staff_login_once", "staff.login"),
    (Constraint::RoleGranted, "staff_grant_once", "staff_grant.staff, staff_grant.role, staff_grant.agency"),
    (Constraint::DeviceKeyTaken, "device_key_once", "device.public_key"),
];

impl StoreError {
    /// An error while rows of a table were read.
    pub(super) fn reading(table: &'static str, error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { index, .. } => Self::corrupt(table, index.trim_matches('"')),
            other => other.into(),
        }
    }

    /// A row whose columns do not fit together.
    pub(super) fn corrupt(table: &'static str, column: &str) -> Self {
        Self::Corrupt { table, column: column.to_owned() }
    }

    /// `Ok` when a statement changed the row that it was meant to change.
    pub(super) fn unless_changed(rows: u64, otherwise: Constraint) -> Result<(), Self> {
        if rows == 1 { Ok(()) } else { Err(Self::Conflict(otherwise)) }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => match error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                Some(refused) => of_postgres(refused),
                None => of_sqlite(error.code().as_deref().unwrap_or_default(), error.message()),
            },
            sqlx::Error::Io(error) => Self::Unavailable(error.kind().to_string()),
            sqlx::Error::Configuration(_) => Self::Address,
            sqlx::Error::PoolTimedOut => Self::Unavailable("no connection in time".to_owned()),
            sqlx::Error::PoolClosed => Self::Unavailable("it is closed".to_owned()),
            sqlx::Error::Tls(_) => Self::Unavailable("no encrypted connection".to_owned()),
            sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
                Self::Unavailable("the connection broke".to_owned())
            }
            sqlx::Error::Encode(_) => Self::Refused("encode".to_owned()),
            _ => Self::Refused("driver".to_owned()),
        }
    }
}

/// Errors of the file of SQLite; those of a connection to PostgreSQL come as errors of sqlx.
impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            kind => Self::Unavailable(kind.to_string()),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(version)
            | MigrateError::VersionMismatch(version)
            | MigrateError::Dirty(version) => Self::Schema(version),
            _ => Self::Refused("migrate".to_owned()),
        }
    }
}

/// Codes of PostgreSQL: appendix A of its manual.
fn of_postgres(error: &sqlx::postgres::PgDatabaseError) -> StoreError {
    match error.code() {
        "23505" => unique(error.code(), |(_, name, _)| error.constraint() == Some(name)),
        "23503" => StoreError::Conflict(Constraint::ParentMissing),
        "VA001" => StoreError::Conflict(Constraint::AppendOnly),
        "25006" => StoreError::ReadOnly,
        "53100" => StoreError::Full,
        "XX001" | "XX002" => StoreError::Damaged,
        // A deadlock, a lock or an answer waited for too long.
        "40001" | "40P01" | "55P03" | "57014" => StoreError::Unavailable("it is too busy".to_owned()),
        // Connection, idle for too long, log-in, no such database, resources, operator, system: they tell of no row.
        code if ["08", "25P03", "28", "3D", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unavailable(error.message().to_owned())
        }
        code => StoreError::Refused(code.to_owned()),
    }
}

/// Codes of SQLite: <https://www.sqlite.org/rescode.html>. The low byte is the kind, the rest tells it more exactly.
fn of_sqlite(code: &str, message: &str) -> StoreError {
    const UNIQUE_VIOLATION: i32 = 2067;
    const PRIMARY_KEY_VIOLATION: i32 = 1555;
    const FOREIGN_KEY_VIOLATION: i32 = 787;
    const RAISED_BY_TRIGGER: i32 = 1811;
    const LOG_INDEX_CANNOT_GROW: i32 = 4874;
    let number: i32 = code.parse().unwrap_or_default();
    match number {
        UNIQUE_VIOLATION | PRIMARY_KEY_VIOLATION => {
            unique(code, |(_, _, columns)| message.strip_prefix("UNIQUE constraint failed: ") == Some(columns))
        }
        FOREIGN_KEY_VIOLATION => StoreError::Conflict(Constraint::ParentMissing),
        RAISED_BY_TRIGGER => StoreError::Conflict(Constraint::AppendOnly),
        LOG_INDEX_CANNOT_GROW => StoreError::Full,
        _ => match number & 0xff {
            5 | 6 => StoreError::Unavailable("it is too busy".to_owned()),
            8 => StoreError::ReadOnly,
            10 | 14 => StoreError::Unavailable(format!("the file cannot be read or written (code {code})")),
            11 | 26 => StoreError::Damaged,
            13 => StoreError::Full,
            _ => StoreError::Refused(code.to_owned()),
        },
    }
}

fn unique(code: &str, is: impl Fn(&(Constraint, &'static str, &'static str)) -> bool) -> StoreError {
    UNIQUE
        .iter()
        .find(|named| is(named))
        .map_or_else(|| StoreError::Refused(code.to_owned()), |(constraint, ..)| StoreError::Conflict(*constraint))
}
