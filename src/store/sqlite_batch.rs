//! Statements that go to the thread of a SQLite connection together: each way there and back is four changes of threads.

use std::fmt::Write;

use sqlx::error::BoxDynError;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, Type};

use super::tx::MANY_ROWS;

/// Statements one after another, as SQLite takes them, with the values of all of them.
#[derive(Default)]
pub(super) struct Batch {
    sql: String,
    values: SqliteArguments,
    statements: usize,
    /// Whether it holds a list that will hardly come again with as many rows.
    long_list: bool,
    /// What is wrong with the first statement that could not be added.
    refused: Option<BoxDynError>,
}

/// More statements together hardly come again, and are not worth to be kept prepared.
const MANY_STATEMENTS: usize = 12;

/// The values of one statement.
pub(super) struct Values<'a>(&'a mut SqliteArguments);

impl Values<'_> {
    /// The next value.
    pub(super) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(
        &mut self,
        value: T,
    ) -> Result<&mut Self, BoxDynError> {
        self.0.add(value)?;
        Ok(self)
    }
}

impl Batch {
    /// Adds a statement whose values are named `$1`, `$2` and so on. What is wrong with it is told by [`Batch::take`].
    pub(super) fn push(&mut self, sql: &str, bind: impl FnOnce(&mut Values<'_>) -> Result<(), BoxDynError>) {
        let added = self.add(sql, bind);
        self.refused = self.refused.take().or(added.err());
    }

    fn add(
        &mut self,
        sql: &str,
        bind: impl FnOnce(&mut Values<'_>) -> Result<(), BoxDynError>,
    ) -> Result<(), BoxDynError> {
        let (before, mut places) = (self.values.len(), 0);
        self.separate();
        let mut parts = sql.split('$');
        self.sql.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            let number: usize = number.parse()?;
            places = places.max(number);
            write!(self.sql, "${}{rest}", before + number)?;
        }
        bind(&mut Values(&mut self.values))?;
        // A place without a value would get one of the next statement.
        if places == self.values.len() - before {
            Ok(())
        } else {
            Err("a statement has another number of values".into())
        }
    }

    /// Adds a statement with a list of rows in it, `SQL values (…), (…) REST`, otherwise as [`Batch::push`].
    pub(super) fn push_rows<T>(
        &mut self,
        sql: &str,
        rows: impl IntoIterator<Item = T>,
        bind: impl Fn(&mut Values<'_>, T) -> Result<(), BoxDynError>,
        rest: &str,
    ) {
        let added = self.add_rows(sql, rows, bind, rest);
        self.refused = self.refused.take().or(added.err());
    }

    fn add_rows<T>(
        &mut self,
        sql: &str,
        rows: impl IntoIterator<Item = T>,
        bind: impl Fn(&mut Values<'_>, T) -> Result<(), BoxDynError>,
        rest: &str,
    ) -> Result<(), BoxDynError> {
        self.separate();
        self.sql.push_str(sql);
        let mut between = "values ";
        for (at, row) in rows.into_iter().enumerate() {
            self.long_list |= at == MANY_ROWS;
            let before = self.values.len();
            bind(&mut Values(&mut self.values), row)?;
            let mut mark = '(';
            self.sql.push_str(between);
            for number in before + 1..=self.values.len() {
                write!(self.sql, "{mark}${number}")?;
                mark = ',';
            }
            self.sql.push(')');
            between = ", ";
        }
        self.sql.push_str(rest);
        Ok(())
    }

    fn separate(&mut self) {
        self.statements += 1;
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// What has been added, for sqlx, and the next batch is empty. Once something could not be added, nothing goes any more: what
    /// follows would run without what it belongs to.
    pub(super) fn take(&mut self) -> Result<Query<'static, Sqlite, SqliteArguments>, sqlx::Error> {
        if let Some(refused) = &self.refused {
            return Err(sqlx::Error::Encode(refused.to_string().into()));
        }
        let Self { sql, values, statements, long_list, .. } = std::mem::take(self);
        let often = statements <= MANY_STATEMENTS && !long_list;
        // Every piece of it is a constant of this program, or made of numbers alone.
        Ok(sqlx::query_with(AssertSqlSafe(sql), values).persistent(often))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_through_all_statements() {
        let mut batch = Batch::default();
        batch.push("begin", |_| Ok(()));
        batch.push("select a from t where b = $2 and c = $1 or d = $2", |values| values.bind(1)?.bind(2).map(|_| ()));
        let rows = [(3, 4), (5, 6)];
        let bind = |values: &mut Values<'_>, (a, b)| values.bind(a)?.bind(b).map(|_| ());
        batch.push_rows("insert into t (a, b) ", rows, bind, " on conflict do nothing");
        batch.push("delete from t where a = $1", |values| values.bind(7).map(|_| ()));
        assert_eq!(
            batch.sql,
            "begin; select a from t where b = $2 and c = $1 or d = $2; \
            insert into t (a, b) values ($3,$4), ($5,$6) on conflict do nothing; delete from t where a = $7"
        );
        assert_eq!(batch.values.len(), 7);
        assert!(batch.take().is_ok() && batch.is_empty());
    }

    #[test]
    fn a_value_too_few_or_too_many_is_refused() {
        for statement in ["select a from t where b = $1 and c = $2", "select 1"] {
            let mut batch = Batch::default();
            batch.push(statement, |values| values.bind(1).map(|_| ()));
            batch.push("select 2", |_| Ok(()));
            assert!(matches!(batch.take(), Err(sqlx::Error::Encode(_))), "{statement}");
            assert!(batch.take().is_err(), "and so is all that follows");
        }
    }
}
