//! One transaction, on either database.

use sqlx::{Postgres, Transaction};

use super::error::StoreError;
use super::sqlite_transaction;

/// A transaction. Dropping it without [`Tx::commit`] undoes it. After an error nothing else can be done with it: both
/// databases may have undone it already. Where a change has no answer, what is wrong with it may be told later, at the latest by
/// the commit.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(sqlite_transaction::Transaction),
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
/// changed; `run!(tx, fetch_optional Row in TABLE; SQL, values…)`, or another of sqlx's ways to fetch, gives rows.
///
/// `run!(tx, later SQL, values…)` changes rows and asks for no answer: on SQLite it goes with the next statement whose answer is
/// asked for, at the latest with the commit, and what is wrong with it is told there.
macro_rules! run {
    ($tx:expr, later $sql:expr $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                tx.batch().push($sql, $crate::store::tx::values!($($value),*));
                Ok(())
            }
            $crate::store::Tx::Postgres(tx) => {
                sqlx::query($sql)$(.bind($value))*.execute(&mut **tx).await.map(|_| ())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
    ($tx:expr, execute $sql:expr $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                tx.batch().push($sql, $crate::store::tx::values!($($value),*));
                tx.execute().await
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
                tx.batch().push($sql, $crate::store::tx::values!($($value),*));
                tx.$fetch::<$row>().await
            }
            $crate::store::Tx::Postgres(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$fetch(&mut **tx).await
            }
        }
        .map_err(|error| $crate::store::StoreError::reading($table, error))
    };
}

/// Binds values one after another.
macro_rules! values {
    () => { |_| Ok(()) };
    ($($value:expr),+) => { |values| { values$(.bind($value)?)+; Ok(()) } };
}

/// Runs one statement with a list of rows in it, `SQL values (…), (…) REST`, otherwise as `run!` does.
macro_rules! run_with_rows {
    ($tx:expr, later $sql:expr, $rows:expr, |$item:pat_param| [$($value:expr),+ $(,)?], $rest:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                tx.batch().push_rows($sql, $rows, |values, $item| { values$(.bind($value)?)+; Ok(()) }, $rest);
                Ok(())
            }
            $crate::store::Tx::Postgres(tx) => {
                $crate::store::tx::rows_of_postgres!(tx, build, execute, $sql, $rows, |$item| [$($value),+], $rest)
                    .map(|_| ())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
    ($tx:expr, execute $sql:expr, $rows:expr, |$item:pat_param| [$($value:expr),+ $(,)?], $rest:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                tx.batch().push_rows($sql, $rows, |values, $item| { values$(.bind($value)?)+; Ok(()) }, $rest);
                tx.execute().await
            }
            $crate::store::Tx::Postgres(tx) => {
                $crate::store::tx::rows_of_postgres!(tx, build, execute, $sql, $rows, |$item| [$($value),+], $rest)
                    .map(|done| done.rows_affected())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
    (
        $tx:expr, fetch_all $row:ident in $table:expr; $sql:expr, $rows:expr,
        |$item:pat_param| [$($value:expr),+ $(,)?], $rest:expr
    ) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                tx.batch().push_rows($sql, $rows, |values, $item| { values$(.bind($value)?)+; Ok(()) }, $rest);
                tx.fetch_all::<$row>().await
            }
            $crate::store::Tx::Postgres(tx) => {
                $crate::store::tx::rows_of_postgres!(
                    tx, build_query_as::<$row>, fetch_all, $sql, $rows, |$item| [$($value),+], $rest
                )
            }
        }
        .map_err(|error| $crate::store::StoreError::reading($table, error))
    };
}

/// The same on PostgreSQL, with what sqlx calls it to build a statement and to run it.
macro_rules! rows_of_postgres {
    (
        $tx:expr, $build:ident$(::<$row:ident>)?, $run:ident, $sql:expr, $rows:expr,
        |$item:pat_param| [$($value:expr),+], $rest:expr
    ) => {{
        let mut statement = sqlx::QueryBuilder::<sqlx::Postgres>::new($sql);
        let mut count = 0;
        let with_values = statement.push_values($rows, |mut row, $item| {
            count += 1;
            row$(.push_bind($value))+;
        });
        with_values.push($rest);
        // Kept prepared when it will come again with as many rows.
        let statement = statement.$build$(::<$row>)?().persistent(count <= $crate::store::tx::MANY_ROWS);
        statement.$run(&mut **$tx).await
    }};
}

/// Lists of more rows are not worth to be kept prepared.
pub(super) const MANY_ROWS: usize = 32;

pub(super) use {rows_of_postgres, run, run_with_rows, values};
