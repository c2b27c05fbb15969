//! Where the record is kept: the same two arguments for every command.

use std::path::PathBuf;

use anyhow::Context;

use crate::store::Store;

/// Where the record is kept.
#[derive(Clone, clap::Args)]
pub(super) struct DatabaseArgs {
    /// Directory of this installation; holds the SQLite database unless --database says otherwise
    #[arg(long, global = true, value_name = "DIR", default_value = "data", env = "VIVAT_DATA")]
    pub(super) data: PathBuf,
    /// Database to use instead, such as `postgres://user@host/vivat`
    #[arg(long, global = true, value_name = "URL", env = "VIVAT_DATABASE", hide_env_values = true)]
    pub(super) database: Option<String>,
}

impl DatabaseArgs {
    /// Opens the database; makes the directory and the tables where they are missing.
    pub(super) async fn open(&self) -> anyhow::Result<Store> {
        if let Some(url) = &self.database {
            return Store::open(url).await.context("cannot open the record in the database that --database names");
        }
        let place = self.data.display();
        std::fs::create_dir_all(&self.data).with_context(|| format!("cannot make the data directory {place}"))?;
        let file = self.data.join("vivat.db");
        if !file.exists() {
            eprintln!("a new record in {place}");
        }
        let url = format!("sqlite://{}", file.display());
        Store::open(&url).await.with_context(|| format!("cannot open the record in {place}"))
    }
}
