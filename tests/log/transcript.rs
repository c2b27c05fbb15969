//! `docs/log.md` shows what `vivat log verify` says of an untouched log and of five that were tampered with. Here it is run
//! again, and the document must say the same. `VIVAT_UPDATE_DOCS=1 cargo test transcript` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use vivat::log::checkpoint::cosign;
use vivat::log::note::{KeyKind, Note, NoteSigner};
use vivat::store::log_checkpoints;
use zeroize::Zeroizing;

use super::tampering::{ten_entries, without_triggers};
use super::{execute, key};
use crate::support::database::TestDatabase;
use crate::support::program::{Said, program};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/log.md");
const BEGIN: &str = "<!-- transcript -->\n";
const END: &str = "<!-- end of transcript -->";

/// What is done to the database, in words and in SQL.
const TAMPERING: [(&str, &[&str]); 5] = [
    (
        "An entry is changed",
        &["update log_entry set content = replace(content, 'console', 'machine') where number = 3"],
    ),
    (
        "An entry is removed, and the others move up",
        &[
            "delete from log_entry where number = 7",
            "update log_entry set number = number + 100 where number > 7",
            "update log_entry set number = number - 101 where number > 7",
        ],
    ),
    (
        "An entry is inserted, and the others move down",
        &[
            "update log_entry set number = number + 100 where number >= 4",
            "update log_entry set number = number - 99 where number >= 4",
            "insert into log_entry (id, content, number) values (zeroblob(16), '{}', 4)",
        ],
    ),
    (
        "Two entries change places",
        &[
            "update log_entry set number = 100 where number = 2",
            "update log_entry set number = 2 where number = 8",
            "update log_entry set number = 8 where number = 100",
        ],
    ),
    (
        "Everything after the sixth entry is gone, from every table",
        &[
            "delete from log_checkpoint where size > 6",
            "delete from log_entry where number >= 6",
            "delete from log_node where ((position + 1) << level) > 6",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transcript_in_the_documentation_is_what_happens() {
    let mut transcript = String::new();
    let place = tempfile::tempdir().unwrap();
    let database = TestDatabase::sqlite();
    let store = ten_entries(&database).await;
    let note = log_checkpoints::latest(&mut store.read().await.unwrap()).await.unwrap().unwrap().note;
    let witness = NoteSigner::new("witness.example/w1", KeyKind::Cosignature, &Zeroizing::new([9; 32])).unwrap();
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    let line = cosign(&note.parse::<Note>().unwrap().text, at, &witness);
    std::fs::write(place.path().join("checkpoint"), format!("{note}{line}\n")).unwrap();
    let witness = witness.public().to_string();
    run(&mut transcript, "Nothing is done", &[], place.path(), &database.url, &witness);

    for (done, statements) in TAMPERING {
        let database = TestDatabase::sqlite();
        let store = ten_entries(&database).await;
        let note = log_checkpoints::latest(&mut store.read().await.unwrap()).await.unwrap().unwrap().note;
        std::fs::write(place.path().join("checkpoint"), note).unwrap();
        without_triggers(&database, &store, &[]).await;
        execute(&store, statements).await;
        run(&mut transcript, done, statements, place.path(), &database.url, "");
    }

    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    if std::env::var_os("VIVAT_UPDATE_DOCS").is_some() {
        std::fs::write(DOCUMENT, format!("{before}{BEGIN}{transcript}{END}{after}")).unwrap();
    } else {
        assert_eq!(present, transcript, "VIVAT_UPDATE_DOCS=1 writes docs/log.md anew: look at the difference");
    }
}

/// Exports, verifies on the export alone, then with the checkpoint; and writes down what was said.
fn run(out: &mut String, done: &str, statements: &[&str], place: &Path, url: &str, witness: &str) {
    writeln!(out, "### {done}\n").unwrap();
    if !statements.is_empty() {
        writeln!(out, "```sql\n{};\n```\n", statements.join(";\n")).unwrap();
    }
    let vivat = |arguments: &[&str]| {
        let said = Said::by(program(&["log"]).args(arguments).current_dir(place));
        (said.code.unwrap(), said.all())
    };
    let (code, said) = vivat(&["export", "export.jsonl", "--database", url, "--data", "none"]);
    assert_eq!(code, 0, "{said}");
    let key = key().to_string();
    let mut with_checkpoint = vec!["verify", "export.jsonl", "--key", &key, "--checkpoint", "checkpoint"];
    let mut typed = "vivat log verify export.jsonl --key $KEY --checkpoint checkpoint".to_owned();
    if !witness.is_empty() {
        with_checkpoint.extend(["--witness", witness]);
        typed += " --witness $WITNESS";
    }
    writeln!(out, "```console").unwrap();
    for (typed, arguments) in [
        ("vivat log verify export.jsonl --key $KEY", &["verify", "export.jsonl", "--key", &key][..]),
        (&typed, &with_checkpoint),
    ] {
        let (code, said) = vivat(arguments);
        writeln!(out, "$ {typed}; echo $?\n{}{code}", without_roots(&said)).unwrap();
    }
    writeln!(out, "```\n").unwrap();
}

/// Roots differ from run to run: identifiers are random.
fn without_roots(said: &str) -> String {
    said.lines().fold(String::new(), |text, line| {
        let line = line.split_once("root ").map_or(line.to_owned(), |(before, _)| format!("{before}root …"));
        text + &line + "\n"
    })
}
