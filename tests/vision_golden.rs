//! The whole pipeline against an independent engine: what onnxruntime made of the demo photos (fixtures/golden). The
//! tolerances and what they can tell apart are in the README there.

use std::collections::BTreeMap;

use serde::Deserialize;
use vivat::domain::evidence::{Finding, Liveness};
use vivat::vision::{Analysis, Pipeline, Template};

use crate::support::models::{analyse, pipelines};
use crate::support::server::photo;

const BOX: f32 = 0.01;
const SCORE: f32 = 0.01;
const POINTS: f32 = 0.02;
const DEGREES: f32 = 1.0;
const PROBABILITY: f32 = 0.02;
const SIMILARITY: f32 = 0.02;

#[derive(Deserialize)]
struct Golden {
    packs: BTreeMap<String, Pack>,
}

#[derive(Deserialize)]
struct Pack {
    photos: BTreeMap<String, Photo>,
    similarities: Vec<Pair>,
}

#[derive(Deserialize)]
struct Photo {
    width: usize,
    height: usize,
    faces: usize,
    /// Nothing when the face is cut by the border.
    face: Option<Face>,
}

#[derive(Deserialize)]
struct Face {
    #[serde(rename = "box")]
    rect: [f32; 4],
    detection_score: f32,
    presence: f32,
    five_points: [[f32; 2]; 5],
    pose: Pose,
    bona_fide: Option<f32>,
}

#[derive(Deserialize)]
struct Pose {
    yaw: f32,
    pitch: f32,
    roll: f32,
}

#[derive(Deserialize)]
struct Pair {
    a: String,
    b: String,
    similarity: f32,
}

#[test]
fn every_photo_is_seen_as_the_reference_sees_it() {
    let golden: Golden = serde_json::from_str(include_str!("../fixtures/golden/photos.json")).unwrap();
    for pipeline in pipelines() {
        let name = &pipeline.pack().name;
        let pack = &golden.packs[name];
        let seen = pack.photos.iter().map(|(file, expected)| (file.as_str(), same_sight(pipeline, file, expected)));
        let templates: BTreeMap<&str, Template> = seen.filter_map(|(file, own)| Some((file, own?))).collect();
        assert!(!pack.similarities.is_empty());
        for Pair { a, b, similarity } in &pack.similarities {
            let ours = templates[a.as_str()].compare(&templates[b.as_str()]).unwrap();
            near(ours.get(), *similarity, SIMILARITY, &format!("{name}: {a} and {b}, similarity"));
        }
    }
}

fn same_sight(pipeline: &Pipeline, file: &str, expected: &Photo) -> Option<Template> {
    let analysis = analyse(pipeline, &photo(file));
    let what = |part: &str| format!("{}: {file}, {part}", pipeline.pack().name);
    let Analysis { seen, liveness, template, findings, .. } = analysis;
    assert_eq!((seen.width, seen.height), (expected.width, expected.height), "{}", what("size"));
    let Photo { faces, face: Some(expected), .. } = expected else {
        assert_eq!(findings, [Finding::CutByBorder], "{}", what("findings"));
        assert!(template.is_none(), "{}", what("template"));
        return None;
    };
    assert_eq!(seen.faces.len(), *faces, "{}", what("faces"));

    let rect = seen.faces[0].rect;
    for (ours, theirs) in [rect.x, rect.y, rect.width, rect.height].into_iter().zip(expected.rect) {
        near(ours, theirs, BOX * expected.rect[2], &what("box"));
    }
    near(seen.faces[0].score, expected.detection_score, SCORE, &what("score"));

    let face = seen.face.unwrap();
    let [left, right, ..] = expected.five_points;
    let eye_distance = (left[0] - right[0]).hypot(left[1] - right[1]);
    for (ours, [x, y]) in face.five_points.iter().zip(expected.five_points) {
        near((ours.x - x).hypot(ours.y - y), 0.0, POINTS * eye_distance, &what("five points"));
    }
    near(face.presence, expected.presence, PROBABILITY, &what("presence"));
    near(face.pose.yaw, expected.pose.yaw, DEGREES, &what("yaw"));
    near(face.pose.pitch, expected.pose.pitch, DEGREES, &what("pitch"));
    near(face.pose.roll, expected.pose.roll, DEGREES, &what("roll"));
    match (liveness, expected.bona_fide) {
        (Liveness::Passive { bona_fide }, Some(theirs)) => near(bona_fide, theirs, PROBABILITY, &what("bona fide")),
        (Liveness::NotAssessed, None) => {}
        _ => panic!("{}", what("liveness was assessed by one of the two only")),
    }
    assert!(template.is_some(), "{}", what("template"));
    template
}

fn near(ours: f32, theirs: f32, tolerance: f32, what: &str) {
    assert!((ours - theirs).abs() <= tolerance, "{what}: {ours} here, {theirs} there, tolerance {tolerance}");
}
