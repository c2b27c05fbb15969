//! What is kept of a face, and how two of them are compared.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::score::Similarity;

use super::cohort::Cohort;
use super::pack::PackDigest;

/// A face as a direction in the space of one model pack: a vector of length 1; and how far up its cosines with strangers
/// reach, where the pack has a cohort of them.
///
/// It is as sensitive as the face itself: wiped from memory when dropped, silent in debug output.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Template {
    values: Vec<f32>,
    /// 0 without a cohort.
    reach: f32,
    #[zeroize(skip)]
    pack: PackDigest,
}

/// Why bytes are no template, or two templates do not compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Not a vector of finite numbers of length 1.
    #[error("this is not a face template: it is damaged, or it was made by something else")]
    Malformed,
    /// Made by different models.
    #[error("the two faces were read by different models: enrol the reference again with the installed ones")]
    OtherPack,
}

impl Template {
    /// From a model's output: scaled to length 1.
    ///
    /// # Errors
    /// [`TemplateError::Malformed`] when the output has no direction.
    pub(crate) fn from_embedding(embedding: &[f32], pack: PackDigest) -> Result<Self, TemplateError> {
        let norm = embedding.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !(norm.is_finite() && norm > 1e-6) {
            return Err(TemplateError::Malformed);
        }
        Ok(Self { values: embedding.iter().map(|v| v / norm).collect(), reach: 0.0, pack })
    }

    /// The same face, of which a cohort of strangers says how far up its cosines with them reach.
    pub(crate) fn among(mut self, cohort: &Cohort) -> Self {
        self.reach = cohort.reach(&self.values);
        self
    }

    /// The direction.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// How far up its cosines with strangers reach.
    pub(crate) fn reach(&self) -> f32 {
        self.reach
    }

    /// The models that made it; to be stored beside the bytes.
    #[must_use]
    pub fn pack(&self) -> PackDigest {
        self.pack
    }

    /// The values, then the reach, as little-endian f32, four bytes each. Seal them before they are stored.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.values.iter().chain([&self.reach]).flat_map(|v| v.to_le_bytes()).collect())
    }

    /// The inverse of [`Template::to_bytes`].
    ///
    /// # Errors
    /// [`TemplateError::Malformed`] unless the bytes are a vector of length 1, and a reach of cosines.
    pub fn from_bytes(bytes: &[u8], pack: PackDigest) -> Result<Self, TemplateError> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let (reach, values) = numbers.split_last().ok_or(TemplateError::Malformed)?;
        let values = values.iter().map(|v| f32::from_le_bytes(*v)).collect();
        let template = Self { values, reach: f32::from_le_bytes(*reach), pack };
        let norm: f32 = template.values.iter().map(|v| v * v).sum();
        let sound = rest.is_empty() && (norm - 1.0).abs() < 1e-3 && template.reach.is_finite();
        if sound { Ok(template) } else { Err(TemplateError::Malformed) }
    }

    /// The cosine of the two, counted from where the cosines of both with strangers end.
    ///
    /// # Errors
    /// [`TemplateError::OtherPack`] when they were made by different models.
    pub fn compare(&self, other: &Self) -> Result<Similarity, TemplateError> {
        let similarity = self.cosine(other)? - f32::midpoint(self.reach, other.reach);
        Similarity::new(similarity.clamp(-1.0, 1.0)).map_err(|_| TemplateError::Malformed)
    }

    /// The cosine of the two as it is: whether two pictures of one moment show the same face. Who somebody is, only
    /// [`Template::compare`] and a calibration say.
    pub(crate) fn cosine(&self, other: &Self) -> Result<f32, TemplateError> {
        if self.pack != other.pack || self.values.len() != other.values.len() {
            return Err(TemplateError::OtherPack);
        }
        Ok(self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACK: [u8; 32] = [7; 32];

    fn template(values: &[f32]) -> Template {
        Template::from_embedding(values, PackDigest::from_bytes(PACK)).unwrap()
    }

    proptest! {
        #[test]
        fn bytes_round_trip(values in proptest::collection::vec(-10.0f32..10.0, 8)) {
            prop_assume!(values.iter().any(|v| v.abs() > 0.01));
            let one = template(&values);
            let again = Template::from_bytes(&one.to_bytes(), one.pack()).unwrap();
            prop_assert_eq!(&one.values, &again.values);
            prop_assert!((one.compare(&again).unwrap().get() - 1.0).abs() < 1e-5);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Template::from_bytes(&bytes, PackDigest::from_bytes(PACK));
        }
    }

    #[test]
    fn a_face_that_is_like_strangers_has_to_be_more_like_its_owner() {
        let strangers = [template(&[1.0, 0.2]), template(&[1.0, -0.2])];
        let cohort = Cohort::of(&[(0, &strangers[0]), (1, &strangers[1])]).unwrap();
        let [common, rare] = [[1.0, 0.0], [-1.0, 0.0]].map(|values| template(&values).among(&cohort));
        assert!(common.compare(&common).unwrap() < rare.compare(&rare).unwrap());
        assert!((common.cosine(&common).unwrap() - rare.cosine(&rare).unwrap()).abs() < 1e-6);
        let again = Template::from_bytes(&common.to_bytes(), common.pack()).unwrap();
        assert_eq!(again.compare(&rare), common.compare(&rare));
    }

    #[test]
    fn other_models_do_not_compare() {
        let one = template(&[1.0, 0.0]);
        let other = Template::from_embedding(&[1.0, 0.0], PackDigest::from_bytes([8; 32])).unwrap();
        assert_eq!(one.compare(&other), Err(TemplateError::OtherPack));
        assert_eq!(one.compare(&template(&[1.0, 0.0, 0.0])), Err(TemplateError::OtherPack));
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        for values in [vec![0.0; 4], vec![f32::NAN; 4], vec![f32::INFINITY, 1.0], vec![]] {
            assert!(Template::from_embedding(&values, PackDigest::from_bytes(PACK)).is_err());
        }
        assert_eq!(Template::from_bytes(&[0; 7], PackDigest::from_bytes(PACK)).err(), Some(TemplateError::Malformed));
        assert_eq!(format!("{:?}", template(&[0.25, 0.5])), "Template(…)");
    }
}
