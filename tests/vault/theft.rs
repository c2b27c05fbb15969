//! Whoever steals the database and the pictures, and not the key, has nothing: everything that went in is looked for in
//! every byte of both.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};
use vivat::domain::permission::Role;
use vivat::service::staff::accounts::NewStaff;
use vivat::store::{Store, Tx};

use crate::certify::grey_picture;
use crate::support::database::{TestDatabase, pictures_of};
use crate::support::models::{analyse, pipelines};
use crate::support::on_each_database;
use crate::support::server::{KNOWN, TestServer, UNKNOWN, answer, photo};

on_each_database! {
    nothing_that_went_in_can_be_read_without_the_key,
}

const NAME: &str = "司马相如兰亭";
const JUDGED: &str = "Same scar above the left eyebrow, same ears.";
const ERASED: &str = "Emigrated in spring; the request is in the file.";
const LOGIN: &str = "zhuge.liang";
const NUMBER: &str = "GH-20260042";
const CLERK: &str = "诸葛孔明";
const REQUEST: &str = "visit-of-11010519491231002X";

/// What went in, by what it is called when it is found.
type Secrets = Vec<(String, Vec<u8>)>;

fn secret(called: &str, bytes: impl AsRef<[u8]>) -> (String, Vec<u8>) {
    (called.to_owned(), bytes.as_ref().to_owned())
}

/// Some parts of a long secret: it may stand on several pages.
fn parts(called: &str, bytes: &[u8]) -> Secrets {
    let places = [bytes.len() / 5, bytes.len() / 2, bytes.len() * 4 / 5];
    places.iter().map(|at| secret(&format!("{called}, byte {at}"), &bytes[*at..][..24])).collect()
}

/// A day at the office, in which everything happens; what was said and shown on that day.
async fn a_day(server: &TestServer) -> Secrets {
    let mut secrets = vec![
        secret("a registered number", KNOWN),
        secret("an unknown number", UNKNOWN),
        secret("a masked number", "110105**********2X"),
        secret("a name", NAME),
        secret("a scheme", "public_institution"),
        secret("a written reason", JUDGED),
        secret("the reason of an erasure", ERASED),
        secret("a login", LOGIN),
        secret("a staff number", NUMBER),
        secret("the name of a member of staff", CLERK),
        secret("the name of a device", "政务大厅 1 号机"),
        secret("an idempotency key", REQUEST),
        secret("a score", "\"similarity\":"),
        secret("a liveness score", "\"bona_fide\":"),
        secret("a picture", [0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F']),
        secret("the token of a member of staff", server.token()),
    ];
    let console = server.console().await;
    let new = NewStaff { login: LOGIN.to_owned(), number: NUMBER.to_owned(), name: CLERK.to_owned() };
    console.add_staff(&new).await.unwrap();
    let root = server.staff("root", &[Role::Administrator], "000000").await;
    let kiosk = server.kiosk(1).await;
    kiosk.open(UNKNOWN).await.unwrap();

    let person = json!({"citizen_id": KNOWN, "name": NAME, "agency": "110105", "schemes": ["public_institution"]});
    let registered = answer(server.office_post("/v1/beneficiaries", &person).header("idempotency-key", REQUEST)).await;
    let id = registered.body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer(server.send_reference(&id, photo("obama.jpg"))).await.status, 201);
    for name in ["obama.jpg", "obama2.jpg", "biden.jpg"] {
        secrets.extend(parts(name, &photo(name)));
        for pipeline in pipelines() {
            let template = analyse(pipeline, &photo(name)).template.unwrap().to_bytes();
            secrets.extend(parts(&format!("the template of {name}"), &template));
        }
    }
    // With keys: the answers are kept, nonces and certifications in them.
    for (number, picture) in [(KNOWN, photo("obama2.jpg")), (KNOWN, photo("biden.jpg")), (UNKNOWN, grey_picture())] {
        let key = format!("{REQUEST} {}", secrets.len()).replace(' ', "-");
        let new = json!({"citizen_id": number, "channel": "kiosk"});
        let opened = answer(server.post("/v1/sessions", &new).header("idempotency-key", &key)).await.body;
        let text = |name: &str| opened[name].as_str().unwrap().to_owned();
        let session = crate::support::server::OpenedSession { id: text("id"), nonce: text("nonce") };
        secrets.push(secret("a nonce", &session.nonce));
        secrets.push(secret("a nonce in bytes", hex::decode(&session.nonce).unwrap()));
        let sent = answer(server.send_frame(&session, picture).header("idempotency-key", &key)).await;
        assert_eq!(sent.status, 201, "{}", sent.body);
        let completed = answer(server.complete(&session).header("idempotency-key", &key)).await;
        assert_eq!(completed.status, 201, "{}", completed.body);
        if let Some(receipt) = completed.body["receipt"].as_str() {
            secrets.push(secret("a receipt", receipt));
        }
        if completed.body["decision"] == "referred" {
            judge(server, completed.body["case"]["id"].as_str().unwrap()).await;
        }
    }
    let other = json!({"citizen_id": UNKNOWN, "name": NAME, "agency": "110105", "schemes": ["public_institution"]});
    let other = answer(server.office_post("/v1/beneficiaries", &other)).await;
    let path = format!("/v1/beneficiaries/{}/erasure", other.body["id"].as_str().unwrap());
    assert_eq!(answer(server.post(&path, &json!({"reason": ERASED})).bearer_auth(&root)).await.status, 201);
    secrets
}

async fn judge(server: &TestServer, case: &str) {
    let claim = server.office_post(&format!("/v1/reviews/{case}/claim"), &Value::Null);
    assert_eq!(answer(claim).await.status, 200);
    let judgement = json!({"verdict": "cannot_tell", "reason": JUDGED});
    assert_eq!(answer(server.office_post(&format!("/v1/reviews/{case}/judgement"), &judgement)).await.status, 201);
}

/// The forms in which a thief would recognise it: as it is, in hexadecimal digits, in Base64 at each of three offsets.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_owned(), hex::encode(secret).into_bytes(), hex::encode_upper(secret).into_bytes()];
    for offset in 0..3 {
        for alphabet in [BASE64_STANDARD, BASE64_URL_SAFE] {
            // Whole groups of three bytes: what stands before and behind does not change them.
            let whole = &secret[offset..][..(secret.len() - offset) / 3 * 3];
            if whole.len() >= 9 {
                forms.push(alphabet.encode(whole).into_bytes());
            }
        }
    }
    forms
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    // The first byte alone rules out most places.
    let Some(first) = needle.first() else { return true };
    let starts = haystack.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts.map(|(at, _)| &haystack[at..]).any(|rest| rest.starts_with(needle))
}

/// Everything that the thief has: each file, and each row of each table as a text.
async fn loot(database: &TestDatabase, store: &Store) -> Vec<(String, Vec<u8>)> {
    let mut loot = vec![("the rows".to_owned(), rows(store).await.into_bytes())];
    // The pictures of a SQLite database are in its directory.
    let mut folders = vec![database.directory().map_or_else(|| pictures_of(&database.url), Path::to_owned)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                loot.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    loot
}

async fn rows(store: &Store) -> String {
    let mut tx = store.read().await.unwrap();
    let mut text = String::new();
    match &mut tx {
        Tx::Sqlite(tx) => {
            let tx = tx.connection().await.unwrap();
            let columns = "select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p \
                where m.type = 'table'";
            for column in sqlx::query(columns).fetch_all(&mut *tx).await.unwrap() {
                let (table, column): (String, String) = (column.get(0), column.get(1));
                let values = format!("select quote(\"{column}\") from \"{table}\"");
                for value in sqlx::query(AssertSqlSafe(values)).fetch_all(&mut *tx).await.unwrap() {
                    writeln!(text, "{table}.{column}: {}", value.get::<String, _>(0)).unwrap();
                }
            }
        }
        Tx::Postgres(tx) => {
            let tables = "select table_name::text from information_schema.tables where table_schema = 'public'";
            for table in sqlx::query(tables).fetch_all(&mut **tx).await.unwrap() {
                let table: String = table.get(0);
                let values = format!("select t::text from \"{table}\" t");
                for value in sqlx::query(AssertSqlSafe(values)).fetch_all(&mut **tx).await.unwrap() {
                    writeln!(text, "{table}: {}", value.get::<String, _>(0)).unwrap();
                }
            }
        }
    }
    text
}

async fn nothing_that_went_in_can_be_read_without_the_key(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let secrets = a_day(&server).await;
    let loot = loot(database, &server.store).await;

    // The search finds what is there in clear: an agency, the vault's own tables, as many pictures as were sent.
    let (_, rows) = &loot[0];
    assert!(contains(rows, b"110105") && contains(rows, b"vault_key") && contains(rows, b"judgement"));
    let pictures = loot.iter().filter(|(name, _)| name.contains("probes/") || name.contains("references/")).count();
    assert_eq!(pictures, 4, "{:?}", loot.iter().map(|(name, _)| name).collect::<Vec<_>>());

    let mut found = Vec::new();
    for (called, secret) in &secrets {
        for form in forms(secret) {
            let places = loot.iter().filter(|(_, bytes)| contains(bytes, &form));
            found.extend(places.map(|(place, _)| format!("{called} stands in {place}")));
        }
    }
    found.sort_unstable();
    found.dedup();
    assert!(found.is_empty(), "{} of {} can be read:\n{}", found.len(), secrets.len(), found.join("\n"));
}
