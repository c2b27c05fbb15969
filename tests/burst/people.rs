//! Real faces, where a directory with them is given (`VIVAT_SHARED`): people who sit still before a camera, and expressions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vivat::domain::capture::Step;
use vivat::vision::Trace;
use vivat::vision::burst::{BurstFrame, assess};

use super::{Pipeline, analyse, pipelines, shown};

/// Pictures a second of NUAA's camera.
const RATE: f64 = 20.0;

fn faces() -> Option<PathBuf> {
    let shared = std::env::var_os("VIVAT_SHARED");
    if shared.is_none() {
        eprintln!("SKIPPED: no faces of real people, VIVAT_SHARED is not set");
    }
    Some(Path::new(&shared?).join("faces"))
}

fn trace(pipeline: &Pipeline, picture: &Path) -> Trace {
    analyse(pipeline, &std::fs::read(picture).unwrap()).trace.expect("a face")
}

/// The numbers of the pictures of each session of a subject, in order; the last part of a name is the number.
fn sessions(folder: &Path) -> BTreeMap<String, Vec<u32>> {
    let mut sessions = BTreeMap::<String, Vec<u32>>::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (session, number) = name.strip_suffix(".jpg").unwrap().rsplit_once('_').unwrap();
        sessions.entry(session.to_owned()).or_default().push(number.parse().unwrap());
    }
    for numbers in sessions.values_mut() {
        numbers.sort_unstable();
    }
    sessions
}

#[test]
fn people_who_sit_still_raise_no_doubt() {
    let Some(faces) = faces() else { return };
    let pipeline = &pipelines()[0];
    for subject in ["0001", "0004", "0006", "0007"] {
        let folder = faces.join("nuaa/db/ClientRaw").join(subject);
        let sessions = sessions(&folder);
        let (session, numbers) = sessions.iter().max_by_key(|(_, numbers)| numbers.len()).expect("a session");
        let picked: Vec<u32> = numbers.iter().copied().step_by(numbers.len() / 5).take(5).collect();
        let traces: Vec<(f64, Trace)> = picked
            .iter()
            .map(|number| (f64::from(*number) / RATE, trace(pipeline, &folder.join(format!("{session}_{number}.jpg")))))
            .collect();
        let frame = |(seconds, trace)| BurstFrame { step: Step::LookStraight, seconds, light: None, trace };
        let frames: Vec<BurstFrame<'_>> = traces.iter().map(|(seconds, trace)| frame((*seconds, trace))).collect();
        assert_eq!(assess(&frames, &[Step::LookStraight], &[]).doubts, [], "session {session}");
    }
}

#[test]
fn a_surprised_mouth_is_open_and_others_are_not() {
    let Some(faces) = faces() else { return };
    let folder = faces.join("faceapi");
    for pipeline in pipelines() {
        let rest = trace(pipeline, &folder.join("neutral.jpg"));
        let opens = |name: &str| {
            let now = trace(pipeline, &folder.join(name));
            let frame = |step, seconds, trace| BurstFrame { step, seconds, light: None, trace };
            let frames = [frame(Step::LookStraight, 0.0, &rest), frame(Step::OpenMouth, 2.0, &now)];
            shown(&assess(&frames, &[Step::OpenMouth], &[])) == [Step::OpenMouth]
        };
        assert!(opens("surprised.jpg"), "pack {}", pipeline.pack().name);
        assert!(!opens("happy.jpg") && !opens("angry.jpg"), "pack {}", pipeline.pack().name);
    }
}
