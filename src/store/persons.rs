//! Persons: everybody whose citizen number was ever given, by its blind index, with their wrapped key.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Large, Time};
use super::dialect::share_person;
use super::error::StoreError;
use super::tx::{Tx, run};
use super::vault_keys::StoredKey;
use crate::domain::id::{PersonId, SessionId};

const TABLE: &str = "person";

const INSERT: &str = "insert into person (id, citizen_index, kek, wrapped_key, created_at) values ($1, $2, $3, $4, $5) \
    on conflict (citizen_index) do nothing";
const FIND: &str = "select id, kek, wrapped_key from person where id = $1";
const OF_SESSION: &str = "select p.id, p.kek, p.wrapped_key from session s join person p on p.id = s.person \
    where s.id = $1";
const FIND_BY_INDEX: &str = "select id, kek, wrapped_key from person where citizen_index = $1";

const ERASE: &str = "update person set citizen_index = null, kek = null, wrapped_key = null, erased_at = $2, \
    erasure_reason = $3 where id = $1 and erased_at is null";
const ERASURE: &str = "select erased_at, erasure_reason from person where id = $1";
const REMAINS: &str = "select \
    (select count(*) from certification where beneficiary = $1) as certifications, \
    (select count(*) from decision d join session s on s.id = d.session where s.person = $1) as decisions, \
    (select count(*) from judgement j join review_case c on c.id = j.review_case join session s on s.id = c.session \
        where s.person = $1) as judgements";
const NOT_UNDER: &str = "select id, kek, wrapped_key from person where kek <> $1 and id > $2 order by id limit $3";
const REWRAP: &str = "update person set kek = $3, wrapped_key = $4 where id = $1 and wrapped_key = $2";
const BY_KEK: &str = "select kek, count(*) as persons from person where kek is not null group by kek order by kek";

/// What the record keeps of somebody who was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remains {
    /// Certifications.
    pub certifications: u64,
    /// Decisions of the machine.
    pub decisions: u64,
    /// Judgements of people.
    pub judgements: u64,
}

/// A person as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPerson {
    /// Ours.
    pub id: PersonId,
    /// What seals all that is theirs; `None` once they are erased.
    pub key: Option<StoredKey>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kek: Option<String>,
    wrapped_key: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct ErasureRow {
    erased_at: Option<Time>,
    erasure_reason: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct RemainsRow {
    certifications: Large,
    decisions: Large,
    judgements: Large,
}

#[derive(FromRow)]
struct KekRow {
    kek: String,
    persons: Large,
}

impl From<Row> for StoredPerson {
    fn from(row: Row) -> Self {
        let key = row.kek.zip(row.wrapped_key).map(|(kek, wrapped)| StoredKey { kek, wrapped });
        Self { id: PersonId(row.id), key }
    }
}

/// Records a person, and says whether nobody had the number before. Of two at the same time, the second waits for the
/// first.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(
    tx: &mut Tx,
    id: PersonId,
    citizen_index: &[u8; 32],
    key: &StoredKey,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let inserted =
        run!(tx, execute INSERT, id.0, citizen_index.as_slice(), &key.kek, key.wrapped.as_slice(), Time(at))?;
    Ok(inserted == 1)
}

/// The person of that identifier.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: PersonId) -> Result<Option<StoredPerson>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredPerson::from))
}

/// The person whose session it is.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Option<StoredPerson>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; OF_SESSION, session.0)?.map(StoredPerson::from))
}

/// The person of a citizen number, by its blind index. Whoever was erased is not found.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find_by_index(tx: &mut Tx, citizen_index: &[u8; 32]) -> Result<Option<StoredPerson>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND_BY_INDEX, citizen_index.as_slice())?.map(StoredPerson::from))
}

/// Keeps a person from being erased until the transaction ends, and says whether they are there.
///
/// # Errors
/// Any [`StoreError`] of reading; [`StoreError::Unavailable`] when an erasure takes too long.
pub async fn hold(tx: &mut Tx, id: PersonId) -> Result<bool, StoreError> {
    share_person(tx, id.0).await?;
    Ok(find(tx, id).await?.is_some_and(|person| person.key.is_some()))
}

/// Forgets index and key of a person, for ever, and says whether there was somebody to erase.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn erase(tx: &mut Tx, id: PersonId, sealed_reason: &[u8], at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute ERASE, id.0, Time(at), sealed_reason)? == 1)
}

/// When and why a person was erased, if they were. The reason is sealed.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn erasure(tx: &mut Tx, id: PersonId) -> Result<Option<(Timestamp, Vec<u8>)>, StoreError> {
    let row = run!(tx, fetch_optional ErasureRow in TABLE; ERASURE, id.0)?;
    Ok(row.and_then(|row| Some((row.erased_at?.0, row.erasure_reason?))))
}

/// What the record keeps of a person, erased or not.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn remains(tx: &mut Tx, id: PersonId) -> Result<Remains, StoreError> {
    let row = run!(tx, fetch_one RemainsRow in TABLE; REMAINS, id.0)?;
    let RemainsRow { certifications, decisions, judgements } = row;
    Ok(Remains { certifications: certifications.0, decisions: decisions.0, judgements: judgements.0 })
}

/// Persons whose keys another key-encryption key wraps than this one: one page, in the order of their identifiers.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn not_under(
    tx: &mut Tx,
    kek: &str,
    after: Option<PersonId>,
    limit: u32,
) -> Result<Vec<(PersonId, StoredKey)>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = run!(tx, fetch_all Row in TABLE; NOT_UNDER, kek, after, i64::from(limit))?;
    let person = |row| StoredPerson::from(row);
    Ok(rows.into_iter().map(person).filter_map(|person| Some((person.id, person.key?))).collect())
}

/// Puts the key of a person, wrapped anew, in the place of the one that was read; says whether that was still there.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn rewrap(tx: &mut Tx, id: PersonId, read: &StoredKey, anew: &StoredKey) -> Result<bool, StoreError> {
    let changed = run!(tx, execute REWRAP, id.0, read.wrapped.as_slice(), &anew.kek, anew.wrapped.as_slice())?;
    Ok(changed == 1)
}

/// How many persons each key-encryption key has, by its name.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn by_kek(tx: &mut Tx) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = run!(tx, fetch_all KekRow in TABLE; BY_KEK)?;
    Ok(rows.into_iter().map(|row| (row.kek, row.persons.0)).collect())
}
