//! A report that a pension office can read, print and file: one HTML page, both languages, nothing from elsewhere.
//!
//! It holds rates and counts only: no picture, no name of a file, nobody's number.

mod pad;
mod plot;
mod verification;

use std::path::{Path, PathBuf};

use askama::Template;

use super::models_used::ModelsUsed;
use crate::domain::rates::disparity::Disparity;
use crate::domain::rates::limits::Rate;

pub(super) use pad::report as pad;
pub(super) use verification::report as verification;

/// The report could not be made.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ReportError {
    #[error("cannot write the report {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the report cannot be drawn up: {0}")]
    Template(#[from] askama::Error),
}

/// A text in both languages.
pub(super) struct Said {
    zh: String,
    en: String,
}

fn said(zh: impl Into<String>, en: impl Into<String>) -> Said {
    Said { zh: zh.into(), en: en.into() }
}

#[derive(Template)]
#[template(path = "cli/evaluate/report/report.html")]
pub(super) struct Report {
    title: Said,
    /// What it comes to, in a few sentences.
    summary: Vec<Said>,
    /// What a reader must not overlook.
    alarms: Vec<Said>,
    sections: Vec<Section>,
}

/// A heading, and what stands below it.
#[derive(Default)]
struct Section {
    heading: Option<Said>,
    words: Vec<Said>,
    table: Option<Table>,
    /// Drawings, as SVG of our own making.
    plots: Vec<(Said, String)>,
}

struct Table {
    head: Vec<Said>,
    rows: Vec<Vec<String>>,
}

impl Section {
    fn new(heading: Said) -> Self {
        Self { heading: Some(heading), ..Self::default() }
    }

    fn words(mut self, words: impl IntoIterator<Item = Said>) -> Self {
        self.words.extend(words);
        self
    }

    fn table(self, head: impl IntoIterator<Item = Said>, rows: Vec<Vec<String>>) -> Self {
        Self { table: Some(Table { head: head.into_iter().collect(), rows }), ..self }
    }

    fn plot(mut self, caption: Said, svg: String) -> Self {
        self.plots.push((caption, svg));
        self
    }
}

impl Report {
    pub(super) fn write(&self, path: &Path) -> Result<(), ReportError> {
        let page = self.render()?;
        std::fs::write(path, page).map_err(|source| ReportError::File { path: path.to_owned(), source })
    }
}

/// What was measured with what, as every report names it.
fn models_section(models: &ModelsUsed, mut further: Vec<Vec<String>>) -> Section {
    let mut rows = vec![
        vec!["日期 · Date".to_owned(), models.measured_at.strftime("%F %R UTC").to_string()],
        vec!["模型组 · Model pack".to_owned(), models.pack.clone()],
        vec!["模型指纹 · Digest of the models".to_owned(), models.digest.clone()],
        vec!["程序版本 · Program".to_owned(), format!("vivat {}", models.vivat)],
    ];
    rows.append(&mut further);
    Section::new(said("测了什么", "What was measured")).table([], rows)
}

/// A share in per cent, with as many digits as say something.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = match percent {
        p if p.is_nan() => return "–".to_owned(),
        0.0 => 0,
        p if p >= 10.0 => 1,
        p if p >= 0.1 => 2,
        p if p >= 0.001 => 4,
        _ => 6,
    };
    format!("{percent:.digits$}\u{a0}%")
}

fn limits(rate: &Rate) -> String {
    between(rate.limits.low, rate.limits.high)
}

fn between(low: f64, high: f64) -> String {
    format!("{}\u{a0}… {}", percent(low), percent(high))
}

/// What the comparison of a group with the whole says.
fn told(disparity: Disparity) -> &'static str {
    match disparity {
        Disparity::Worse => "⚠ 警报 · alarm",
        Disparity::Within => "✓ 在范围内 · within",
        Disparity::CannotTell => "样本不足 · too few to tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_with_the_digits_that_matter() {
        let told = [0.0, 0.5, 0.0123, 0.00045, 1e-6].map(percent);
        assert_eq!(told, ["0", "50.0", "1.23", "0.0450", "0.000100"].map(|number| format!("{number}\u{a0}%")));
    }

    #[test]
    fn what_a_list_says_cannot_become_markup() {
        let section = Section::new(said("组", "<script>")).table([], vec![vec!["<b>&".to_owned()]]);
        let report = Report { title: said("题", "t"), summary: vec![], alarms: vec![], sections: vec![section] };
        let page = report.render().unwrap();
        assert!(!page.contains("<script>") && !page.contains("<b>&"), "{page}");
    }
}
