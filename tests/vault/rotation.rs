//! The key of the vault is changed while servers go on, from a file, and after an interruption.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock;
use vivat::domain::id::PersonId;
use vivat::service::open_vault::open_vault;
use vivat::service::rotate_vault::{VaultStatus, status};
use vivat::store::{Store, persons};
use vivat::vault::{Indexed, Keyring, Vault};

use crate::log::{entries, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::process::Process;
use crate::support::server::{KNOWN, answer, photo};
use crate::support::vault::{KEK, environment};

on_each_database! {
    servers_go_on_while_the_key_changes,
    a_rotation_that_was_interrupted_goes_on,
    a_key_from_elsewhere_is_changed_there,
}

/// A file with the key of all tests.
fn key_file(place: &Path) -> PathBuf {
    let file = place.join("vault.key");
    std::fs::write(&file, format!("{KEK}\n")).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file
}

fn keys(file: &Path) -> Keyring {
    Keyring::parse(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn command(database: &TestDatabase, source: &str, action: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.args(["vault", "--database", &database.url, action]).envs(environment(&database.url));
    command.env("VIVAT_VAULT_KEY", source).kill_on_drop(true);
    command
}

/// Exit code, and what was said.
async fn vivat(database: &TestDatabase, source: &str, action: &str) -> (Option<i32>, String) {
    let output = command(database, source, action).output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// Persons whom nobody but the vault knows.
async fn populate(store: &Store, vault: &Vault, number: usize) {
    let kek = vault.kek().current();
    let mut tx = store.write().await.unwrap();
    for index in 0..number {
        let id = PersonId::new(SystemClock.now(), &mut rand::rng());
        let (_, wrapped) = vault.new_key(id.0, &kek).await.unwrap();
        let index = vault.index(Indexed::CitizenId, &format!("person {index}")).0;
        assert!(persons::insert(&mut tx, id, &index, &wrapped.into(), SystemClock.now()).await.unwrap());
    }
    tx.commit().await.unwrap();
}

async fn with(store: &Store, keys: Keyring) -> Vault {
    open_vault(store, Arc::new(keys)).await.unwrap()
}

async fn servers_go_on_while_the_key_changes(database: &TestDatabase) {
    let place = tempfile::tempdir().unwrap();
    let file = key_file(place.path());
    let source = format!("file:{}", file.display());
    let store = database.open().await;
    populate(&store, &with(&store, keys(&file)).await, 1_200).await;
    let process = Process::start_with(&database.url, &[("VIVAT_VAULT_KEY", &source)]).await;
    let client = Arc::new(process.client(&store).await);
    client.enrol(photo("obama.jpg")).await;

    // Known and unknown numbers, all the time.
    let (stop, opened) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let visitors = (0..3_u32).map(|visitor| {
        let (client, stop, opened) = (Arc::clone(&client), Arc::clone(&stop), Arc::clone(&opened));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let number = opened.fetch_add(1, Ordering::Relaxed);
                let number = if number % 3 == 0 { KNOWN.to_owned() } else { valid(visitor, number) };
                let session = json!({"citizen_id": number, "channel": "phone"});
                let answered = answer(client.post("/v1/sessions", &session)).await;
                assert_eq!(answered.status, 201, "{}", answered.body);
            }
        })
    });
    let visitors: Vec<_> = visitors.collect();
    let (code, said) = vivat(database, &source, "rotate").await;
    assert_eq!(code, Some(0), "{said}");
    let during = opened.load(Ordering::Relaxed);
    while opened.load(Ordering::Relaxed) < during + 20 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.unwrap();
    }

    let VaultStatus { present, rotating, persons } = status(&store).await.unwrap();
    assert_eq!((persons.len(), &persons[0].0, rotating), (1, &present, false), "nobody is left under the old key");
    assert!(persons[0].1 >= 1_200 + 20, "{persons:?}");
    let (code, said) = vivat(database, &source, "retire").await;
    assert_eq!((code, keys(&file).names().count()), (Some(0), 1), "{said}");
    let certified = client.certify(KNOWN, "kiosk", photo("obama2.jpg")).await;
    assert_eq!(certified.body["decision"], "certified", "{}", certified.body);
    let old = open_vault(&store, Arc::new(Keyring::parse(KEK).unwrap())).await;
    assert!(old.is_err(), "the old key opens nothing");

    sequencer_of(&process, &store).await;
    let kinds: Vec<_> = entries(&store).await.iter().map(|entry| entry["act"]["kind"].to_string()).collect();
    let count = |kind: &str| kinds.iter().filter(|one| one.contains(kind)).count();
    assert_eq!((count("vault_rotation_begun"), count("vault_rotation_ended")), (1, 1));
    assert_eq!(count("vault_key_retired"), 1);
}

/// The server puts its entries into the log once more when it ends.
async fn sequencer_of(process: &Process, store: &Store) {
    process.terminate().await;
    for _ in 0..200 {
        let waiting = vivat::store::log_entries::count_waiting(&mut store.read().await.unwrap()).await.unwrap();
        if waiting == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("entries wait for ever");
}

/// A valid citizen number for each of some thousands.
fn valid(visitor: u32, number: u32) -> String {
    let body = format!("3{:05}19{:02}0101{:03}", 30_100 + visitor, 20 + number / 1_000 % 60, number % 1_000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

async fn a_rotation_that_was_interrupted_goes_on(database: &TestDatabase) {
    let place = tempfile::tempdir().unwrap();
    let file = key_file(place.path());
    let source = format!("file:{}", file.display());
    let store = database.open().await;
    populate(&store, &with(&store, keys(&file)).await, 2_600).await;

    let mut rotating = command(database, &source, "rotate").stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(rotating.stderr.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.starts_with("500 of 2600") {
            break;
        }
    }
    rotating.kill().await.unwrap();
    let between = status(&store).await.unwrap();
    assert!(between.rotating && between.left() > 0 && between.left() <= 2_100, "{between:?}");
    let (code, said) = vivat(database, &source, "retire").await;
    assert_eq!(code, Some(3), "nothing is retired in the middle: {said}");
    let (code, said) = vivat(database, &source, "status").await;
    assert!(code == Some(0) && said.contains("a rotation is under way"), "{said}");

    let (code, said) = vivat(database, &source, "rotate").await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(keys(&file).names().count(), 2, "it goes on with the key that it had made");
    let after = status(&store).await.unwrap();
    assert_eq!((after.rotating, after.left(), &after.present), (false, 0, &between.present));
    let vault = with(&store, keys(&file)).await;
    let mut tx = store.read().await.unwrap();
    let index = vault.index(Indexed::CitizenId, "person 7").0;
    let person = persons::find_by_index(&mut tx, &index).await.unwrap().unwrap();
    vault.open_key(&person.key.unwrap().into(), person.id.0).await.unwrap();
    drop(tx);
    sequencer(&store).await.run().await.unwrap();
    let told = entries(&store).await.iter().filter(|entry| entry.to_string().contains("rotation")).count();
    assert_eq!(told, 2, "begun once, ended once");
}

async fn a_key_from_elsewhere_is_changed_there(database: &TestDatabase) {
    let place = tempfile::tempdir().unwrap();
    let file = key_file(place.path());
    let source = format!("command:cat {}", file.display());
    let store = database.open().await;
    populate(&store, &with(&store, keys(&file)).await, 3).await;
    let (code, said) = vivat(database, &source, "rotate").await;
    assert!(code == Some(3) && said.contains("put a new key before it"), "{said}");
    std::fs::write(&file, format!("{}\n{KEK}\n", "b8".repeat(32))).unwrap();
    let (code, said) = vivat(database, &source, "rotate").await;
    assert!(code == Some(0) && said.contains("3 persons"), "{said}");
    let (code, said) = vivat(database, &source, "retire").await;
    assert!(code == Some(0) && said.contains("can be taken out"), "{said}");
    assert_eq!(keys(&file).names().count(), 2, "what is not ours is not changed");
    assert!(!said.contains(KEK) && !said.contains("b8b8"), "a key is shown");
}
