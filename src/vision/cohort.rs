//! How alike are a face and the people who are not its owner? What a cohort of strangers says of each face.
//!
//! Some faces look a little like everybody, others like nobody, so one cosine is not worth the same for all. A cohort of
//! strangers tells how far up the cosines of a face with other people reach: mean plus [`DEVIATIONS`] standard deviations,
//! and a comparison is counted from there (symmetric impostor-centric normalisation, after Auckenthaler et al. 2000). Of
//! the cohort nothing is kept but the mean and the covariance of its templates, from which both follow exactly; nobody's
//! template is in it.

use super::template::Template;

/// The cosines of a face with strangers, were they normally distributed, would pass this many deviations once in 741. Two
/// and more serve both packs and all sets alike (docs/experiments.md); three is the middle of that range.
const DEVIATIONS: f32 = 3.0;

/// Mean and covariance of the templates of a cohort, in which every person weighs the same.
pub struct Cohort {
    mean: Vec<f32>,
    /// The lower triangle, row by row, with the diagonal.
    covariance: Vec<f32>,
}

impl Cohort {
    /// From templates, each with the number of the person whose it is. `None` for fewer than two people.
    #[must_use]
    pub fn of(templates: &[(u32, &Template)]) -> Option<Self> {
        let mut shares = std::collections::BTreeMap::<u32, usize>::new();
        for (person, _) in templates {
            *shares.entry(*person).or_default() += 1;
        }
        let dimension = templates.first()?.1.values().len();
        if shares.len() < 2 || templates.iter().any(|(_, template)| template.values().len() != dimension) {
            return None;
        }
        // Sums in double precision: thousands of small numbers.
        let people = shares.len() as f64;
        let weighed = || templates.iter().map(|(person, template)| (1.0 / (people * shares[person] as f64), template));
        let mut mean = vec![0.0_f64; dimension];
        for (weight, template) in weighed() {
            for (sum, value) in mean.iter_mut().zip(template.values()) {
                *sum += weight * f64::from(*value);
            }
        }
        let mut covariance = vec![0.0_f64; triangle(dimension)];
        for (weight, template) in weighed() {
            let off: Vec<f64> = template.values().iter().zip(&mean).map(|(v, m)| f64::from(*v) - m).collect();
            let mut at = 0;
            for row in 0..dimension {
                for column in 0..=row {
                    covariance[at] += weight * off[row] * off[column];
                    at += 1;
                }
            }
        }
        let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        Some(Self { mean: single(mean), covariance: single(covariance) })
    }

    /// The inverse of [`Cohort::to_bytes`], for templates of this length; `None` when the bytes are something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], dimension: usize) -> Option<Self> {
        let (values, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || values.len() != dimension + triangle(dimension) {
            return None;
        }
        let mut mean: Vec<f32> = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
        let covariance = mean.split_off(dimension);
        // No direction of the unit sphere varies by more than 1.
        let sound = mean.iter().chain(&covariance).all(|value| value.abs() <= 1.0);
        sound.then_some(Self { mean, covariance })
    }

    /// The mean, then the lower triangle of the covariance row by row: little-endian f32, four bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.mean.iter().chain(&self.covariance).flat_map(|value| value.to_le_bytes()).collect()
    }

    /// How far up the cosines of a face with strangers reach.
    pub(crate) fn reach(&self, face: &[f32]) -> f32 {
        let mean: f32 = self.mean.iter().zip(face).map(|(m, v)| m * v).sum();
        let mut variance = 0.0;
        let mut rows = self.covariance.as_slice();
        for (row, value) in face.iter().enumerate() {
            let (entries, below) = rows.split_at(row + 1);
            rows = below;
            let beside: f32 = entries[..row].iter().zip(face).map(|(entry, other)| entry * other).sum();
            variance += value * (2.0 * beside + entries[row] * value);
        }
        mean + DEVIATIONS * variance.max(0.0).sqrt()
    }
}

/// Entries of a lower triangle with its diagonal.
fn triangle(dimension: usize) -> usize {
    dimension * (dimension + 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::PackDigest;
    use proptest::prelude::*;

    const DIMENSION: usize = 5;

    fn template(values: &[f32]) -> Template {
        Template::from_embedding(values, PackDigest::from_bytes([7; 32])).unwrap()
    }

    fn people() -> impl Strategy<Value = Vec<(u32, Template)>> {
        let face = proptest::collection::vec(-1.0f32..1.0, DIMENSION)
            .prop_filter("a direction", |values| values.iter().any(|value| value.abs() > 0.1));
        proptest::collection::vec((0u32..4, face.prop_map(|values| template(&values))), 8..20)
    }

    fn cohort(people: &[(u32, Template)]) -> Option<Cohort> {
        Cohort::of(&people.iter().map(|(person, template)| (*person, template)).collect::<Vec<_>>())
    }

    proptest! {
        /// One picture a person: what the moments give is what the cosines with everybody give.
        #[test]
        fn reach_is_the_mean_and_the_deviation_of_the_cosines(people in people()) {
            let people: Vec<_> = people.into_iter().zip(0..).map(|((_, face), person)| (person, face)).collect();
            let face = people[0].1.clone();
            let cosines: Vec<f32> = people.iter().map(|(_, other)| face.compare(other).unwrap().get()).collect();
            let count = cosines.len() as f32;
            let mean = cosines.iter().sum::<f32>() / count;
            let variance = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f32>() / count;
            let reach = cohort(&people).unwrap().reach(face.values());
            prop_assert!((reach - (mean + DEVIATIONS * variance.sqrt())).abs() < 1e-3);
        }

        #[test]
        fn bytes_round_trip(people in people()) {
            prop_assume!(people.iter().any(|(person, _)| *person != people[0].0));
            let one = cohort(&people).unwrap();
            let again = Cohort::from_bytes(&one.to_bytes(), DIMENSION).unwrap();
            prop_assert_eq!((&one.mean, &one.covariance), (&again.mean, &again.covariance));
            prop_assert!(Cohort::from_bytes(&one.to_bytes(), DIMENSION - 1).is_none());
        }
    }

    #[test]
    fn a_person_weighs_the_same_with_many_pictures() {
        let (one, other) = (template(&[1.0, 0.0]), template(&[0.0, 1.0]));
        let few = Cohort::of(&[(0, &one), (1, &other)]).unwrap();
        let many = Cohort::of(&[(0, &one), (0, &one), (0, &one), (1, &other)]).unwrap();
        assert_eq!((few.mean, few.covariance), (many.mean, many.covariance));
    }

    #[test]
    fn one_person_is_no_cohort_and_anything_is_not_bytes_of_one() {
        let one = template(&[1.0, 0.0]);
        assert!(Cohort::of(&[(0, &one), (0, &one)]).is_none());
        assert!(Cohort::of(&[]).is_none());
        assert!(Cohort::from_bytes(&[0; 19], 2).is_none());
        assert!(Cohort::from_bytes(&f32::NAN.to_le_bytes().repeat(5), 2).is_none());
    }
}
