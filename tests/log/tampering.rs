//! Whoever commands the database changes the log, and `vivat log verify` says what they did.

use std::path::Path;

use jiff::Timestamp;
use vivat::log::checkpoint::cosign;
use vivat::log::note::{KeyKind, Note, NoteSigner};
use vivat::store::{Store, log_checkpoints};
use zeroize::Zeroizing;

use super::{append, execute, key, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::program::{Said, program};

on_each_database! {
    an_untouched_log_is_whole,
    a_changed_entry_is_named,
    a_removed_entry_is_named,
    an_inserted_entry_is_named,
    swapped_entries_are_named,
    a_roll_back_is_found_with_a_checkpoint_from_outside,
    a_checkpoint_is_held_to_its_witnesses,
    rewritten_history_is_found,
}

fn vivat(arguments: &[&str]) -> Said {
    Said::by(program(&["log"]).args(arguments))
}

/// Exports and verifies with the program itself: the exit code, and what it said.
fn verify(url: &str, place: &Path, more: &[&str]) -> (Option<i32>, String) {
    let (out, data) = (place.join("export.jsonl"), place.join("data"));
    let (out, data) = (out.to_str().unwrap(), data.to_str().unwrap());
    let exported = vivat(&["export", out, "--database", url, "--data", data]);
    assert_eq!(exported.code, Some(0), "{}", exported.err);
    let key = key().to_string();
    let verified = vivat(&[&["verify", out, "--key", &key], more].concat());
    (verified.code, verified.all())
}

/// A log of ten entries in two checkpoints.
pub(super) async fn ten_entries(database: &TestDatabase) -> Store {
    let store = database.open().await;
    let sequencer = sequencer(&store).await;
    append(&store, 0..6).await;
    sequencer.run().await.unwrap();
    append(&store, 6..10).await;
    sequencer.run().await.unwrap();
    store
}

/// Triggers stop nobody who commands the database.
pub(super) async fn without_triggers(database: &TestDatabase, store: &Store, statements: &[&'static str]) {
    let off: &[&'static str] = match database.kind {
        "SQLite" => &[
            "drop trigger log_entry_is_never_changed",
            "drop trigger log_entry_is_never_removed",
            "drop trigger log_node_is_never_changed",
            "drop trigger log_node_is_never_removed",
            "drop trigger log_checkpoint_is_never_removed",
        ],
        _ => &[
            "alter table log_entry disable trigger user",
            "alter table log_node disable trigger user",
            "alter table log_checkpoint disable trigger user",
        ],
    };
    execute(store, off).await;
    execute(store, statements).await;
}

async fn found(database: &TestDatabase, statements: &[&'static str], expected: &[&str]) {
    let store = ten_entries(database).await;
    without_triggers(database, &store, statements).await;
    let place = tempfile::tempdir().unwrap();
    let (code, said) = verify(&database.url, place.path(), &[]);
    assert_eq!(code, Some(1), "{said}");
    let named: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(&named[..expected.len()], expected, "{said}");
    assert!(named[expected.len()..].iter().all(|line| line.starts_with("not looked at")), "{said}");
}

async fn an_untouched_log_is_whole(database: &TestDatabase) {
    let store = ten_entries(database).await;
    let outside = log_checkpoints::find(&mut store.read().await.unwrap(), 6).await.unwrap().unwrap();
    let place = tempfile::tempdir().unwrap();
    let kept = place.path().join("checkpoint");
    std::fs::write(&kept, outside.note).unwrap();
    let (code, said) = verify(&database.url, place.path(), &["--checkpoint", kept.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("whole: 10 entries, 3 checkpoints, root "), "{said}");

    let export = place.path().join("export.jsonl");
    let missing = vivat(&["verify", place.path().join("nothing").to_str().unwrap()]);
    assert_eq!(missing.code, Some(3));
    std::fs::write(&export, "{}\n").unwrap();
    assert_eq!(vivat(&["verify", export.to_str().unwrap()]).code, Some(3));
}

async fn a_changed_entry_is_named(database: &TestDatabase) {
    let edit = "update log_entry set content = replace(content, 'console', 'machine') where number = 3";
    found(database, &[edit], &["entry 3 was changed"]).await;
}

async fn a_removed_entry_is_named(database: &TestDatabase) {
    let removal = [
        "delete from log_entry where number = 7",
        "update log_entry set number = number + 100 where number > 7",
        "update log_entry set number = number - 101 where number > 7",
    ];
    found(database, &removal, &["entry 7 was removed"]).await;
}

async fn an_inserted_entry_is_named(database: &TestDatabase) {
    let insertion = [
        "update log_entry set number = number + 100 where number >= 4",
        "update log_entry set number = number - 99 where number >= 4",
        match database.kind {
            "SQLite" => "insert into log_entry (id, content, number) values (zeroblob(16), '{}', 4)",
            _ => "insert into log_entry (id, content, number) values ('00000000-0000-0000-0000-000000000000', '{}', 4)",
        },
    ];
    found(database, &insertion, &["an entry was inserted at place 4"]).await;
}

async fn swapped_entries_are_named(database: &TestDatabase) {
    let swap = [
        "update log_entry set number = 100 where number = 2",
        "update log_entry set number = 2 where number = 8",
        "update log_entry set number = 8 where number = 100",
    ];
    found(database, &swap, &["entry 8 was moved to place 2", "entry 2 was moved to place 8"]).await;
}

/// Everything after the first checkpoint is gone, from every table: alone, the export is whole.
async fn a_roll_back_is_found_with_a_checkpoint_from_outside(database: &TestDatabase) {
    let place = tempfile::tempdir().unwrap();
    let store = database.open().await;
    let sequencer = sequencer(&store).await;
    append(&store, 0..6).await;
    sequencer.run().await.unwrap();
    let older = place.path().join("older.db");
    if let Some(directory) = database.directory() {
        // Closing moves all of it into the one file.
        store.close().await;
        std::fs::copy(directory.join("vivat.db"), &older).unwrap();
    }
    let store = database.open().await;
    append(&store, 6..10).await;
    super::sequencer(&store).await.run().await.unwrap();
    let witnessed = log_checkpoints::latest(&mut store.read().await.unwrap()).await.unwrap().unwrap();
    let kept = place.path().join("checkpoint");
    std::fs::write(&kept, witnessed.note).unwrap();

    let url = if database.directory().is_some() {
        format!("sqlite://{}", older.display())
    } else {
        let back = [
            "delete from log_checkpoint where size > 6",
            "delete from log_entry where number >= 6",
            "delete from log_node where ((position + 1) << cast(level as integer)) > 6",
        ];
        without_triggers(database, &store, &back).await;
        database.url.clone()
    };
    let (code, said) = verify(&url, place.path(), &[]);
    assert_eq!(code, Some(0), "alone, an older state is whole: {said}");
    let (code, said) = verify(&url, place.path(), &["--checkpoint", kept.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the log was rolled back: 10 entries were signed, 6 are there"), "{said}");
}

/// The checkpoint that a verifier holds against an export must be one that the witnesses saw.
async fn a_checkpoint_is_held_to_its_witnesses(database: &TestDatabase) {
    let store = ten_entries(database).await;
    let note = log_checkpoints::latest(&mut store.read().await.unwrap()).await.unwrap().unwrap().note;
    let witness = |name: &str, seed| NoteSigner::new(name, KeyKind::Cosignature, &Zeroizing::new([seed; 32])).unwrap();
    let (one, two) = (witness("witness.example/w1", 9), witness("witness.example/w2", 8));
    let text = note.parse::<Note>().unwrap().text;
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    let place = tempfile::tempdir().unwrap();
    let kept = place.path().join("checkpoint");
    std::fs::write(&kept, format!("{note}{}\n", cosign(&text, at, &one))).unwrap();
    let check = |witnesses: &[&NoteSigner]| {
        let keys: Vec<_> = witnesses.iter().map(|witness| witness.public().to_string()).collect();
        let mut arguments = vec!["--checkpoint", kept.to_str().unwrap()];
        arguments.extend(keys.iter().flat_map(|key| ["--witness", key.as_str()]));
        verify(&database.url, place.path(), &arguments)
    };
    let (code, said) = check(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("not looked at: who cosigned the checkpoint"), "{said}");
    let (code, said) = check(&[&one]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("witness.example/w1 saw the checkpoint from outside at 2026-11-18T11:06:40Z"), "{said}");
    for absent in [vec![&two], vec![&one, &two], vec![&witness("witness.example/w1", 7)]] {
        let (code, said) = check(&absent);
        let name = absent.last().unwrap().public().name();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&format!("the checkpoint from outside is not cosigned by {name}")), "{said}");
    }
}

/// Entries and leaves are forged together: the tree is whole in itself, and not the one that was signed.
async fn rewritten_history_is_found(database: &TestDatabase) {
    let store = ten_entries(database).await;
    let leaf = vivat::log::hash::Hash::leaf(b"{}");
    let literal = match database.kind {
        "SQLite" => format!("x'{leaf}'"),
        _ => format!("'\\x{leaf}'"),
    };
    let forge = format!("update log_node set hash = {literal} where level = 0 and position = 7");
    without_triggers(database, &store, &["update log_entry set content = '{}' where number = 7", forge.leak()]).await;
    let place = tempfile::tempdir().unwrap();
    let (code, said) = verify(&database.url, place.path(), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("history was rewritten: entries 6 to 9 are not those that were signed"), "{said}");
}
