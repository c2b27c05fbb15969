//! What tests have in common.

pub(crate) mod child;
pub(crate) mod database;
pub(crate) mod device;
#[cfg(feature = "oidc")]
pub(crate) mod identity_provider;
pub(crate) mod models;
pub(crate) mod motion;
pub(crate) mod pictures;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod s3;
pub(crate) mod server;
pub(crate) mod sql;
pub(crate) mod vault;

/// Makes one test per database of each function, which takes a fresh `TestDatabase`. PostgreSQL, where there is a server.
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
pub(crate) use on_each_database;
