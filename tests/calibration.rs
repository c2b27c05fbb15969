//! A model without a calibration does not decide: the service serves, says so, and passes everything on to people.

mod command;
mod own_model;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use vivat::clock::SystemClock;
use vivat::domain::decision::{Decision, Reasons, ReferReason};
use vivat::domain::id::SessionId;
use vivat::domain::policy::Policy;
use vivat::domain::population::PopulationId;
use vivat::domain::score::FalseMatchRate;
use vivat::service::{Service, inference::Inference};
use vivat::store::{Store, decisions};
use vivat::vision::{ModelError, PackChoice, Pipeline};

use crate::support::database::TestDatabase;
use crate::support::models::{borrowed, pipelines};
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, answer, inference, photo};
use crate::support::vault::{images, vault};

on_each_database! {
    without_a_calibration_everything_goes_to_people,
    the_service_knows_that_its_models_do_not_decide,
}

/// An installed pack, of which nobody has measured what its similarities mean.
fn uncalibrated() -> (tempfile::TempDir, Pipeline) {
    let folder = borrowed(&[&pipelines()[0].pack().name]);
    std::fs::remove_dir_all(folder.path().join("calibrations")).unwrap();
    let pipeline = Pipeline::load(folder.path(), PackChoice::Auto).unwrap();
    (folder, pipeline)
}

async fn without_a_calibration_everything_goes_to_people(database: &TestDatabase) {
    let (_folder, pipeline) = uncalibrated();
    assert_eq!(pipeline.pack().calibrations.said(), "");
    let server = TestServer::start_with(&database.url, Inference::new(pipeline, 1).unwrap()).await;
    assert_eq!(answer(server.get("/readyz")).await.status, 200);
    server.enrol(photo("obama.jpg")).await;
    let session = server.open(KNOWN, "kiosk").await;
    assert_eq!(answer(server.send_frame(&session, photo("obama2.jpg"))).await.status, 201);
    assert_eq!(answer(server.complete(&session)).await.body["decision"], "referred");
    let session = SessionId(session.id.parse().unwrap());
    let decision = decisions::last(&mut server.store.read().await.unwrap(), session).await.unwrap();
    assert_eq!(decision, Some(Decision::Refer(Reasons::one(ReferReason::NotCalibrated))));
}

async fn the_service_knows_that_its_models_do_not_decide(database: &TestDatabase) {
    let told = async |inference| {
        let store = Store::open(&database.url).await.unwrap();
        let (vault, images, policy) = (vault(&store).await, images(&database.url), Policy::default());
        let service = Service::new(store, vault, images, inference, Arc::new(SystemClock), policy).await.unwrap();
        service.not_calibrated_for().await.unwrap()
    };
    assert_eq!(told(inference()).await, None);
    let without = Inference::new(uncalibrated().1, 1).unwrap();
    assert_eq!(told(without).await, Some((PopulationId::east_asian(), FalseMatchRate(1e-3))));
}

#[test]
fn a_node_that_decides_nothing_starts_and_says_so_in_both_languages() {
    let ((folder, _), data) = (uncalibrated(), tempfile::tempdir().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--workers", "1"]);
    command.arg("--models").arg(folder.path()).arg("--data").arg(data.path());
    let mut node = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(node.stdout.take().unwrap()).lines().map_while(Result::ok);
    let english = said.find(|line| line.contains("NOTE")).unwrap();
    let chinese = said.find(|line| line.contains("注意")).unwrap();
    node.kill().unwrap();
    node.wait().unwrap();
    assert!(english.contains("east_asian at a false match rate of 0.1 %: the machine decides nothing"), "{english}");
    assert!(english.contains("referred to people") && chinese.contains("一律转人工"), "{english} {chinese}");
}

#[test]
fn a_calibration_belongs_to_a_pack_by_its_digest_alone() {
    let pack = pipelines()[0].pack();
    let folder = borrowed(&[&pack.name]);
    let file = folder.path().join("calibrations").join(format!("{}-east_asian.toml", pack.name));
    let text = std::fs::read_to_string(&file).unwrap();
    let digest = pack.digest.to_string();
    let reload = || Pipeline::load(folder.path(), PackChoice::Auto);

    let own = folder.path().join("calibrations/any-name.toml");
    std::fs::rename(&file, &own).unwrap();
    assert!(reload().unwrap().pack().calibrations.of(&PopulationId::east_asian()).is_some(), "under any name");

    std::fs::write(&own, text.replace(&digest, &"0".repeat(64))).unwrap();
    assert!(reload().unwrap().pack().calibrations.of(&PopulationId::east_asian()).is_none(), "of another pack");

    std::fs::write(&own, &text).unwrap();
    std::fs::write(&file, &text).unwrap();
    let twice = reload().err().unwrap();
    assert!(matches!(twice, ModelError::CalibratedTwice { .. }), "{twice}");

    std::fs::write(&own, text.replacen("impostor = ", "impostor = 9 # ", 1)).unwrap();
    let refused = reload().err().unwrap();
    assert!(matches!(&refused, ModelError::NoCalibration { path, .. } if *path == own), "{refused}");
    assert!(
        refused.to_string().contains("are missing") && refused.to_string().contains("vivat calibrate"),
        "{refused}"
    );
}
