//! `models/manifest.toml`: which model files belong together, what they hash to and how they want to be fed.

use serde::Deserialize;

use super::geometry::Point;

/// The part of the manifest that the running program needs; sources and licences are for `setup`.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    #[serde(rename = "pack")]
    pub(crate) packs: Vec<PackEntry>,
    #[serde(rename = "model")]
    pub(crate) models: Vec<ModelEntry>,
}

/// A set of models that work together.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PackEntry {
    pub(crate) name: String,
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
}
