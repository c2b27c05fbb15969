//! Comparison scores and what they stand for (ISO/IEC 19795-1).
//!
//! A similarity by itself means nothing. It becomes a statement through a [calibration](super::calibration): at this
//! threshold, impostors of that population were accepted at this rate.

use serde::{Deserialize, Serialize};

/// How alike two templates are, in −1..=1: their cosine, less what strangers reach where the models know strangers. Never shown to a beneficiary, never logged.
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Similarity(f32);

/// The number is not a cosine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a similarity lies between -1 and 1")]
pub struct NotASimilarity;

impl Similarity {
    /// Accepts a finite number in −1..=1; rounding of the dot product may pass the ends by 1e-4.
    ///
    /// # Errors
    /// [`NotASimilarity`] for anything else, NaN included.
    pub fn new(cosine: f32) -> Result<Self, NotASimilarity> {
        if cosine.is_finite() && cosine.abs() <= 1.0001 {
            Ok(Self(cosine.clamp(-1.0, 1.0)))
        } else {
            Err(NotASimilarity)
        }
    }

    /// The cosine.
    #[must_use]
    pub fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for Similarity {
    type Error = NotASimilarity;
    fn try_from(cosine: f32) -> Result<Self, Self::Error> {
        Self::new(cosine)
    }
}

impl From<Similarity> for f32 {
    fn from(similarity: Similarity) -> Self {
        similarity.0
    }
}

impl std::fmt::Debug for Similarity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Similarity(…)")
    }
}

/// A false match rate: the share of impostor comparisons that a threshold accepts, in 0..1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FalseMatchRate(pub f64);

/// One operating point of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// The rate that the threshold was measured to give.
    pub fmr: FalseMatchRate,
    /// A comparison at or above this similarity is a match.
    pub threshold: f32,
}
