//! The threat model names tests and files: they exist.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Where the tests of a module are: in a file or a directory of its name, here or beside the code.
fn text_of(module: &str, files: &[PathBuf]) -> String {
    let is_of = |path: &&PathBuf| path.iter().any(|part| part.to_str().unwrap().trim_end_matches(".rs") == module);
    files.iter().filter(is_of).map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn each_defence_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("tests"), &mut files);
    sources(&root.join("src"), &mut files);
    let document = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let mut named = 0;
    for quoted in document.split('`').skip(1).step_by(2) {
        if let Some((module, test)) = quoted.split_once("::") {
            let test = format!("fn {test}(");
            assert!(text_of(module, &files).contains(&test), "{quoted}: there is no such test");
            named += 1;
        } else if Path::new(quoted).extension().is_some_and(|extension| extension == "rs") {
            assert!(root.join(quoted).exists(), "{quoted}: there is no such file");
        }
    }
    assert!(named > 30, "the names are not read");
}
