//! How SQLite would run a statement, for tests: what grows with the years must not be read from end to end.

use super::Store;
use super::tx::Tx;

/// The steps, in SQLite's words: `SEARCH table USING INDEX …`, `SCAN table`.
pub(super) async fn plan(statement: &str) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}", place.path().join("vivat.db").display())).await.unwrap();
    let Tx::Sqlite(mut tx) = store.read().await.unwrap() else { panic!("not SQLite") };
    let explained = sqlx::AssertSqlSafe(format!("explain query plan {statement}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explained).fetch_all(tx.connection().await.unwrap()).await.unwrap();
    steps.into_iter().map(|(_, _, _, step)| step).collect()
}
