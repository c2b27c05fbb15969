//! What is asked over HTTP holds offline: inclusion, consistency, and the lines of witnesses.

use jiff::Timestamp;
use serde_json::{Value, json};
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock;
use vivat::http::AppState;
use vivat::log::checkpoint::{Checkpoint, cosign, cosigned_at};
use vivat::log::hash::Hash;
use vivat::log::note::{KeyKind, Note, NoteSigner};
use vivat::log::tree::{continues, includes};
use zeroize::Zeroizing;

use super::{append, key, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{TestServer, answer};

on_each_database! {
    proofs_hold_offline,
    witnesses_cosign,
    what_is_not_there_is_not_proven,
}

async fn checkpoint(server: &TestServer, size: &str) -> (Note, Checkpoint) {
    let response = server.get(&format!("/v1/log/checkpoint{size}")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let note: Note = response.text().await.unwrap().parse().unwrap();
    let checkpoint = Checkpoint::verified(&note, &key()).unwrap();
    (note, checkpoint)
}

fn hashes(proof: &Value) -> Vec<Hash> {
    serde_json::from_value(proof.clone()).unwrap()
}

async fn proofs_hold_offline(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let sequencer = sequencer(&server.store).await;
    let mut seen: Vec<Checkpoint> = Vec::new();
    for round in 0..4 {
        append(&server.store, round * 7..(round + 1) * 7).await;
        sequencer.run().await.unwrap();
        seen.push(checkpoint(&server, "").await.1);
    }
    let named = server.get("/v1/log/key").send().await.unwrap().text().await.unwrap();
    assert_eq!(named.trim(), key().to_string());

    let last = seen.last().unwrap();
    let listed = answer(server.get("/v1/log/entries?from=0&limit=1000")).await;
    let listed = listed.body.as_array().unwrap();
    assert_eq!(listed.len() as u64, last.size);
    for entry in listed {
        let content: Value = serde_json::from_str(entry["content"].as_str().unwrap()).unwrap();
        let path = format!("/v1/log/inclusion?entry={}", content["id"].as_str().unwrap());
        let proven = answer(server.get(&path)).await.body;
        let leaf = Hash::leaf(proven["content"].as_str().unwrap().as_bytes());
        let (index, size) = (proven["index"].as_u64().unwrap(), proven["size"].as_u64().unwrap());
        assert_eq!((&proven["index"], size), (&entry["index"], last.size));
        assert!(includes(&last.root, size, index, leaf, &hashes(&proven["proof"])));
    }
    for old in &seen {
        let proven = answer(server.get(&format!("/v1/log/consistency?from={}&to={}", old.size, last.size))).await;
        assert!(continues((old.size, old.root), (last.size, last.root), &hashes(&proven.body["proof"])));
        assert_eq!(&checkpoint(&server, &format!("?size={}", old.size)).await.1, old);
    }
}

async fn witnesses_cosign(database: &TestDatabase) {
    let witness = NoteSigner::new("witness.example/w1", KeyKind::Cosignature, &Zeroizing::new([9; 32])).unwrap();
    let stranger = NoteSigner::new("witness.example/w2", KeyKind::Cosignature, &Zeroizing::new([8; 32])).unwrap();
    let known = vec![witness.public().clone()];
    let server =
        TestServer::start_as(&database.url, |state| AppState { service: state.service.with_witnesses(known), ..state })
            .await;
    sequencer(&server.store).await.run().await.unwrap();
    let (note, checkpoint_1) = checkpoint(&server, "").await;
    let send =
        |line: String| answer(server.post("/v1/log/cosignatures", &json!({"size": checkpoint_1.size, "line": line})));
    let now = SystemClock.now();
    let in_an_hour = now + jiff::SignedDuration::from_hours(1);
    let refused = [
        cosign(&note.text, now, &stranger),
        cosign("log.example/vivat\n1\nAAAA\n", now, &witness),
        cosign(&note.text, in_an_hour, &witness),
    ];
    for line in refused {
        assert_eq!(send(line.to_string()).await.problem(), "invalid_cosignature");
    }
    for line in ["", "nonsense", "— witness.example/w1 AAAA"] {
        assert_eq!(send(line.to_owned()).await.problem(), "invalid_cosignature");
    }
    let line = cosign(&note.text, now, &witness);
    for _ in 0..2 {
        assert_eq!(send(line.to_string()).await.status, 204);
    }
    let (cosigned, _) = checkpoint(&server, "").await;
    let seconds = Timestamp::from_second(now.as_second()).unwrap();
    let seen: Vec<_> =
        cosigned.signatures.iter().filter_map(|line| cosigned_at(&cosigned.text, line, witness.public())).collect();
    assert_eq!(seen, [seconds]);
    let nowhere = answer(server.post("/v1/log/cosignatures", &json!({"size": 999, "line": line.to_string()}))).await;
    assert_eq!(nowhere.problem(), "not_found");
}

async fn what_is_not_there_is_not_proven(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    assert_eq!(answer(server.get("/v1/log/key")).await.problem(), "not_found");
    assert_eq!(answer(server.get("/v1/log/checkpoint")).await.problem(), "not_found");
    sequencer(&server.store).await.run().await.unwrap();
    let nobody = "00000000-0000-0000-0000-000000000000";
    for path in [
        format!("inclusion?entry={nobody}"),
        "checkpoint?size=999".to_owned(),
        "consistency?from=0&to=1".to_owned(),
        "consistency?from=1&to=999".to_owned(),
        "consistency?from=2&to=1".to_owned(),
    ] {
        assert_eq!(answer(server.get(&format!("/v1/log/{path}"))).await.problem(), "not_found", "{path}");
    }
    for path in ["inclusion?entry=x", "entries?from=-1", "consistency?from=1"] {
        assert_eq!(answer(server.get(&format!("/v1/log/{path}"))).await.problem(), "invalid_query", "{path}");
    }
}
