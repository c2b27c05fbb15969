//! Finds the calibrations of a pack: `calibrations/*.toml` in the models folder, ours and the operator's own alike.

use std::path::{Path, PathBuf};

use crate::domain::calibration::{Calibration, Calibrations};

use super::pack::{ModelError, PackDigest};

/// All that were measured with exactly these models. The others are read too: one that is broken must not look as if there
/// were none.
pub(crate) fn of_pack(models_dir: &Path, pack: PackDigest) -> Result<Calibrations, ModelError> {
    let dir = models_dir.join("calibrations");
    let mut of_pack = Vec::new();
    for path in files(&dir)? {
        let text =
            std::fs::read_to_string(&path).map_err(|source| ModelError::Calibration { path: path.clone(), source })?;
        let calibration: Calibration =
            toml::from_str(&text).map_err(|source| ModelError::NoCalibration { path, source })?;
        if calibration.pack() == pack.to_string() {
            of_pack.push(calibration);
        }
    }
    Calibrations::new(of_pack).map_err(|source| ModelError::CalibratedTwice { dir, source })
}

/// The files of the folder; a folder that is not there has none.
fn files(dir: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let failed = |source| ModelError::Calibration { path: dir.to_owned(), source };
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut files = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort_unstable();
    Ok(files)
}
