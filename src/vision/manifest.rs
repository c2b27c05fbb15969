//! `models/manifest.toml`, and the operator's `local.toml` beside it: which model files belong together, what they hash to
//! and how they want to be fed.

use std::path::Path;

use serde::Deserialize;

use super::geometry::Point;
use super::pack::ModelError;

/// The part of the manifest that the running program needs; sources and licences are for `setup`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Manifest {
    #[serde(rename = "pack", default)]
    pub(crate) packs: Vec<PackEntry>,
    #[serde(rename = "model", default)]
    pub(crate) models: Vec<ModelEntry>,
}

/// A set of models that work together.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PackEntry {
    pub(crate) name: String,
    /// A pack of ours that lends this one all models of the roles that it does not fill itself.
    pub(crate) base: Option<String>,
}

/// One model file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ModelEntry {
    pub(crate) pack: String,
    pub(crate) name: String,
    pub(crate) file: String,
    /// Of the file that is run, in lower-case hexadecimal.
    pub(crate) sha256: String,
    pub(crate) role: Role,
    pub(crate) head: Head,
    pub(crate) input: InputSpec,
    /// Where the five points come to lie, in input pixels.
    #[serde(default, deserialize_with = "five_points")]
    pub(crate) template: Option<[Point; 5]>,
    /// By how much the box is widened before it is cut out.
    pub(crate) crop: Option<f32>,
    /// Length of an embedding.
    pub(crate) dimension: Option<usize>,
    /// Whether an embedder looks at the mirror image as well.
    #[serde(default)]
    pub(crate) mirrored: bool,
    /// Strangers that an embedder's similarities are counted from.
    pub(crate) cohort: Option<CohortEntry>,
}

/// A file of a [`Cohort`](super::Cohort).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CohortEntry {
    /// Below the models folder.
    pub(crate) file: String,
    /// In lower-case hexadecimal.
    pub(crate) sha256: String,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Detector,
    Landmarks,
    Embedder,
    Pad,
    Quality,
    EyeState,
}

/// How a model's outputs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Head {
    Yunet,
    Blazeface,
    /// 468 points and a face flag that is a probability.
    Facemesh,
    /// The same with a flag before the sigmoid.
    FacemeshLogit,
    Embedding,
    Minifasnet,
    Lightqnet,
    OpenClosedEye,
    Iris,
}

/// How pixels are fed: planes of `(p − mean) / scale`, one a channel, in the given order.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct InputSpec {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: Channels,
    pub(crate) mean: f32,
    pub(crate) scale: f32,
}

impl InputSpec {
    /// The plane that the red, green and blue of a pixel go to.
    pub(crate) fn planes(&self) -> [usize; 3] {
        match self.channels {
            Channels::Rgb => [0, 1, 2],
            Channels::Bgr => [2, 1, 0],
        }
    }

    /// Number of values of an input.
    pub(crate) fn len(&self) -> usize {
        3 * self.width * self.height
    }
}

/// Order of the colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channels {
    Rgb,
    Bgr,
}

impl Manifest {
    /// Reads ours, and what the operator added.
    pub(crate) fn read(dir: &Path) -> Result<Self, ModelError> {
        let parse = |path: &Path, text: &str| {
            Self::parse(text).map_err(|source| ModelError::Syntax { path: path.to_owned(), source })
        };
        let path = dir.join("manifest.toml");
        let text =
            std::fs::read_to_string(&path).map_err(|source| ModelError::Manifest { path: path.clone(), source })?;
        let mut manifest = parse(&path, &text)?;
        let path = dir.join("local.toml");
        let local = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(manifest),
            text => text.map_err(|source| ModelError::Manifest { path: path.clone(), source })?,
        };
        let local = parse(&path, &local)?;
        if let Err(what) = manifest.adopt(local) {
            return Err(ModelError::Local { path, what });
        }
        Ok(manifest)
    }

    /// Takes over the packs of another manifest, which may not touch those of this one.
    fn adopt(&mut self, other: Self) -> Result<(), String> {
        let homeless = |model: &&ModelEntry| other.packs.iter().all(|pack| pack.name != model.pack);
        if let Some(model) = other.models.iter().find(homeless) {
            return Err(format!("the model `{}` belongs to no pack of this manifest", model.name));
        }
        let shipped: Vec<String> = self.packs.iter().map(|pack| pack.name.clone()).collect();
        for pack in other.packs {
            if self.packs.iter().any(|known| known.name == pack.name) {
                return Err(format!("there is a pack `{}` already", pack.name));
            }
            if let Some(base) = pack.base.as_ref().filter(|base| !shipped.contains(base)) {
                return Err(format!(
                    "the pack `{}` is based on `{base}`, which is none of the shipped ones",
                    pack.name
                ));
            }
            self.packs.push(pack);
        }
        self.models.extend(other.models);
        Ok(())
    }

    /// All models that a pack runs: its own, and those that its base lends it.
    pub(crate) fn models_of(&self, name: &str) -> Vec<&ModelEntry> {
        let of = |pack: &str| self.models.iter().filter(|model| model.pack == pack).collect::<Vec<_>>();
        let mut models = of(name);
        let base = self.packs.iter().find(|pack| pack.name == name).and_then(|pack| pack.base.as_deref());
        let lent = base.map(of).unwrap_or_default();
        let own: Vec<Role> = models.iter().map(|model| model.role).collect();
        models.extend(lent.into_iter().filter(|model| !own.contains(&model.role)));
        models
    }

    /// Reads the text of a manifest.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

fn five_points<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<[Point; 5]>, D::Error> {
    let points = <[[f32; 2]; 5]>::deserialize(deserializer)?;
    Ok(Some(points.map(|[x, y]| Point { x, y })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_manifest_is_understood() {
        let manifest = Manifest::parse(include_str!("../../models/manifest.toml")).unwrap();
        for pack in &manifest.packs {
            let roles = |role| manifest.models.iter().filter(|m| m.pack == pack.name && m.role == role).count();
            assert_eq!(
                (roles(Role::Detector), roles(Role::Landmarks), roles(Role::Embedder)),
                (1, 1, 1),
                "{}",
                pack.name
            );
        }
        assert!(manifest.models.iter().all(|m| m.sha256.len() == 64));
    }

    /// A model entry of an operator.
    fn own(pack: &str, role: &str, name: &str) -> String {
        format!(
            "[[model]]\npack = \"{pack}\"\nname = \"{name}\"\nfile = \"a.onnx\"\nsha256 = \"\"\nrole = \"{role}\"\n\
             head = \"embedding\"\ninput = {{ width = 1, height = 1, channels = \"rgb\", mean = 0.0, scale = 1.0 }}\n"
        )
    }

    #[test]
    fn a_pack_of_the_operators_own_borrows_what_it_does_not_bring() {
        let shipped = || Manifest::parse(include_str!("../../models/manifest.toml")).unwrap();
        let adopt = |local: &str| {
            let mut manifest = shipped();
            manifest.adopt(Manifest::parse(local).unwrap()).map(|()| manifest)
        };
        let based = "[[pack]]\nname = \"ours\"\nbase = \"registry\"\n";
        let manifest = adopt(&format!("{based}{}", own("ours", "embedder", "arc"))).unwrap();
        let names = |pack: &str| manifest.models_of(pack).iter().map(|model| model.name.clone()).collect::<Vec<_>>();
        assert_eq!(names("ours"), ["arc", "blazeface", "facemesh", "iris"]);
        assert_eq!(names("registry"), ["blazeface", "facemesh", "iris", "mobilefacenet"], "which stays as it was");
        for (wrong, said) in [
            ("[[pack]]\nname = \"open\"\n".to_owned(), "already"),
            ("[[pack]]\nname = \"ours\"\nbase = \"nothing\"\n".to_owned(), "none of the shipped ones"),
            (own("ours", "embedder", "arc"), "belongs to no pack"),
        ] {
            let refused = adopt(&wrong).err().unwrap();
            assert!(refused.contains(said), "{refused}");
        }
        assert!(adopt(&own("registry", "embedder", "arc")).is_err(), "a shipped pack is not changed from outside");
    }
}
