//! PostgreSQL: several nodes, one truth.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgPool};

use super::dialect::SETTINGS_POSTGRES;
use super::error::StoreError;

static MIGRATOR: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of one node: more than the cores that compare faces, few enough for several nodes on one server.
const CONNECTIONS: u32 = 16;

/// How long anybody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn open(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("vivat").disable_statement_logging();
    migrate(&options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SETTINGS_POSTGRES).await.map(|_| ()) }))
        .connect_lazy_with(options);
    Ok(pool)
}

/// On a connection of its own, without time limits: nodes that start together wait here for the first of them.
async fn migrate(options: &PgConnectOptions) -> Result<(), StoreError> {
    let connecting = tokio::time::timeout(PATIENCE, options.connect()).await;
    let mut connection = connecting.map_err(|_| sqlx::Error::PoolTimedOut)??;
    // `run` would make a future that cannot be sent to another thread.
    MIGRATOR.run_direct(None, &mut connection, false).await?;
    Ok(connection.close().await?)
}
