//! The answer of a gallery is that of comparing everybody.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use super::code::{Code, LANES};
use super::{Candidate, Enrolled, Gallery, MAX_DIMENSION, Wanted};
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::domain::score::Similarity;
use crate::vision::PackDigest;
use crate::vision::engine::{InstructionSet, Line, products};
use crate::vision::template::{Template, TemplateError};

const PACK: [u8; 32] = [7; 32];

fn template(values: &[f32], reach: f32) -> Template {
    let pack = PackDigest::from_bytes(PACK);
    let mut bytes = Template::from_embedding(values, pack).unwrap().to_bytes().to_vec();
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&reach.to_le_bytes());
    Template::from_bytes(&bytes, pack).unwrap()
}

fn enrolled(number: usize) -> Enrolled {
    // Two references a person.
    let id = |number: usize| Uuid::from_u128(number as u128);
    Enrolled { reference: ReferenceId(id(number)), beneficiary: BeneficiaryId(id(number / 2)) }
}

fn gallery(people: &HashMap<Enrolled, Template>) -> Gallery {
    let mut gallery = Gallery::new(PackDigest::from_bytes(PACK));
    for (enrolled, template) in people {
        gallery.insert(*enrolled, template).unwrap();
    }
    gallery
}

fn found(gallery: &Gallery, people: &HashMap<Enrolled, Template>, probe: &Template, wanted: Wanted) -> Vec<Candidate> {
    gallery.search(probe, wanted).unwrap().settle(probe, |enrolled| people.get(&enrolled)).unwrap()
}

/// The oracle: everybody is compared.
fn by_comparing(people: &HashMap<Enrolled, Template>, probe: &Template, wanted: Wanted) -> Vec<Candidate> {
    let compared = |(enrolled, template): (&Enrolled, &Template)| Candidate {
        enrolled: *enrolled,
        similarity: probe.compare(template).unwrap(),
    };
    let mut all: Vec<_> = people.iter().map(compared).collect();
    all.sort_by_key(|candidate| candidate.enrolled.reference);
    all.sort_by(|a, b| b.similarity.partial_cmp(&a.similarity).unwrap());
    match wanted {
        Wanted::Best(count) => all.truncate(count),
        Wanted::Reaching(similarity) => all.retain(|candidate| candidate.similarity >= similarity),
    }
    all
}

/// Few directions with little noise: near ties, and ties.
fn crowd() -> impl Strategy<Value = Vec<Template>> {
    (2usize..200).prop_flat_map(|dimension| {
        let centres = vec(vec(-1.0f32..1.0, dimension), 1..4);
        let people = vec((0usize..4, 0u64..40, prop_oneof![Just(0.0f32), 0.0001f32..0.02], -0.1f32..0.4), 2..80);
        (centres, people).prop_map(move |(centres, people)| {
            let face = |(centre, seed, noise, reach): (usize, u64, f32, f32)| {
                let mut rng = StdRng::seed_from_u64(seed);
                let centre = &centres[centre % centres.len()];
                let values: Vec<f32> = centre.iter().map(|v| v + noise * rng.random_range(-1.0..1.0f32)).collect();
                let some = values.iter().any(|v| v.abs() > 0.01);
                template(if some { &values } else { &[1.0; 200][..dimension] }, reach)
            };
            people.into_iter().map(face).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_answer_is_that_of_comparing_everybody(
        faces in crowd(), count in 0usize..12, threshold in -0.5f32..1.0, gone in vec(0usize..80, 0..20),
    ) {
        let probe = faces[0].clone();
        let mut people: HashMap<_, _> = faces.into_iter().enumerate().map(|(i, face)| (enrolled(i), face)).collect();
        let mut gallery = gallery(&people);
        for number in gone {
            let was_here = people.remove(&enrolled(number)).is_some();
            prop_assert_eq!(gallery.remove(enrolled(number).reference), was_here);
        }
        prop_assert_eq!(gallery.len(), people.len());
        for wanted in [Wanted::Best(count), Wanted::Reaching(Similarity::new(threshold).unwrap())] {
            prop_assert_eq!(found(&gallery, &people, &probe, wanted), by_comparing(&people, &probe, wanted));
        }
    }

    #[test]
    fn pairs_are_those_of_comparing_everybody(faces in crowd(), threshold in -0.5f32..1.0) {
        let people: HashMap<_, _> = faces.into_iter().enumerate().map(|(i, face)| (enrolled(i), face)).collect();
        let ordered = |(a, b): (Enrolled, Enrolled)| if a.reference < b.reference { (a, b) } else { (b, a) };
        let alike = |(a, b): &(Enrolled, Enrolled)| people[a].compare(&people[b]).unwrap().get() >= threshold;
        let pairs = gallery(&people).pairs(Similarity::new(threshold).unwrap());
        let mut pairs: Vec<_> = pairs.into_iter().filter(alike).map(ordered).collect();
        pairs.sort_by_key(|(a, b)| (a.reference, b.reference));
        let mut everybody: Vec<_> = people.keys().copied().collect();
        everybody.sort_by_key(|enrolled| enrolled.reference);
        let all = everybody.iter().enumerate().flat_map(|(i, a)| everybody[i + 1..].iter().map(|b| (*a, *b)));
        let expected: Vec<_> = all.filter(|(a, b)| a.beneficiary != b.beneficiary).filter(alike).collect();
        prop_assert_eq!(pairs, expected);
    }

    #[test]
    fn products_are_exact(
        (lines, reference, probe) in (1usize..5).prop_flat_map(|lines| {
            let length = lines * LANES;
            (Just(lines), vec(any::<i8>(), length), vec(-8191i16..=8191, length))
        }),
    ) {
        let expected: i64 = reference.iter().zip(&probe).map(|(a, b)| i64::from(*a) * i64::from(*b)).sum();
        let reference: Vec<Line> = reference.as_chunks().0.iter().copied().map(Line).collect();
        for set in InstructionSet::available() {
            let mut product = [0];
            products(set, &reference, &[], probe.as_chunks().0, &mut product);
            prop_assert_eq!(i64::from(product[0]), expected);
        }
        prop_assert_eq!(reference.len(), lines);
    }
}

/// Strangers of 256 values in several blocks, and the same face among them: as in earnest.
#[test]
fn a_face_is_found_among_many_by_looking_at_few() {
    let mut rng = StdRng::seed_from_u64(5);
    let mut face = || -> Vec<f32> { (0..256).map(|_| rng.random_range(-1.0..1.0f32)).collect() };
    let people: HashMap<_, _> = (0..3000).map(|i| (enrolled(i), template(&face(), 0.2))).collect();
    let gallery = gallery(&people);
    let probe = &people[&enrolled(2345)];
    let shortlist = gallery.search(probe, Wanted::Best(10)).unwrap();
    assert!(shortlist.len() < 40, "{} templates of 3,000", shortlist.len());
    let best = found(&gallery, &people, probe, Wanted::Best(10));
    assert_eq!(best, by_comparing(&people, probe, Wanted::Best(10)));
    assert_eq!(best[0].enrolled, enrolled(2345));
}

#[test]
fn codes_lose_less_than_a_hundredth_and_extremes_do_not_overflow() {
    let mut rng = StdRng::seed_from_u64(6);
    let face: Vec<f32> = (0..256).map(|_| rng.random_range(-1.0..1.0f32)).collect();
    let face = template(&face, 0.0);
    assert!(Code::of_reference(face.values()).loss < 0.005);
    assert!(Code::of_probe(face.values()).loss < 0.0001);
    let flat = template(&[-1.0; MAX_DIMENSION], 0.0);
    let people = HashMap::from([(enrolled(0), flat.clone())]);
    let found = found(&gallery(&people), &people, &flat, Wanted::Best(1));
    assert!((found[0].similarity.get() - 1.0).abs() < 1e-3);
}

#[test]
fn an_identifier_has_one_place_and_other_models_none() {
    let mut gallery = Gallery::new(PackDigest::from_bytes(PACK));
    let [one, other] = [[1.0, 0.0], [0.0, 1.0]].map(|values| template(&values, 0.0));
    gallery.insert(enrolled(0), &one).unwrap();
    gallery.insert(enrolled(0), &other).unwrap();
    assert_eq!(gallery.len(), 1);
    let reaching = Wanted::Reaching(Similarity::new(0.9).unwrap());
    assert!(gallery.search(&one, reaching).unwrap().is_empty(), "what was replaced is not found");
    assert_eq!(gallery.search(&other, reaching).unwrap().len(), 1);
    let foreign = Template::from_embedding(&[1.0, 0.0], PackDigest::from_bytes([8; 32])).unwrap();
    assert_eq!(gallery.insert(enrolled(1), &foreign), Err(TemplateError::OtherPack));
    assert_eq!(gallery.search(&foreign, reaching).err(), Some(TemplateError::OtherPack));
    assert_eq!(gallery.insert(enrolled(1), &template(&[1.0; 3], 0.0)), Err(TemplateError::OtherPack));
    let long = template(&[1.0; MAX_DIMENSION + 1], 0.0);
    assert_eq!(Gallery::new(long.pack()).insert(enrolled(0), &long), Err(TemplateError::Malformed));
    assert_eq!(format!("{gallery:?}"), "Gallery(…)");
}
