//! Which models run: the same arguments for every command that looks at pictures.

use std::path::PathBuf;

use anyhow::Context;

use crate::domain::population::PopulationId;
use crate::domain::score::FalseMatchRate;
use crate::vision::{InstructionSet, PackChoice, PackInfo, Pipeline, find_pack};

/// Where the models are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ModelsDir {
    /// Directory of the model packs that ./setup installs
    #[arg(long, value_name = "DIR", default_value = "models", env = "VIVAT_MODELS")]
    pub(super) models: PathBuf,
}

/// Which models run.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    dir: ModelsDir,
    /// Model pack: auto takes open where it is installed, else registry; or one of your own (`vivat models add`)
    #[arg(long, value_name = "PACK", default_value = "auto", env = "VIVAT_PACK")]
    pack: PackChoice,
    /// Instructions to run the models with: avx512, avx2 or portable. Without it the fastest that the processor has
    #[arg(long, value_name = "SET", env = "VIVAT_INSTRUCTION_SET", hide_short_help = true)]
    instruction_set: Option<InstructionSet>,
}

impl ModelArgs {
    /// Loads the pack.
    pub(super) fn load(&self) -> anyhow::Result<Pipeline> {
        let instructions = self.instruction_set.unwrap_or_else(InstructionSet::best);
        Pipeline::load_for(&self.dir.models, self.pack.clone(), instructions).context("cannot load the models")
    }

    /// What is known of the pack, without loading it.
    pub(super) fn find(&self) -> anyhow::Result<PackInfo> {
        find_pack(&self.dir.models, self.pack.clone()).context("cannot find the models")
    }
}

/// Says in both languages that a pack decides nothing, and what to do.
pub(super) fn not_calibrated(pack: &str, population: &PopulationId, fmr: FalseMatchRate) -> [String; 2] {
    let percent = fmr.0 * 100.0;
    [
        format!(
            "Model pack {pack} has no calibration for the population {population} at a false match rate of {percent} %: \
             the machine decides nothing. Make one with `vivat calibrate`, or choose a population that has one \
             (docs/calibration.md)"
        ),
        format!(
            "模型组 {pack} 没有针对人群 {population}、误匹配率 {percent}% 的校准：机器不作任何判定。\
             请用 `vivat calibrate` 制作校准，或选用已有校准的人群（见 docs/calibration.md）"
        ),
    ]
}
