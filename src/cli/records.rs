//! Where the record is, and what opens it: its database, its vault key, its pictures.

use std::sync::Arc;

use super::database::DatabaseArgs;
use super::images::ImageArgs;
use super::vault::VaultArgs;
use crate::clock::SystemClock;
use crate::service::records::Records;

/// Arguments of a command that works on the whole record.
#[derive(clap::Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
    #[command(flatten)]
    vault: VaultArgs,
    #[command(flatten)]
    images: ImageArgs,
}

impl RecordArgs {
    /// Opens all three.
    pub(super) async fn open(&self) -> anyhow::Result<Records> {
        let store = self.database.open().await?;
        let vault = self.vault.open(&self.database, &store).await?;
        let images = self.images.open(&self.database).await?;
        Ok(Records { store, vault, images, clock: Arc::new(SystemClock) })
    }
}
