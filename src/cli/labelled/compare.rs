//! The comparisons that a list asks for, and their scores.

use rayon::prelude::*;

use super::error::LabelledError;
use super::list::{Pairs, PairsList};
use super::look::Look;
use crate::domain::rates::comparisons::{Comparisons, TooFew};
use crate::domain::rates::trials::Trial;

/// A comparison that was made.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Score {
    /// Numbers of the two pictures.
    pub(in crate::cli) pictures: [u32; 2],
    /// The row of the list, where it lists pairs.
    pub(in crate::cli) row: u32,
    /// How alike they are.
    pub(in crate::cli) similarity: f32,
}

/// All comparisons of a list.
pub(in crate::cli) struct Compared<'a> {
    list: &'a PairsList,
    /// In the order of the list.
    pub(in crate::cli) scores: Vec<Score>,
    /// Comparisons that could not be made, because one of the pictures gave no template.
    pub(in crate::cli) lost: usize,
    /// Pictures that gave no template, or none that the service would use.
    pub(in crate::cli) failed: usize,
}

/// Makes the comparisons. With `usable_only`, a picture with findings is a failure to acquire, as it is for the service.
pub(in crate::cli) fn compare<'a>(
    list: &'a PairsList,
    looks: &[Look],
    usable_only: bool,
) -> Result<Compared<'a>, LabelledError> {
    let templates: Vec<_> =
        looks.iter().map(|look| look.template.as_ref().filter(|_| !usable_only || look.findings.is_empty())).collect();
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let score = &|row: usize, [a, b]: [u32; 2]| -> Option<Result<Score, LabelledError>> {
        let (one, other) = (templates[a as usize]?, templates[b as usize]?);
        let score = |similarity| Score { pictures: [a, b], row: number(row), similarity };
        Some(one.compare(other).map(|similarity| score(similarity.get())).map_err(LabelledError::from))
    };
    let scores: Vec<Score> = match &list.pairs {
        Pairs::Listed(pairs) => {
            pairs.par_iter().enumerate().filter_map(|(row, pair)| score(row, *pair)).collect::<Result<_, _>>()?
        }
        Pairs::All => (0..number(templates.len()))
            .into_par_iter()
            .flat_map_iter(|a| (0..a).filter_map(move |b| score(0, [a, b])))
            .collect::<Result<_, _>>()?,
    };
    Ok(Compared {
        lost: list.pair_count() - scores.len(),
        failed: templates.iter().filter(|template| template.is_none()).count(),
        list,
        scores,
    })
}

impl Compared<'_> {
    /// Their rates.
    pub(in crate::cli) fn rates(&self) -> Result<Comparisons, TooFew> {
        Comparisons::new(self.scores.iter().map(|score| self.trial(score)))
    }

    /// The groups of the list with the comparisons of each: listed pairs by their row; where all pictures are compared, those
    /// of two pictures of the same group.
    pub(in crate::cli) fn groups(&self) -> Vec<(&str, &str, Vec<Trial>)> {
        let trials = |inside: Vec<bool>| {
            let inside = |score: &&Score| match self.list.pairs {
                Pairs::Listed(_) => inside[score.row as usize],
                Pairs::All => score.pictures.iter().all(|picture| inside[*picture as usize]),
            };
            self.scores.iter().filter(inside).map(|score| self.trial(score)).collect()
        };
        let rows = match &self.list.pairs {
            Pairs::Listed(pairs) => pairs.len(),
            Pairs::All => self.list.pictures.len(),
        };
        let groups = self.list.groups.rows();
        groups
            .into_iter()
            .map(|((column, value), members)| {
                let mut inside = vec![false; rows];
                for row in members {
                    inside[row] = true;
                }
                (column, value, trials(inside))
            })
            .collect()
    }

    fn trial(&self, score: &Score) -> Trial {
        Trial { score: score.similarity, people: score.pictures.map(|picture| self.list.people[picture as usize]) }
    }
}
