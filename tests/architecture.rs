//! The arrows of the design: `main → cli → http → service → {vision, log, receipt, store, vault, signing, images} → domain`.
//! Nothing points back up.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, with what it may name. A module that is not listed fails the test: give it a place here.
const LAYERS: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("clock", &["domain"]),
    ("words", &["domain"]),
    ("vision", &["domain"]),
    ("log", &["domain", "signing"]),
    ("store", &["domain"]),
    ("vault", &["domain"]),
    ("signing", &["domain"]),
    ("images", &["domain"]),
    ("receipt", &["domain", "log", "signing"]),
    ("tls", &[]),
    ("oidc", &["domain", "tls"]),
    ("service", &["domain", "vision", "log", "store", "vault", "signing", "images", "oidc", "receipt", "words"]),
    (
        "http",
        &["domain", "vision", "log", "store", "vault", "signing", "images", "oidc", "receipt", "service", "words"],
    ),
    ("kiosk", &["domain", "signing", "tls"]),
    (
        "cli",
        &[
            "domain", "vision", "log", "store", "vault", "signing", "images", "oidc", "receipt", "service", "http",
            "kiosk", "words", "clock", "tls",
        ],
    ),
];

/// Crates that only one layer may name (or two): the engine, the databases and the web stay where they are.
const OWNED_CRATES: [(&str, &str); 12] = [
    ("tract_onnx", "vision/engine/"),
    ("vivat_engine", "vision/engine/"),
    ("ed25519_dalek", "signing/ed25519.rs"),
    ("sqlx", "store/"),
    ("jiff_sqlx", "store/"),
    ("object_store", "images.rs"),
    ("openidconnect", "oidc/"),
    ("argon2", "service/staff/passwords.rs"),
    ("totp_rs", "service/staff/second_factor.rs"),
    ("axum", "http/"),
    ("clap", "cli/"),
    ("anyhow", "cli/"),
];

fn sources() -> Vec<(String, String)> {
    fn walk(at: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The modules of ours that a file names: by `crate::…`, or by `super::…` that climbs out of its layer.
fn named(file: &str, source: &str) -> Vec<String> {
    let word = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let depth = if file.ends_with("/mod.rs") { file.matches('/').count() } else { file.matches('/').count() + 1 };
    let climb = "super::".repeat(depth);
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let by_root = code.match_indices("crate::").map(|(at, prefix)| word(&code[at + prefix.len()..]));
    let by_climb = code.match_indices(&climb).map(|(at, prefix)| word(&code[at + prefix.len()..]));
    by_root.chain(by_climb).filter(|name| LAYERS.iter().any(|(layer, _)| layer == name)).collect()
}

#[test]
fn no_arrow_points_back() {
    let mut faults = Vec::new();
    for (file, source) in sources() {
        let layer = file.split(['/', '.']).next().unwrap();
        if matches!(file.as_str(), "main.rs" | "lib.rs") {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            faults.push(format!("{file}: the module `{layer}` has no place in the layers"));
            continue;
        };
        if source.contains("crate::{") {
            faults.push(format!("{file}: write one `use crate::…` a line, so that this test can read it"));
        }
        for name in named(&file, &source) {
            if name != layer && !allowed.contains(&name.as_str()) {
                faults.push(format!("{file}: `{layer}` names `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "arrows that point back:\n{}", faults.join("\n"));
}

#[test]
fn each_foreign_crate_stays_in_its_place() {
    let mut faults = Vec::new();
    for (file, source) in sources() {
        for (name, place) in OWNED_CRATES {
            if file == "main.rs" {
                continue;
            }
            let names_it = source.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && [format!("use {name}::"), format!("{name}::")].iter().any(|text| line.contains(text.as_str()))
                    && !line.contains(&format!("_{name}::"))
            });
            if names_it && !place.split(' ').any(|place| file.starts_with(place)) {
                faults.push(format!("{file}: `{name}` belongs into {place}"));
            }
        }
    }
    assert!(faults.is_empty(), "crates out of their place:\n{}", faults.join("\n"));
}

#[test]
fn rules_and_proofs_neither_wait_nor_read_nor_write() {
    const AMBIENT: [&str; 8] =
        ["async ", ".await", "std::fs", "std::net", "tokio", "std::env", "println!", "Instant::"];
    for (file, source) in sources()
        .into_iter()
        .filter(|(file, _)| ["domain/", "log/", "receipt/", "signing/"].iter().any(|pure| file.starts_with(pure)))
    {
        for word in AMBIENT {
            assert!(!source.contains(word), "{file} contains `{word}`");
        }
    }
}

#[test]
fn files_answer_one_question() {
    for (file, source) in sources() {
        assert!(source.lines().count() <= 400, "{file} has more than 400 lines: split it by question");
        assert!(source.starts_with("//!"), "{file} does not begin by saying what it is for");
    }
}
