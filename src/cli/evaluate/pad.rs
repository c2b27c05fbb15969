//! `vivat evaluate pad`: how often is an attack taken for a living person, and a living person for an attack?

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::super::labelled::{LabelledError, Look, LookArgs, PresentationList, SEED};
use super::answer::Answer;
use super::models_used::ModelsUsed;
use super::{BINS, report, text};
use crate::domain::capture::Channel;
use crate::domain::evidence::Liveness;
use crate::domain::policy::Policy;
use crate::domain::rates::attacks::{Presentation, Presentations, Presented};
use crate::domain::rates::bootstrap::Bootstrap;
use crate::domain::rates::disparity::Disparity;
use crate::domain::rates::histogram::Histogram;
use crate::domain::rates::limits::Rate;

/// Arguments of `vivat evaluate pad`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// CSV of presentations: file, live (1 or 0); species says how an attack was made, subject whose face it shows; further
    /// columns make groups
    #[arg(long, value_name = "LIST.csv")]
    list: PathBuf,
    /// Directory that the names of the list are relative to
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Score from which on a presentation is taken for bona fide [default: that of the policy for phones]
    #[arg(long, value_name = "SCORE")]
    threshold: Option<f32>,
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    look: LookArgs,
}

/// The rates of the worst species for which the BPCER is told, by the name that they have in JSON.
const APCER_TARGETS: [(&str, f64); 4] = [("0.2", 0.2), ("0.1", 0.1), ("0.05", 0.05), ("0.01", 0.01)];

/// What was measured.
#[derive(Serialize)]
pub(super) struct Pad {
    pub(super) models: ModelsUsed,
    pub(super) bona_fide: u64,
    pub(super) attacks: u64,
    /// At or above it a presentation is taken for bona fide.
    pub(super) threshold: f32,
    pub(super) bpcer: f64,
    pub(super) bpcer_limits: Rate,
    pub(super) apcer: BTreeMap<String, f64>,
    pub(super) apcer_limits: BTreeMap<String, Rate>,
    /// Of the species that passes most often; none when no attack got a response.
    pub(super) apcer_worst: Option<f64>,
    pub(super) worst_species: Option<String>,
    pub(super) non_response: NonResponse,
    /// Files that are no picture; they count as presentations without a response.
    pub(super) unreadable: usize,
    pub(super) auc: Option<f64>,
    pub(super) eer: Option<f64>,
    /// BPCER where the threshold keeps the worst species at a rate.
    pub(super) bpcer_at_apcer: BTreeMap<&'static str, BpcerAtApcer>,
    /// How many presentations show each named sign of an attack; each of them counts as refused.
    pub(super) signs: BTreeMap<String, Signs>,
    pub(super) groups: BTreeMap<String, BTreeMap<String, Group>>,
    pub(super) passed_over: Vec<String>,
    /// BPCER over APCER by species.
    pub(super) curve: BTreeMap<String, Vec<PadPoint>>,
    /// Of attacks and of the living.
    #[serde(skip)]
    pub(super) histograms: [Histogram; 2],
}

/// Presentations in which no single face was found.
#[derive(Serialize)]
pub(super) struct NonResponse {
    /// BPNRR.
    pub(super) bona_fide: Rate,
    /// APNRR by species.
    pub(super) attacks: BTreeMap<String, Rate>,
}

/// Presentations that show a sign.
#[derive(Default, Serialize)]
pub(super) struct Signs {
    pub(super) bona_fide: u64,
    pub(super) attacks: u64,
}

/// What stopping attacks costs the living.
#[derive(Serialize)]
pub(super) struct BpcerAtApcer {
    pub(super) threshold: f32,
    pub(super) bpcer: Rate,
}

/// A group beside the whole.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) bpcer: Rate,
    pub(super) bpcer_against_whole: Disparity,
    /// Attacks of all species together.
    pub(super) apcer: Rate,
}

/// One threshold of a species' curve.
#[derive(Serialize)]
pub(super) struct PadPoint {
    pub(super) threshold: f32,
    pub(super) apcer: f64,
    pub(super) bpcer: f64,
}

/// Runs the command. Fails only when the answer cannot be written.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.answer.give(measure(args), report::pad, text::pad)
}

fn measure(args: &Args) -> Result<Pad, LabelledError> {
    let list = PresentationList::read(&args.list, &args.root)?;
    let viewer = args.look.open()?;
    let looks = viewer.look(&args.root, &list.pictures)?;
    let seen =
        presented(&looks, &list.people).ok_or_else(|| LabelledError::NoPad(viewer.pipeline.pack().name.clone()))?;
    let of = |species: Option<&str>| -> Presented {
        let wanted = seen.iter().zip(&list.species).filter(|(_, own)| own.as_deref() == species);
        Presented::new(wanted.map(|(seen, _)| *seen))
    };
    let species = list.species.iter().flatten();
    let presentations =
        Presentations { bona_fide: of(None), attacks: species.map(|name| (name.clone(), of(Some(name)))).collect() };
    let threshold = args.threshold.unwrap_or_else(|| Policy::default().rule(Channel::Phone).bona_fide_min);
    let bootstrap = Bootstrap::for_trials(seen.len(), SEED);
    let rates = presentations.at(threshold, bootstrap);
    let worst = rates.worst().map(|(species, rate)| (species.to_owned(), rate.rate));
    let at_apcer = |target: f64| {
        let threshold = presentations.threshold_at(target);
        BpcerAtApcer { threshold, bpcer: presentations.bona_fide.refused(threshold, bootstrap) }
    };
    let point = |p: &crate::domain::rates::curve::CurvePoint| PadPoint {
        threshold: p.threshold,
        apcer: p.accepted,
        bpcer: p.refused,
    };
    let mut groups: BTreeMap<String, BTreeMap<String, Group>> = BTreeMap::new();
    for ((column, value), rows) in list.groups.rows() {
        let part = |live: bool| {
            let wanted = rows.iter().filter(|row| list.species[**row].is_none() == live);
            Presented::new(wanted.map(|row| seen[*row]))
        };
        let bpcer = part(true).refused(threshold, bootstrap);
        let group = Group {
            bpcer,
            bpcer_against_whole: Disparity::of(&bpcer, &rates.bpcer),
            apcer: part(false).accepted(threshold, bootstrap),
        };
        groups.entry(column.to_owned()).or_default().insert(value.to_owned(), group);
    }
    Ok(Pad {
        models: ModelsUsed::of(&viewer.pipeline),
        bona_fide: presentations.bona_fide.len(),
        attacks: presentations.attacks.values().map(Presented::len).sum(),
        threshold,
        bpcer: rates.bpcer.rate,
        bpcer_limits: rates.bpcer,
        apcer: rates.apcer.iter().map(|(species, rate)| (species.clone(), rate.rate)).collect(),
        apcer_worst: worst.as_ref().map(|(_, rate)| *rate),
        worst_species: worst.map(|(species, _)| species),
        apcer_limits: rates.apcer,
        non_response: NonResponse {
            bona_fide: presentations.bona_fide.non_response(),
            attacks: presentations.attacks.iter().map(|(name, seen)| (name.clone(), seen.non_response())).collect(),
        },
        unreadable: looks.iter().filter(|look| !look.readable).count(),
        auc: presentations.auc(),
        eer: presentations.eer().map(|eer| eer.rate),
        bpcer_at_apcer: APCER_TARGETS.map(|(name, target)| (name, at_apcer(target))).into(),
        signs: signs(&looks, &list),
        groups,
        passed_over: list.groups.passed_over.clone(),
        curve: (presentations.curves().into_iter())
            .map(|(species, curve)| (species.to_owned(), curve.iter().map(point).collect()))
            .collect(),
        histograms: [presentations.all_attacks(), presentations.bona_fide.scored().clone()]
            .map(|trials| Histogram::new(&trials, 0.0, 1.0, BINS)),
    })
}

/// What the service makes of each picture: the score of the attack detectors, and 0 where a sign of an attack was seen, as
/// that refers too. Of a pack without detectors the signs are all there is; `None` when there is none either.
fn presented(looks: &[Look], people: &[u32]) -> Option<Vec<Presentation>> {
    let score = |look: &Look| match look.liveness {
        Liveness::Passive { bona_fide } => Some(bona_fide),
        Liveness::NotAssessed => None,
    };
    let by_signs = looks.iter().all(|look| score(look).is_none());
    if by_signs && looks.iter().any(|look| look.template.is_some()) && looks.iter().all(|look| look.signs.is_empty()) {
        return None;
    }
    let of = |look: &Look| {
        let score = if by_signs { look.template.as_ref().map(|_| 1.0) } else { score(look) };
        score.map(|score| if look.signs.is_empty() { score } else { 0.0 })
    };
    Some(looks.iter().zip(people).map(|(look, person)| Presentation { bona_fide: of(look), person: *person }).collect())
}

fn signs(looks: &[Look], list: &PresentationList) -> BTreeMap<String, Signs> {
    let mut counts: BTreeMap<String, Signs> = BTreeMap::new();
    for (look, species) in looks.iter().zip(&list.species) {
        for sign in &look.signs {
            let name = serde_json::to_value(sign).ok().and_then(|name| name.as_str().map(str::to_owned));
            let count = counts.entry(name.unwrap_or_default()).or_default();
            if species.is_none() { count.bona_fide += 1 } else { count.attacks += 1 }
        }
    }
    counts
}
