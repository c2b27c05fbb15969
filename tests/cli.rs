//! The command line, as a person at a terminal meets it.

use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory;
use vivat::cli::Cli;

use crate::support::server::{models, photos};

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

fn vivat(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.args(arguments).env("VIVAT_DATA", data).env("VIVAT_MODELS", models()).env("VIVAT_PHOTOS", photos());
    command.env_remove("VIVAT_DATABASE").output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_demo_certifies_one_and_refers_another() {
    let data = tempfile::tempdir().unwrap();
    for time in ["first", "second"] {
        let output = vivat(&["demo"], data.path());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{time}: {said}");
        let (certified, referred) = (said.find("CERTIFIED").expect(time), said.find("REFERRED").expect(time));
        assert!(certified < referred, "{said}");
        assert!(!said.contains("11010519491231002X"), "the citizen number is shown");
    }
}

#[test]
fn keys_are_shown_once_and_revoked_at_once() {
    let data = tempfile::tempdir().unwrap();
    let created = vivat(&["keys", "create", "ann"], data.path());
    let token = String::from_utf8(created.stdout).unwrap().trim().to_owned();
    assert!(token.starts_with("vivat_") && token.len() == 70, "{token}");
    let listed = said(&vivat(&["keys", "list"], data.path()));
    assert!(listed.contains("active") && listed.contains("ann") && !listed.contains(&token), "{listed}");
    let twice = vivat(&["keys", "create", "ann"], data.path());
    assert_eq!(twice.status.code(), Some(3), "{}", said(&twice));
    assert_eq!(vivat(&["keys", "revoke", "ann"], data.path()).status.code(), Some(0));
    assert!(said(&vivat(&["keys", "list"], data.path())).contains("revoked"));
    assert_eq!(vivat(&["keys", "revoke", "ann"], data.path()).status.code(), Some(3));
    assert_eq!(vivat(&["keys", "create", " "], data.path()).status.code(), Some(3));
    for file in std::fs::read_dir(data.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "the token is kept");
    }
}

#[test]
fn a_command_that_is_not_understood_is_an_error_and_no_retake() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(vivat(&["verify", "one.jpg"], data.path()).status.code(), Some(3));
    assert_eq!(vivat(&["--help"], data.path()).status.code(), Some(0));
    assert_eq!(vivat(&["--version"], data.path()).status.code(), Some(0));
}

#[test]
fn nothing_listens_for_others_unless_told() {
    let data = tempfile::tempdir().unwrap();
    let refused = vivat(&["serve", "--listen", "0.0.0.0:0"], data.path());
    assert_eq!(refused.status.code(), Some(3));
    assert!(said(&refused).contains("--public"), "{}", said(&refused));
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let no_models = vivat(&["serve", "--models", "/nowhere"], data.path());
    assert_eq!(no_models.status.code(), Some(3));
    assert!(said(&no_models).contains("VIVAT_MODELS"), "{}", said(&no_models));
    let no_photos = vivat(&["demo", "--photos", "/nowhere"], data.path());
    assert_eq!(no_photos.status.code(), Some(3));
    assert!(said(&no_photos).contains("./setup"), "{}", said(&no_photos));
    let nonsense = vivat(&["serve", "--database", "mysql://root:hunter2@host/x"], data.path());
    assert_eq!(nonsense.status.code(), Some(3));
    assert!(!said(&nonsense).contains("hunter2"), "the password is shown: {}", said(&nonsense));
}
