//! `vivat models`: which packs are installed, whether they are what they should be, and a model of the operator's own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use sha2::{Digest, Sha256};

use super::models::ModelsDir;
use crate::vision::{ModelError, PackChoice, PackInfo, PackName, Pipeline, find_pack, pack_names};

/// Arguments of `vivat models`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: ModelsDir,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the packs, and what their similarities are calibrated for
    List,
    /// Load every installed pack: exit code 0 all are what the manifests say, 1 one is not
    Verify,
    /// Add a model of your own to a pack of your own. It decides nothing before `vivat calibrate` measured it
    Add(Add),
}

/// Arguments of `vivat models add`.
#[derive(Debug, clap::Args)]
struct Add {
    /// Name of the pack, new or one of your own
    #[arg(long, value_name = "NAME")]
    pack: PackName,
    /// The shipped pack that a new one takes everything else from
    #[arg(long, value_name = "PACK", default_value = "registry")]
    base: PackName,
    /// The model, as ONNX with one input of a fixed size
    #[arg(long, value_name = "FILE.onnx")]
    from: PathBuf,
    /// Its contract: the keys of a `[[model]]` of models/manifest.toml, without pack, file, sha256 and source
    #[arg(long, value_name = "ENTRY.toml")]
    entry: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = args.dir.models.as_path();
    match &args.action {
        Action::List => list(dir, |choice| find_pack(dir, choice)),
        Action::Verify => list(dir, |choice| Ok(Pipeline::load(dir, choice)?.pack().clone())),
        Action::Add(add) => add_model(dir, add),
    }
}

fn list(dir: &Path, look: impl Fn(PackChoice) -> Result<PackInfo, ModelError>) -> anyhow::Result<ExitCode> {
    let (mut out, mut all_good) = (std::io::stdout().lock(), true);
    for name in pack_names(dir).context("cannot read the manifests")? {
        match look(name.parse()?) {
            Ok(pack) => tell(&mut out, &pack)?,
            Err(ModelError::NotInstalled { .. }) => writeln!(out, "{name}: not installed")?,
            Err(error) => {
                all_good = false;
                writeln!(out, "{name}: {error}")?;
            }
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(out: &mut impl Write, pack: &PackInfo) -> std::io::Result<()> {
    let pad = if pack.has_pad { "with" } else { "without" };
    writeln!(out, "{}: {}, {pad} passive attack detection", pack.name, pack.digest)?;
    for calibration in pack.calibrations.iter() {
        let rates: Vec<_> = calibration.points().iter().map(|point| format!("{:e}", point.fmr.0)).collect();
        let (population, made_on) = (calibration.population(), calibration.made_on());
        writeln!(out, "  {} ({}): FMR {}, of {made_on}", population.id, population.en, rates.join(", "))?;
    }
    if pack.calibrations.iter().next().is_none() {
        writeln!(out, "  not calibrated: it decides nothing (vivat calibrate)")?;
    }
    Ok(())
}

/// Puts the file into the folder of the pack and its entry into `local.toml`, loads the pack, and takes both back when it does
/// not load.
fn add_model(dir: &Path, add: &Add) -> anyhow::Result<ExitCode> {
    if ["open", "registry"].contains(&add.pack.as_str()) {
        bail!("the pack {} is ours: choose a name of your own", add.pack.as_str());
    }
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let (bytes, entry) = (read(&add.from)?, read(&add.entry)?);
    let entry = String::from_utf8(entry).with_context(|| format!("{} is not text", add.entry.display()))?;
    let file = add.from.file_name().and_then(|name| name.to_str()).context("the name of the model file is not text")?;
    let (local, folder) = (dir.join("local.toml"), dir.join(add.pack.as_str()));
    let before = match std::fs::read_to_string(&local) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        text => Some(text.with_context(|| format!("cannot read {}", local.display()))?),
    };
    let target = folder.join(file);
    if target.exists() {
        bail!("{} is there already: remove it and its entry in {} first", target.display(), local.display());
    }
    let manifest = extended(before.as_deref(), add, file, &bytes, &entry);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let write = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    let added = write(&target, &bytes)
        .and_then(|()| write(&local, manifest.as_bytes()))
        .and_then(|()| Ok(Pipeline::load(dir, PackChoice::Own(add.pack.clone()))?));
    match added {
        Ok(pipeline) => {
            println!("added to {}", local.display());
            tell(&mut std::io::stdout().lock(), pipeline.pack())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            std::fs::remove_file(&target).context("cannot take the model back")?;
            match before {
                Some(text) => write(&local, text.as_bytes())?,
                None => drop(std::fs::remove_file(&local)),
            }
            drop(std::fs::remove_dir(&folder));
            Err(error.context("the model was not added"))
        }
    }
}

/// The operator's manifest with one model more.
fn extended(before: Option<&str>, add: &Add, file: &str, bytes: &[u8], entry: &str) -> String {
    let before = before
        .unwrap_or("# Models of our own: `vivat models add`. It stands beside manifest.toml, which updates replace.\n");
    let pack = add.pack.as_str();
    let heading = format!("[[pack]]\nname = \"{pack}\"\n");
    let new = if before.contains(&heading) {
        String::new()
    } else {
        format!("\n{heading}base = \"{}\"\n", add.base.as_str())
    };
    let (file, sha256) = (serde_json::json!(file), hex::encode(Sha256::digest(bytes)));
    format!("{before}{new}\n[[model]]\npack = \"{pack}\"\nfile = {file}\nsha256 = \"{sha256}\"\n{}\n", entry.trim())
}
