//! One transaction, on either database.

use sqlx::{Postgres, Transaction};

use super::error::StoreError;
use super::sqlite_connections;

/// A transaction. Dropping it without [`Tx::commit`] undoes it. After an error nothing else can be done with it: both
/// databases may have undone it already.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(sqlite_connections::Transaction),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes everything written in the transaction durable.
    ///
    /// # Errors
    /// Any [`StoreError`]. After [`StoreError::Unavailable`] it is unknown whether the commit was done: a repeated
    /// request with the same idempotency key finds out.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Runs one statement on the database of the transaction: `run!(tx, execute SQL, values…)` gives the number of rows
/// changed; `run!(tx, fetch_optional Row in TABLE: SQL, values…)`, or another of sqlx's ways to fetch, gives rows.
macro_rules! run {
    ($tx:expr, execute $sql:expr $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                sqlx::query($sql)$(.bind($value))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::store::Tx::Postgres(tx) => {
                sqlx::query($sql)$(.bind($value))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
    ($tx:expr, $fetch:ident $row:ident in $table:expr; $sql:expr $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$fetch(&mut **tx).await
            }
            $crate::store::Tx::Postgres(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$fetch(&mut **tx).await
            }
        }
        .map_err(|error| $crate::store::StoreError::reading($table, error))
    };
}

/// Runs one statement with a list of rows in it, `SQL values (…), (…) REST`, and gives the number of rows changed.
macro_rules! run_with_rows {
    ($tx:expr, $sql:expr, $rows:expr, |$row:ident, $item:ident| $bind:block, $rest:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let mut statement = sqlx::QueryBuilder::<sqlx::Sqlite>::new($sql);
                statement.push_values($rows, |mut $row, $item| $bind).push($rest);
                statement.build().persistent(false).execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::store::Tx::Postgres(tx) => {
                let mut statement = sqlx::QueryBuilder::<sqlx::Postgres>::new($sql);
                statement.push_values($rows, |mut $row, $item| $bind).push($rest);
                statement.build().persistent(false).execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}

pub(super) use {run, run_with_rows};
