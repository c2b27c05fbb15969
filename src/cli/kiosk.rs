//! `vivat kiosk`: the key of a kiosk, and a certification from it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Subcommand;
use rand::RngExt;
use zeroize::Zeroizing;

use super::key_file;
use super::serve::runtime;
use crate::clock::SystemClock;
use crate::domain::capture::Step;
use crate::domain::id::DeviceId;
use crate::kiosk::client::Kiosk;
use crate::signing::ed25519::SigningKey;

/// Arguments of `vivat kiosk`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make the private key of a kiosk, if it has none, and print its public key, with which an agency enrols it
    Key {
        /// File for the private key: it never leaves the kiosk
        file: PathBuf,
    },
    /// Certify a person from photos, as an enrolled kiosk. The citizen number is read from standard input
    Certify {
        /// Address of the server
        #[arg(long, value_name = "URL")]
        server: String,
        /// Number of the device, as the office got it when it enrolled the kiosk
        #[arg(long, value_name = "ID")]
        device: DeviceId,
        /// File with the private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// A photo; once for each
        #[arg(long, value_name = "PHOTO", required = true)]
        frame: Vec<PathBuf>,
        /// A photo for a step that the server may ask for, such as `open_mouth=PHOTO`; several for one step in their order.
        /// Steps without a photo are declined
        #[arg(long, value_name = "STEP=PHOTO", value_parser = step_photo)]
        step: Vec<(Step, PathBuf)>,
    },
}

/// Runs the command.
pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Key { file } => print_key(&file),
        Action::Certify { server, device, key, frame, step } => certify(&server, device, &key, &frame, &step),
    }
}

fn print_key(file: &Path) -> anyhow::Result<ExitCode> {
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    let text = Zeroizing::new(hex::encode(seed.as_slice()) + "\n");
    key_file::make(file, &text).with_context(|| format!("cannot make the key in {}", file.display()))?;
    println!("{}", BASE64_URL_SAFE_NO_PAD.encode(read_key(file)?.public().to_bytes()));
    Ok(ExitCode::SUCCESS)
}

fn read_key(file: &Path) -> anyhow::Result<SigningKey> {
    let Some(text) = key_file::read(file, "the key of the kiosk")? else {
        bail!("there is no key in {}: `vivat kiosk key` makes one", file.display());
    };
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice())
        .with_context(|| format!("{} does not hold 64 hexadecimal digits", file.display()))?;
    Ok(SigningKey::from_seed(&seed))
}

fn step_photo(text: &str) -> Result<(Step, PathBuf), String> {
    let steps = || Step::ALL.map(Step::name).join(", ");
    let (name, photo) = text.split_once('=').ok_or_else(|| "must be STEP=PHOTO".to_owned())?;
    let step = Step::ALL.into_iter().find(|step| step.name() == name);
    Ok((step.ok_or_else(|| format!("a step is one of {}", steps()))?, photo.into()))
}

/// Prints the answer; exit code 0 certified, 1 referred to people, 2 retake.
fn certify(
    server: &str,
    device: DeviceId,
    key: &Path,
    photos: &[PathBuf],
    steps: &[(Step, PathBuf)],
) -> anyhow::Result<ExitCode> {
    let mut number = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut number).context("cannot read the citizen number")?;
    let read = |photo: &PathBuf| std::fs::read(photo).with_context(|| format!("cannot read {}", photo.display()));
    let frames: Vec<_> = photos.iter().map(read).collect::<Result<_, _>>()?;
    let mut of_steps: BTreeMap<Step, Vec<_>> = BTreeMap::new();
    for (step, photo) in steps {
        of_steps.entry(*step).or_default().push(read(photo)?);
    }
    let kiosk = Kiosk::new(server, device, read_key(key)?, Arc::new(SystemClock))?;
    let completed = runtime()?.block_on(kiosk.certify_with(number.trim(), &frames, &of_steps))?;
    println!("{completed:#}");
    Ok(match completed["decision"].as_str() {
        Some("certified") => ExitCode::SUCCESS,
        Some("retake") => ExitCode::from(2),
        _ => ExitCode::from(1),
    })
}
