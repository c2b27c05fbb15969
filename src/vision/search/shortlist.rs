//! Who may belong into the answer, and who does.

use super::gallery::Enrolled;
use crate::domain::score::Similarity;
use crate::vision::template::{Template, TemplateError};

/// What is asked of a gallery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// The references that are most alike, so many of them.
    Best(usize),
    /// All references that are at least so alike.
    Reaching(Similarity),
}

/// A reference and how alike it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Which.
    pub enrolled: Enrolled,
    /// The comparison score.
    pub similarity: Similarity,
}

/// Between which numbers a comparison score lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) least: f32,
    pub(super) most: f32,
}

/// All that may belong into the answer: nobody else does.
#[derive(Debug, Clone)]
pub struct Shortlist {
    wanted: Wanted,
    bounded: Vec<(Enrolled, Bounds)>,
    /// The best lower bounds, falling: as many as are wanted.
    least: Vec<f32>,
}

impl Shortlist {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, bounded: Vec::new(), least: Vec::new() }
    }

    /// No reference below this similarity belongs into the answer.
    ///
    /// As many as are wanted are at least as alike as their lower bounds say, so the last of the answer is, too.
    pub(super) fn floor(&self) -> f32 {
        match self.wanted {
            Wanted::Reaching(similarity) => similarity.get(),
            Wanted::Best(0) => f32::INFINITY,
            Wanted::Best(count) => self.least.get(count - 1).copied().unwrap_or(f32::NEG_INFINITY),
        }
    }

    pub(super) fn consider(&mut self, bounds: Bounds, enrolled: impl FnOnce() -> Enrolled) {
        if bounds.most < self.floor() {
            return;
        }
        self.bounded.push((enrolled(), bounds));
        if let Wanted::Best(count) = self.wanted {
            let place = self.least.partition_point(|least| *least >= bounds.least);
            if place < count {
                self.least.insert(place, bounds.least);
                self.least.truncate(count);
            }
        }
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        other.bounded.into_iter().for_each(|(enrolled, bounds)| self.consider(bounds, || enrolled));
        let floor = self.floor();
        self.bounded.retain(|(_, bounds)| bounds.most >= floor);
        self
    }

    /// How many templates have to be looked at.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bounded.len()
    }

    /// Whether nobody comes into question.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bounded.is_empty()
    }

    /// Which references have to be looked at.
    pub fn enrolled(&self) -> impl Iterator<Item = Enrolled> {
        self.bounded.iter().map(|(enrolled, _)| *enrolled)
    }

    /// The answer: the most alike first, the older identifier first of two that are equal. `template` gives the template of
    /// a reference, or `None` for one that is not there any more; asked for [`Wanted::Best`], fewer may then be found
    /// than there are.
    ///
    /// # Errors
    /// [`TemplateError::OtherPack`] for templates of other models.
    pub fn settle<'t>(
        self,
        probe: &Template,
        template: impl Fn(Enrolled) -> Option<&'t Template>,
    ) -> Result<Vec<Candidate>, TemplateError> {
        let mut candidates = Vec::with_capacity(self.bounded.len());
        for enrolled in self.enrolled() {
            if let Some(template) = template(enrolled) {
                candidates.push(Candidate { enrolled, similarity: probe.compare(template)? });
            }
        }
        candidates.sort_by(|a, b| {
            let falling = b.similarity.get().total_cmp(&a.similarity.get());
            falling.then_with(|| a.enrolled.reference.cmp(&b.enrolled.reference))
        });
        match self.wanted {
            Wanted::Best(count) => candidates.truncate(count),
            Wanted::Reaching(similarity) => candidates.retain(|candidate| candidate.similarity >= similarity),
        }
        Ok(candidates)
    }
}
