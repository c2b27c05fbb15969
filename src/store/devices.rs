//! Devices, and the nonces of their requests.

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::column::{Digest, Parsed, Time};
use super::error::StoreError;
use super::tx::{Tx, run};
use crate::domain::beneficiary::AgencyCode;
use crate::domain::device::DeviceKey;
use crate::domain::id::DeviceId;

const TABLE: &str = "device";

const INSERT: &str =
    "insert into device (id, name, agency, public_key, enrolled_at, revoked_at) values ($1, $2, $3, $4, $5, $6)";
const FIND: &str = "select id, name, agency, public_key, enrolled_at, revoked_at from device where id = $1";
const LIST: &str = "select id, name, agency, public_key, enrolled_at, revoked_at from device order by enrolled_at, id";
const REVOKE: &str = "update device set revoked_at = $2 where id = $1 and revoked_at is null";
const USE_NONCE: &str = "insert into device_nonce (device, digest, used_at) values ($1, $2, $3) on conflict do nothing";
const FORGET_NONCES: &str = "delete from device_nonce where device = $1 and used_at < $2";

/// A device as it is stored: its name is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDevice {
    /// Ours.
    pub id: DeviceId,
    /// Sealed by the house.
    pub name: Vec<u8>,
    /// The agency that put it up.
    pub agency: AgencyCode,
    /// Its public key.
    pub key: DeviceKey,
    /// When it was let in.
    pub enrolled_at: Timestamp,
    /// Since when it is not good; `None` while it is.
    pub revoked_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: Vec<u8>,
    agency: Parsed<AgencyCode>,
    public_key: Digest,
    enrolled_at: Time,
    revoked_at: Option<Time>,
}

impl From<Row> for StoredDevice {
    fn from(row: Row) -> Self {
        Self {
            id: DeviceId(row.id),
            name: row.name,
            agency: row.agency.0,
            key: DeviceKey(row.public_key.0),
            enrolled_at: row.enrolled_at.0,
            revoked_at: row.revoked_at.map(|at| at.0),
        }
    }
}

/// Records a device.
///
/// # Errors
/// [`Constraint::DeviceKeyTaken`](super::Constraint::DeviceKeyTaken) when a device has the key, be it a revoked one.
pub async fn insert(tx: &mut Tx, device: &StoredDevice) -> Result<(), StoreError> {
    run!(
        tx,
        execute INSERT,
        device.id.0,
        device.name.as_slice(),
        device.agency.as_str(),
        device.key.0.as_slice(),
        Time(device.enrolled_at),
        device.revoked_at.map(Time),
    )?;
    Ok(())
}

/// The device of that identifier, a revoked one too: look at `revoked_at`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, id: DeviceId) -> Result<Option<StoredDevice>, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; FIND, id.0)?.map(StoredDevice::from))
}

/// All devices, revoked ones included, in the order in which they were enrolled.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn list(tx: &mut Tx) -> Result<Vec<StoredDevice>, StoreError> {
    Ok(run!(tx, fetch_all Row in TABLE; LIST)?.into_iter().map(StoredDevice::from).collect())
}

/// Revokes a device, and says whether there was one to revoke.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn revoke(tx: &mut Tx, id: DeviceId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(run!(tx, execute REVOKE, id.0, Time(at))? == 1)
}

/// Uses up a nonce of the device, and says whether it was new. Those used before `forget` are forgotten.
///
/// # Errors
/// Any [`StoreError`] of writing.
pub async fn use_nonce(
    tx: &mut Tx,
    device: DeviceId,
    digest: &[u8; 32],
    at: Timestamp,
    forget: Timestamp,
) -> Result<bool, StoreError> {
    run!(tx, execute FORGET_NONCES, device.0, Time(forget))?;
    Ok(run!(tx, execute USE_NONCE, device.0, digest.as_slice(), Time(at))? == 1)
}
