//! The keys that sign receipts: one is present, the others are retired and only verify what they signed.

use jiff::Timestamp;
use sqlx::FromRow;

use super::column::Time;
use super::error::StoreError;
use super::tx::{Tx, run};

const TABLE: &str = "receipt_key";

const INSERT: &str = "insert into receipt_key (kid, public_key, sealed_seed, created_at, present) \
    values ($1, $2, $3, $4, 1) on conflict (present) do nothing";
const RETIRE: &str = "update receipt_key set present = null, sealed_seed = null, retired_at = $2 \
    where kid = $1 and present = 1";
const PRESENT: &str = "select kid, public_key, sealed_seed, created_at, retired_at from receipt_key where present = 1";
const ALL: &str =
    "select kid, public_key, sealed_seed, created_at, retired_at from receipt_key order by created_at, kid";

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceiptKey {
    /// Its thumbprint.
    pub kid: String,
    /// 32 bytes.
    pub public_key: Vec<u8>,
    /// The seed of the private key, sealed; `None` once the key is retired.
    pub sealed_seed: Option<Vec<u8>>,
    /// Since when it signs.
    pub created_at: Timestamp,
    /// Since when it does not any more.
    pub retired_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    kid: String,
    public_key: Vec<u8>,
    sealed_seed: Option<Vec<u8>>,
    created_at: Time,
    retired_at: Option<Time>,
}

impl From<Row> for StoredReceiptKey {
    fn from(row: Row) -> Self {
        let Row { kid, public_key, sealed_seed, created_at, retired_at } = row;
        let (created_at, retired_at) = (created_at.0, retired_at.map(|at| at.0));
        Self { kid, public_key, sealed_seed, created_at, retired_at }
    }
}

/// Makes a key the present one, unless there is one, and says whether it did. Of two at the same time, the second waits
/// for the first.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn insert(tx: &mut Tx, key: &StoredReceiptKey) -> Result<bool, StoreError> {
    let StoredReceiptKey { kid, public_key, sealed_seed, created_at, .. } = key;
    let sealed_seed = sealed_seed.as_deref();
    Ok(run!(tx, execute INSERT, kid, public_key.as_slice(), sealed_seed, Time(*created_at))? == 1)
}

/// Retires the present key for ever, if it is this one, and says whether it was.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn retire(tx: &mut Tx, kid: &str, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute RETIRE, kid, Time(at))? == 1)
}

/// The key that signs now.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn present(tx: &mut Tx) -> Result<Option<StoredReceiptKey>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; PRESENT)?.map(StoredReceiptKey::from))
}

/// All keys, the oldest first.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn all(tx: &mut Tx) -> Result<Vec<StoredReceiptKey>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; ALL)?;
    Ok(rows.into_iter().map(StoredReceiptKey::from).collect())
}
