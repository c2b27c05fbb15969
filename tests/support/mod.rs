//! What tests have in common.

pub(crate) mod database;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod server;

/// Writes each test once and runs it on SQLite and, where there is a server, on PostgreSQL.
macro_rules! on_each_database {
    ($(async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            use super::*;
            use $crate::support::database::TestDatabase;

            async fn body($database: TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(TestDatabase::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = TestDatabase::postgres().await {
                    body(database).await;
                }
            }
        }
    )+};
}
pub(crate) use on_each_database;
