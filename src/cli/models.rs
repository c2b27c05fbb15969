//! Which models run: the same arguments for every command that looks at pictures.

use std::path::PathBuf;

use anyhow::Context;

use crate::vision::{PackChoice, Pipeline};

/// Which models run.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ModelArgs {
    /// Directory of the model packs that ./setup installs
    #[arg(long, value_name = "DIR", default_value = "models", env = "VIVAT_MODELS")]
    models: PathBuf,
    /// Model pack: auto takes open where it is installed, else registry
    #[arg(long, value_name = "PACK", default_value = "auto", env = "VIVAT_PACK")]
    pack: PackChoice,
}

impl ModelArgs {
    /// Loads the pack.
    pub(super) fn load(&self) -> anyhow::Result<Pipeline> {
        Pipeline::load(&self.models, self.pack).context("cannot load the models")
    }
}
