//! The contract of the store: the same tests on SQLite and on PostgreSQL.

/// Makes one test per database of each function, which takes a fresh `TestDatabase`.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(&crate::support::database::TestDatabase::sqlite()).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(database) = crate::support::database::TestDatabase::postgres().await {
                    super::$name(&database).await;
                }
            }
        )+}
    };
}

mod append_only;
mod durability;
mod examples;
mod faults;
mod idempotency;
mod office;
mod opening;
mod people;
mod races;
mod review;
