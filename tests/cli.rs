//! The command line, as a person at a terminal meets it.

use std::path::Path;

use clap::CommandFactory;
use vivat::cli::Cli;

use crate::support::program::{Said, program};
use crate::support::server::{models, photos};

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

fn vivat(arguments: &[&str], data: &Path) -> Said {
    let mut command = program(arguments);
    command.env("VIVAT_DATA", data).env("VIVAT_MODELS", models()).env("VIVAT_PHOTOS", photos());
    Said::by(command.env_remove("VIVAT_DATABASE"))
}

#[test]
fn the_demo_certifies_one_and_refers_another() {
    let data = tempfile::tempdir().unwrap();
    let demo = || {
        let output = vivat(&["demo"], data.path());
        let said = output.all();
        assert_eq!(output.code, Some(0), "{said}");
        assert!(!said.contains("11010519491231002X"), "the citizen number is shown");
        said
    };
    let first = demo();
    let (certified, referred) = (first.find("CERTIFIED").expect("one"), first.find("REFERRED").expect("another"));
    assert!(certified < referred, "{first}");
    // The same pictures again: no person looks twice exactly alike.
    let second = demo();
    assert!(!second.contains("CERTIFIED") && second.matches("REFERRED").count() == 2, "{second}");
}

#[test]
fn the_console_makes_staff_until_two_administrators_can() {
    let data = tempfile::tempdir().unwrap();
    let add = |login: &str, number: &str, role: &str| {
        let arguments =
            ["staff", "add", login, "--number", number, "--name", "王芳", "--role", role, "--agency", "000000"];
        vivat(&arguments, data.path())
    };
    for (login, number, role) in [
        ("ann", "1", "administrator"),
        ("bob", "2", "clerk"),
        ("ann2", "1", "administrator"),
        ("cat", "3", "administrator"),
    ] {
        let added = add(login, number, role);
        assert_eq!(added.code, Some(0), "{}", added.all());
    }
    // Ann and Cat are two people; before, Ann with two accounts was one.
    let refused = add("dan", "4", "reviewer");
    assert_eq!(refused.code, Some(3));
    assert!(refused.all().contains("two administrators"), "{}", refused.all());
    let twice = add("bob", "5", "clerk");
    assert_eq!(twice.code, Some(3), "{}", twice.all());

    let token = vivat(&["staff", "token", "bob"], data.path()).out.trim().to_owned();
    assert!(token.starts_with("vivat_") && token.len() == 70, "{token}");
    assert_eq!(vivat(&["staff", "disable", "bob"], data.path()).code, Some(0));
    assert_eq!(vivat(&["staff", "token", "bob"], data.path()).code, Some(3));
    let listed = vivat(&["staff", "list"], data.path()).all();
    for line in ["active", "ann 1 王芳 administrator@000000", "disabled", "bob 2 王芳 clerk@000000", "dan 4 王芳"]
    {
        assert!(listed.contains(line), "{line}: {listed}");
    }
    assert!(!listed.contains(&token));
    for file in std::fs::read_dir(data.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [token.as_str(), "王芳", "ann2"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is kept");
        }
    }
}

#[test]
fn a_command_that_is_not_understood_is_an_error_and_no_retake() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(vivat(&["verify", "one.jpg"], data.path()).code, Some(3));
    assert_eq!(vivat(&["--help"], data.path()).code, Some(0));
    assert_eq!(vivat(&["--version"], data.path()).code, Some(0));
}

#[test]
fn nothing_listens_for_others_unless_told() {
    let data = tempfile::tempdir().unwrap();
    let refused = vivat(&["serve", "--listen", "0.0.0.0:0"], data.path());
    assert_eq!(refused.code, Some(3));
    assert!(refused.all().contains("--public"), "{}", refused.all());
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let no_models = vivat(&["serve", "--models", "/nowhere"], data.path());
    assert_eq!(no_models.code, Some(3));
    assert!(no_models.all().contains("VIVAT_MODELS"), "{}", no_models.all());
    let no_photos = vivat(&["demo", "--photos", "/nowhere"], data.path());
    assert_eq!(no_photos.code, Some(3));
    assert!(no_photos.all().contains("./setup"), "{}", no_photos.all());
    let nonsense = vivat(&["serve", "--database", "mysql://root:hunter2@host/x"], data.path());
    assert_eq!(nonsense.code, Some(3));
    assert!(!nonsense.all().contains("hunter2"), "the password is shown: {}", nonsense.all());
}

#[test]
fn where_the_record_is_may_stand_behind_the_action() {
    let data = tempfile::tempdir().unwrap();
    let there = data.path().join("there");
    let place = there.to_str().unwrap();
    for arguments in [["staff", "list", "--data", place], ["staff", "--data", place, "list"]] {
        let listed = vivat(&arguments, data.path());
        assert_eq!(listed.code, Some(0), "{}", listed.all());
        assert!(there.join("vivat.db").exists() && !data.path().join("vivat.db").exists());
    }
}
