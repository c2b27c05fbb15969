//! Statements that the store does not have: what somebody does who commands the database.

use vivat::store::{StoreError, Tx};

/// Runs a statement in a transaction, and says how many rows it changed.
pub(crate) async fn execute(tx: &mut Tx, statement: &'static str) -> Result<u64, StoreError> {
    let changed = match tx {
        Tx::Sqlite(tx) => sqlx::query(statement).execute(tx.connection().await?).await?.rows_affected(),
        Tx::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await?.rows_affected(),
    };
    Ok(changed)
}
