//! Nodes of the log's tree: the roots of complete subtrees. Append-only.

use sqlx::FromRow;

use super::column::{Digest, Large};
use super::dialect::lock_log;
use super::error::StoreError;
use super::tx::{Tx, run, run_with_rows};

const TABLE: &str = "log_node";

const INSERT: &str = "insert into log_node (level, position, hash) ";
const FIND: &str = "select position, hash from log_node where level = $1 and position = $2";
const LAST_LEAF: &str = "select position, hash from log_node where level = 0 order by position desc limit 1";
const LEAVES: &str =
    "select position, hash from log_node where level = 0 and position >= $1 order by position limit $2";

/// The root of a complete subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// 0 for leaves.
    pub level: u32,
    /// From the left, from 0.
    pub position: u64,
    /// Over the leaves below it.
    pub hash: [u8; 32],
}

#[derive(FromRow)]
struct Row {
    position: Large,
    hash: Digest,
}

/// Keeps other transactions, of all processes, from adding leaves until this one ends.
///
/// # Errors
/// [`StoreError::Unavailable`] when another one holds it too long.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    lock_log(tx).await
}

/// Keeps the hashes of complete subtrees, in one statement. Of no more than some thousands at a time.
///
/// # Errors
/// Any [`StoreError`] of writing; [`StoreError::Refused`] when a place is taken.
pub async fn insert(tx: &mut Tx, nodes: &[Node]) -> Result<(), StoreError> {
    if nodes.is_empty() {
        return Ok(());
    }
    run_with_rows!(
        tx,
        later INSERT,
        nodes,
        |node| [i64::from(node.level), Large::written(node.position), node.hash.as_slice()],
        ""
    )
}

/// The hash of a complete subtree.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn find(tx: &mut Tx, level: u32, position: u64) -> Result<Option<[u8; 32]>, StoreError> {
    let row = run!(tx, fetch_optional Row in TABLE; FIND, i64::from(level), Large::written(position))?;
    Ok(row.map(|row| row.hash.0))
}

/// Leaves in the tree.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn size(tx: &mut Tx) -> Result<u64, StoreError> {
    Ok(run!(tx, fetch_optional Row in TABLE; LAST_LEAF)?.map_or(0, |row| row.position.0 + 1))
}

/// Leaves from a number on, in their order, at most `limit`.
///
/// # Errors
/// Any [`StoreError`] of reading.
pub async fn leaves(tx: &mut Tx, from: u64, limit: u32) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    let rows = run!(tx, fetch_all Row in TABLE; LEAVES, Large::written(from), i64::from(limit))?;
    Ok(rows.into_iter().map(|row| (row.position.0, row.hash.0)).collect())
}
