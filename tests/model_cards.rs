//! Every model has a card that says what it is, what was measured, and who must not use it.

use std::collections::BTreeSet;
use std::path::Path;

const HEADINGS: [&str; 7] = [
    "## Source",
    "## Licence",
    "## Training data",
    "## Contract",
    "## Measured",
    "## Weaknesses",
    "## Who must not use it",
];

#[test]
fn every_model_has_a_whole_card_of_the_file_that_is_run() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let manifest = std::fs::read_to_string(models.join("manifest.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let readme = std::fs::read_to_string(models.join("README.md")).unwrap();
    let mut cards = BTreeSet::new();
    for model in manifest["model"].as_array().unwrap() {
        let text = |key: &str| model[key].as_str().unwrap();
        let (name, file) = (text("name"), format!("{}.md", text("name")));
        let card = std::fs::read_to_string(models.join("cards").join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let plain = card.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains(&format!("`{}/{}`", text("pack"), text("file"))), "{name}: another file");
        assert!(plain.contains(&format!("sha256 `{}`", text("sha256"))), "{name}: another sha256");
        let mut sections = card.split("\n## ").skip(1);
        for heading in HEADINGS {
            let section = sections.next().unwrap_or_default();
            let (title, body) = section.split_once('\n').unwrap_or_default();
            assert_eq!(format!("## {title}"), heading, "{name}");
            assert!(body.trim().len() >= "MIT.".len(), "{name}: nothing under {heading}");
            assert!(heading != "## Licence" || body.trim() == format!("{}.", text("licence")), "{name}: {body}");
        }
        assert_eq!(sections.next(), None, "{name}");
        assert!(readme.contains(&format!("(cards/{file})")), "models/README.md does not name {file}");
        cards.insert(file);
    }
    for card in std::fs::read_dir(models.join("cards")).unwrap() {
        let file = card.unwrap().file_name().into_string().unwrap();
        assert!(cards.contains(&file), "{file} is the card of no model");
    }
}
