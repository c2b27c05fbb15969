//! Every picture of a list, as the models see it.

use std::borrow::Cow;
use std::io::Cursor;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use image::ImageFormat;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::models::ModelArgs;
use super::super::photo::PhotoError;
use super::cache::{Cache, CacheArgs};
use super::error::LabelledError;
use crate::domain::evidence::{Finding, Liveness};
use crate::domain::passive::PassiveSign;
use crate::vision::{Analysis, Pipeline, Template, VisionError, Workspace};

/// What the models say of one picture. As sensitive as the face: it holds the template.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::cli) struct Seen {
    /// The bytes of the template, in hexadecimal.
    template: Option<String>,
    findings: Vec<Finding>,
    liveness: Liveness,
    signs: Vec<PassiveSign>,
    readable: bool,
}

/// A picture that was looked at.
pub(in crate::cli) struct Look {
    /// The face; `None` where none could be acquired.
    pub(in crate::cli) template: Option<Template>,
    /// What the service would ask the person to change.
    pub(in crate::cli) findings: Vec<Finding>,
    /// What the attack detectors say.
    pub(in crate::cli) liveness: Liveness,
    /// Named signs of an attack.
    pub(in crate::cli) signs: Vec<PassiveSign>,
    /// Whether the file is a picture at all.
    pub(in crate::cli) readable: bool,
}

/// The models to look with, and where to keep what they see.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct LookArgs {
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    models: ModelArgs,
}

impl LookArgs {
    /// Loads the models, and opens the cache.
    pub(in crate::cli) fn open(&self) -> Result<Viewer, LabelledError> {
        let pipeline = self.models.load().map_err(PhotoError::Models)?;
        let cache = self.cache.open(pipeline.pack().digest)?;
        Ok(Viewer { pipeline, cache })
    }
}

/// Looks at labelled pictures.
pub(in crate::cli) struct Viewer {
    pub(in crate::cli) pipeline: Pipeline,
    cache: Option<Cache>,
}

impl Viewer {
    /// Looks at every picture of a list under its directory.
    pub(in crate::cli) fn look(&self, root: &Path, pictures: &[PathBuf]) -> Result<Vec<Look>, LabelledError> {
        look_at_all(&self.pipeline, root, pictures, self.cache.as_ref())
    }
}

impl Seen {
    fn of(analysis: &Analysis) -> Self {
        Self {
            template: analysis.template.as_ref().map(|template| hex::encode(&*template.to_bytes())),
            findings: analysis.findings.clone(),
            liveness: analysis.liveness,
            signs: analysis.signs.clone(),
            readable: true,
        }
    }

    fn unreadable() -> Self {
        Self {
            template: None,
            findings: vec![Finding::NoFace],
            liveness: Liveness::NotAssessed,
            signs: Vec::new(),
            readable: false,
        }
    }

    fn look(self, pipeline: &Pipeline) -> Look {
        let bytes = self.template.and_then(|text| hex::decode(text).ok());
        Look {
            template: bytes.and_then(|bytes| Template::from_bytes(&bytes, pipeline.pack().digest).ok()),
            findings: self.findings,
            liveness: self.liveness,
            signs: self.signs,
            readable: self.readable,
        }
    }
}

/// Looks at all pictures, on all cores, with a bar that shows how far it is. What is not a picture gives a look without a
/// template; a file that cannot be read is an error.
fn look_at_all(
    pipeline: &Pipeline,
    root: &Path,
    pictures: &[PathBuf],
    cache: Option<&Cache>,
) -> Result<Vec<Look>, LabelledError> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(pictures.len());
    let bar = ProgressBar::new(pictures.len() as u64).with_style(style());
    let next = AtomicUsize::new(0);
    let looks: Vec<Vec<(usize, Look)>> = (0..workers)
        .into_par_iter()
        .map(|_| {
            let (mut workspace, mut own) = (None, Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(picture) = pictures.get(number) else { return Ok(own) };
                own.push((number, look(pipeline, &mut workspace, &root.join(picture), cache)?));
                bar.inc(1);
            }
        })
        .collect::<Result<_, LabelledError>>()?;
    bar.finish_and_clear();
    let mut looks: Vec<_> = looks.into_iter().flatten().collect();
    looks.sort_unstable_by_key(|(number, _)| *number);
    Ok(looks.into_iter().map(|(_, look)| look).collect())
}

fn look(
    pipeline: &Pipeline,
    workspace: &mut Option<Workspace>,
    path: &Path,
    cache: Option<&Cache>,
) -> Result<Look, LabelledError> {
    let bytes = std::fs::read(path).map_err(|source| PhotoError::File { path: path.to_owned(), source })?;
    if let Some(seen) = cache.and_then(|cache| cache.find(&bytes)) {
        return Ok(seen.look(pipeline));
    }
    let workspace = match workspace {
        Some(workspace) => workspace,
        None => workspace.insert(pipeline.workspace().map_err(PhotoError::Vision)?),
    };
    let seen = match pipeline.analyse(workspace, &as_sent(&bytes)) {
        Ok(analysis) => Seen::of(&analysis),
        Err(VisionError::Decode(_)) => Seen::unreadable(),
        Err(fault) => return Err(PhotoError::Vision(fault).into()),
    };
    if let Some(cache) = cache {
        cache.keep(&bytes, &seen)?;
    }
    Ok(seen.look(pipeline))
}

/// Labelled sets are often bitmaps, which nobody sends to the service: a PNG has the same pixels.
fn as_sent(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_bitmap = image::guess_format(bytes).is_ok_and(|format| format == ImageFormat::Bmp);
    let png = || {
        let mut png = Cursor::new(Vec::new());
        image::load_from_memory(bytes)?.into_rgb8().write_to(&mut png, ImageFormat::Png)?;
        Ok::<_, image::ImageError>(png.into_inner())
    };
    // One that is damaged is refused by the pipeline, as it stands.
    is_bitmap.then(png).and_then(Result::ok).map_or(Cow::Borrowed(bytes), Cow::Owned)
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_bar} {pos} of {len} pictures, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
