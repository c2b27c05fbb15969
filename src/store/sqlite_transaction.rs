//! A transaction on a SQLite connection that was lent.

use futures_util::{FutureExt, TryStreamExt};
use sqlx::error::ErrorKind;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Either, Executor, FromRow, Sqlite, SqliteConnection};

use super::sqlite_batch::Batch;
use super::sqlite_connections::Lent;

/// A transaction. Statements are pushed, and go on their way with the first of them whose answer is asked for, after the one that
/// begins the transaction. Dropping it without [`Transaction::commit`] undoes it.
pub struct Transaction {
    lent: Lent,
    /// What is not on its way yet.
    batch: Batch,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent, so there is nothing to undo.
    New,
    /// What begins it was sent, with the first statement.
    Open,
    /// Nothing is left to be undone.
    Committed,
}

impl Transaction {
    pub(super) fn new(lent: Lent, begin: &'static str) -> Self {
        let mut batch = Batch::default();
        batch.push(begin, |_| Ok(()));
        Self { lent, batch, state: State::New }
    }

    /// What goes with the next statement whose answer is asked for.
    pub(super) fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// How many rows the last statement has changed.
    pub(super) async fn execute(&mut self) -> Result<u64, sqlx::Error> {
        self.answers().await.map(|answers| answers.changed)
    }

    /// The first row that the statements give, if there is one.
    pub(super) async fn fetch_optional<R: for<'r> FromRow<'r, SqliteRow>>(&mut self) -> Result<Option<R>, sqlx::Error> {
        self.answers().await?.rows.first().map(R::from_row).transpose()
    }

    /// The first row that the statements give: there is one.
    pub(super) async fn fetch_one<R: for<'r> FromRow<'r, SqliteRow>>(&mut self) -> Result<R, sqlx::Error> {
        self.fetch_optional().await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// The rows that the statements give.
    pub(super) async fn fetch_all<R: for<'r> FromRow<'r, SqliteRow>>(&mut self) -> Result<Vec<R>, sqlx::Error> {
        self.answers().await?.rows.iter().map(R::from_row).collect()
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.batch.push("commit", |_| Ok(()));
        self.execute().await?;
        self.state = State::Committed;
        Ok(())
    }

    /// The connection, with the transaction under way and all that was pushed done: for statements that this store does not have.
    ///
    /// # Errors
    /// Whatever is wrong with what was pushed.
    pub async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if !self.batch.is_empty() {
            self.execute().await?;
        }
        self.lent.connection()
    }

    /// Sends what has been pushed. From here on it is undone, also when nobody waits for the answer any more.
    async fn answers(&mut self) -> Result<Answers, sqlx::Error> {
        let query = self.batch.take()?;
        let beginning = self.state == State::New;
        self.state = State::Open;
        let outcome = answers(self.lent.connection()?, query).await;
        if beginning && outcome.as_ref().is_err_and(|error| !refused_by_a_rule(error)) {
            // It may be that no transaction can be begun on this connection any more.
            self.lent.give_up();
        }
        outcome
    }
}

/// What statements have answered.
#[derive(Default)]
struct Answers {
    /// Of all of them.
    rows: Vec<SqliteRow>,
    /// By the last one.
    changed: u64,
}

async fn answers(
    connection: &mut SqliteConnection,
    query: Query<'static, Sqlite, SqliteArguments>,
) -> Result<Answers, sqlx::Error> {
    let mut stream = connection.fetch_many(query);
    let mut answers = Answers::default();
    while let Some(answer) = stream.try_next().await? {
        match answer {
            Either::Left(done) => answers.changed = done.rows_affected(),
            Either::Right(row) => answers.rows.push(row),
        }
    }
    Ok(answers)
}

/// Whether a rule of the schema refused a change, so that the transaction had begun.
fn refused_by_a_rule(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| !matches!(error.kind(), ErrorKind::Other))
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Ok(connection) = self.lent.connection() else { return };
        if self.state == State::Open {
            // Asked once, it is on its way to the thread of the connection, before whatever comes next. Where SQLite has
            // undone the transaction by itself, it is refused, which changes nothing.
            let _ = sqlx::query("rollback").execute(connection).now_or_never();
        }
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction(SQLite)")
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use sqlx::sqlite::SqliteConnectOptions;

    use super::super::sqlite_connections::Connections;
    use super::Transaction;

    const WRITE: &str = "begin immediate";

    async fn connections(place: &tempfile::TempDir) -> Connections {
        let options = SqliteConnectOptions::new().filename(place.path().join("test.db")).create_if_missing(true);
        let connections = Connections::new(options, 1);
        connections.execute("create table t (a integer primary key) strict").await.unwrap();
        connections
    }

    async fn with_one_row(connections: &Connections) -> Transaction {
        let mut tx = connections.begin(WRITE).await.unwrap();
        tx.batch().push("insert into t values (1)", |_| Ok(()));
        tx
    }

    async fn count(connections: &Connections) -> i64 {
        let mut tx = connections.begin("begin").await.unwrap();
        tx.batch().push("select count(*) from t", |_| Ok(()));
        tx.fetch_one::<(i64,)>().await.unwrap().0
    }

    #[tokio::test]
    async fn what_is_pushed_is_done_by_the_commit_and_undone_without_it() {
        let place = tempfile::tempdir().unwrap();
        let connections = connections(&place).await;
        drop(with_one_row(&connections).await);
        assert_eq!(count(&connections).await, 0, "never sent");
        let mut tx = connections.begin(WRITE).await.unwrap();
        tx.batch().push("insert into t values (1), (2)", |_| Ok(()));
        assert_eq!(tx.execute().await.unwrap(), 2);
        drop(tx);
        assert_eq!(count(&connections).await, 0, "sent, and not committed");
        let mut tx = with_one_row(&connections).await;
        tx.batch().push("insert into t values (2)", |_| Ok(()));
        tx.commit().await.unwrap();
        assert_eq!(count(&connections).await, 2);
    }

    #[tokio::test]
    async fn one_statement_that_is_refused_undoes_those_it_came_with() {
        let place = tempfile::tempdir().unwrap();
        let connections = connections(&place).await;
        for refused in ["insert into t values (1)", "insert into nowhere values (1)"] {
            let mut tx = with_one_row(&connections).await;
            tx.batch().push(refused, |_| Ok(()));
            tx.batch().push("insert into t values (2)", |_| Ok(()));
            assert!(tx.commit().await.is_err());
            assert_eq!(count(&connections).await, 0, "{refused}");
        }
    }

    #[tokio::test]
    async fn who_waits_for_no_answer_any_more_has_changed_nothing() {
        let place = tempfile::tempdir().unwrap();
        let connections = connections(&place).await;
        let mut tx = with_one_row(&connections).await;
        // On its way, or not even that.
        let _ = tx.execute().now_or_never();
        drop(tx);
        assert_eq!(count(&connections).await, 0);
    }

    #[tokio::test]
    async fn a_connection_on_which_nothing_begins_is_given_up() {
        let place = tempfile::tempdir().unwrap();
        let connections = connections(&place).await;
        connections.execute("begin").await.unwrap();
        let mut tx = connections.begin(WRITE).await.unwrap();
        assert!(tx.execute().await.is_err(), "a transaction within one");
        drop(tx);
        assert_eq!(count(&connections).await, 0, "on a new one");
    }
}
