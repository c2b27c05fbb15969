//! The README is run as it stands: what a newcomer copies must work, on both databases.

use std::path::Path;
use std::process::{Command, Output};

use vivat::store::frame_marks;

use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::process::Process;
use crate::support::server::{models, photos};
use crate::support::vault::environment;

on_each_database! {
    the_first_certification_works_as_printed,
}

/// Where the README says that `./run` serves.
const PRINTED: &str = "http://127.0.0.1:8420";

/// The shell blocks of a chapter, in their order.
fn shell_blocks(readme: &str, chapter: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(readme)).unwrap();
    let (_, rest) = text.split_once(&format!("\n## {chapter}\n")).unwrap();
    let body = rest.split("\n## ").next().unwrap();
    body.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn run(script: &str, place: &Path, database: &str) -> Output {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(place)
        .env("VIVAT_DATABASE", database)
        .envs(environment(database))
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

async fn the_first_certification_works_as_printed(database: &TestDatabase) {
    let vivat = env!("CARGO_BIN_EXE_vivat");
    let demo = Command::new(vivat)
        .args(["demo", "--database", &database.url])
        .env("VIVAT_MODELS", models())
        .env("VIVAT_PHOTOS", photos())
        .envs(environment(&database.url))
        .output()
        .unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let store = database.open().await;
    let process = Process::start(&database.url).await;
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(place.path().join("fixtures")).unwrap();
    std::os::unix::fs::symlink(photos(), place.path().join("fixtures/photos")).unwrap();

    for (readme, chapter) in [("README.md", "A first certification"), ("README.zh-CN.md", "第一次认证")] {
        // Both show the same photo, which may come once.
        let mut tx = store.write().await.unwrap();
        frame_marks::purge_before(&mut tx, jiff::Timestamp::MAX).await.unwrap();
        tx.commit().await.unwrap();
        let blocks = shell_blocks(readme, chapter);
        let [certify, desk] = blocks.as_slice() else { panic!("{readme}: the chapter has other blocks now") };
        let here = |block: &str| block.replace(PRINTED, &process.base).replace("target/release/vivat", vivat);
        let certified = String::from_utf8(run(&here(certify), place.path(), &database.url).stdout).unwrap();
        assert!(certified.contains(r#""decision":"certified""#), "{readme}: {certified}");

        let referred = run(&here(&certify.replace("obama2.jpg", "biden.jpg")), place.path(), &database.url);
        let referred = String::from_utf8(referred.stdout).unwrap();
        assert!(referred.contains(r#""decision":"referred""#), "{readme}: {referred}");
        let case = referred.split(r#""case":{"id":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap();

        let desk =
            run(&here(&desk.replace("ann", &format!("ann.{}", readme.to_lowercase()))), place.path(), &database.url);
        assert!(String::from_utf8(desk.stdout).unwrap().contains(case), "{readme}: the case is not on the desk");
    }
}
