//! A phone certifies whoever shows what is asked. The person is made of a demo photo (`support/motion`): it turns, nods, comes
//! closer and is lit by the screen. To the passive detector it stays the photo that it is made of, so that the policy of this
//! test does not ask it.

use jiff::SignedDuration;
use serde_json::{Value, json};
use vivat::domain::capture::{Channel, Step};
use vivat::domain::challenge::Colour;
use vivat::domain::policy::Policy;
use vivat::service::inference::Inference;
use vivat::vision::{ModelError, PackChoice, Pipeline};

use super::{Shot, send};
use crate::support::database::TestDatabase;
use crate::support::motion::{Sitter, honest};
use crate::support::server::{Answer, KNOWN, OpenedSession, TestServer, answer, models, photo};

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Does what is told, and sends it, each frame taken when it was shown.
async fn act(server: &TestServer, session: &OpenedSession, sitter: &Sitter, told: &Value, seed: u64) -> Answer {
    let (step, colours): (Step, Vec<Colour>) = (
        read(&told["step"]),
        told["colours"].as_array().into_iter().flatten().map(|shown| read(&shown["colour"])).collect(),
    );
    let shots = honest(sitter, &[step], &colours, 3, seed);
    let last = shots.last().unwrap().seconds;
    server.clock.advance(SignedDuration::from_secs(10));
    let end = server.clock_now();
    let shots = shots.into_iter().map(|shot| Shot {
        taken_at: end - SignedDuration::from_secs_f64(last - shot.seconds),
        light: shot.light,
        picture: shot.jpeg.to_vec(),
    });
    send(server, session, step.name(), told["ticket"].as_str(), shots.collect()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_certifies_whoever_shows_what_is_asked() {
    let pipeline = match Pipeline::load(&models(), PackChoice::Open) {
        Err(ModelError::NotInstalled { .. }) => return eprintln!("SKIPPED: pack open is not installed"),
        loaded => loaded.unwrap(),
    };
    let sitter = Sitter::of(&pipeline, "obama.jpg");
    let database = TestDatabase::sqlite();
    let mut policy = Policy::default();
    policy.channels.get_mut(&Channel::Phone).unwrap().bona_fide_min = 0.0;
    let server = TestServer::start_under(&database.url, Inference::new(pipeline, 2).unwrap(), policy).await;
    server.enrol(photo("obama2.jpg")).await;

    // Nobody can make this mouth, which smiles, open and close.
    let new = json!({"citizen_id": KNOWN, "channel": "phone", "unable": ["open_mouth"]});
    let opened = answer(server.post("/v1/sessions", &new)).await.body;
    let text = |key: &str| opened[key].as_str().unwrap().to_owned();
    let session = OpenedSession { id: text("id"), nonce: text("nonce") };
    let mut told = opened["instruction"].clone();
    let mut asked = Vec::new();
    while told.is_object() {
        asked.push(told["step"].clone());
        let accepted = act(&server, &session, &sitter, &told, asked.len() as u64).await;
        assert_eq!(accepted.status, 201, "{asked:?} {}", accepted.body);
        told = accepted.body["next"].clone();
    }
    assert_eq!(asked.len(), 3, "{asked:?}");
    let decided = answer(server.complete(&session)).await;
    assert_eq!(
        decided.body["decision"],
        "certified",
        "{asked:?} {} {:?}",
        decided.body,
        reasons(&server, &decided).await
    );
}

/// What the office knows of a referral.
async fn reasons(server: &TestServer, decided: &Answer) -> Vec<vivat::domain::decision::ReferReason> {
    match decided.body["decision"].as_str() {
        Some("referred") => super::history::reasons(server, decided).await,
        _ => Vec::new(),
    }
}
