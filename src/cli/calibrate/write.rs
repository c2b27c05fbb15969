//! A calibration as the text of a file, for people and programs to read.

use std::path::Path;

use serde_json::json;

use super::CalibrateError;
use crate::domain::calibration::{Calibration, Point};
use crate::domain::rates::limits::{Limits, Rate};

/// Writes the file, whole or not at all.
pub(super) fn write(path: &Path, calibration: &Calibration) -> Result<(), CalibrateError> {
    let draft = path.with_extension("toml.part");
    std::fs::write(&draft, text(calibration))
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(|source| CalibrateError::Unwritable { path: path.to_owned(), source })
}

/// The text. A string of JSON is one of TOML.
fn text(calibration: &Calibration) -> String {
    let quoted = |text: &str| json!(text).to_string();
    let population = calibration.population();
    let mut lines =
        vec!["# What the similarities of a model pack mean among one population: `vivat calibrate`.".to_owned()];
    let mut line = |name: &str, value: String| lines.push(format!("{name} = {value}"));
    line("pack", quoted(calibration.pack()));
    line("made_on", quoted(&calibration.made_on().to_string()));
    line("how", quoted(calibration.how()));
    line("note", quoted(calibration.note()));
    line("\n[population]\nid", quoted(population.id.as_str()));
    line("en", quoted(&population.en));
    line("zh", quoted(&population.zh));
    for sample in calibration.samples() {
        line("\n[[samples]]\nset", quoted(&sample.set));
        line("people", sample.people.to_string());
        line("genuine", sample.genuine.to_string());
        line("impostor", sample.impostor.to_string());
    }
    for Point { fmr, threshold, threshold_limits: Limits { low, high }, measured, groups } in calibration.points() {
        line("\n[[points]]\nfmr", fmr.0.to_string());
        line("threshold", format!("{threshold:?}"));
        line("threshold_limits", format!("{{ low = {low:?}, high = {high:?} }}"));
        for errors in measured {
            line("\n[[points.measured]]\nset", quoted(&errors.set));
            line("false_matches", rate(&errors.false_matches));
            line("false_non_matches", rate(&errors.false_non_matches));
        }
        for group in groups {
            line("\n[[points.groups]]\nset", quoted(&group.set));
            line("group", quoted(&group.group));
            line("false_matches", rate(&group.false_matches));
            line("false_matches_against_whole", json!(group.false_matches_against_whole).to_string());
            line("false_non_matches", rate(&group.false_non_matches));
            line("false_non_matches_against_whole", json!(group.false_non_matches_against_whole).to_string());
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn rate(Rate { rate, limits: Limits { low, high }, errors, trials }: &Rate) -> String {
    format!("{{ rate = {rate:?}, low = {low:?}, high = {high:?}, errors = {errors}, trials = {trials} }}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calibration::{Errors, Group, Sample, Stated};
    use crate::domain::population::{Population, PopulationId};
    use crate::domain::rates::disparity::Disparity;
    use crate::domain::score::FalseMatchRate;

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let (set, odd) = (|| "a".to_owned(), "quotes \" and \\, 中文\nand a line");
        let errors = |errors| Rate::new(errors, 40_000, None);
        let point = |fmr, threshold: f32| Point {
            fmr: FalseMatchRate(fmr),
            threshold,
            threshold_limits: Limits { low: f64::NEG_INFINITY, high: threshold.into() },
            measured: vec![Errors { set: set(), false_matches: errors(4), false_non_matches: errors(3_333) }],
            groups: vec![Group {
                set: set(),
                group: "sex = f".to_owned(),
                false_matches: errors(0),
                false_matches_against_whole: Disparity::CannotTell,
                false_non_matches: errors(40_000),
                false_non_matches_against_whole: Disparity::Worse,
            }],
        };
        let stated = Stated {
            pack: "0123456789abcdef".repeat(4),
            made_on: jiff::civil::date(2026, 11, 24),
            how: odd.to_owned(),
            note: odd.to_owned(),
            population: Population { id: PopulationId::east_asian(), en: odd.to_owned(), zh: odd.to_owned() },
            samples: vec![Sample { set: set(), people: 40, genuine: 9, impostor: 40_000 }],
            points: vec![point(1e-2, 0.1 + 0.2), point(1e-4, 1.0 / 3.0)],
        };
        let calibration = Calibration::try_from(stated).unwrap();
        assert_eq!(toml::from_str::<Calibration>(&text(&calibration)).unwrap(), calibration);
    }
}
