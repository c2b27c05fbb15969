//! The frames of an attempt, and what was found out about them so far: each crop is made once, each plane fitted once.

use std::cell::OnceCell;

use crate::domain::capture::Step;
use crate::vision::measures::Pose;

use super::BurstFrame;
use super::crop::Crop;
use super::follow::Found;
use super::plane::{Motion, Pair};

/// Frames are named by their place in `frames`.
pub(super) struct Views<'a> {
    pub(super) frames: &'a [BurstFrame<'a>],
    poses: Vec<Pose>,
    crops: Vec<OnceCell<Crop>>,
    /// From each frame to each other, row by row.
    planes: Vec<OnceCell<Option<Found>>>,
}

impl<'a> Views<'a> {
    pub(super) fn of(frames: &'a [BurstFrame<'a>]) -> Self {
        let count = frames.len();
        Self {
            frames,
            poses: frames.iter().map(|frame| frame.trace.pose()).collect(),
            crops: (0..count).map(|_| OnceCell::new()).collect(),
            planes: (0..count * count).map(|_| OnceCell::new()).collect(),
        }
    }

    /// The frames that were taken for a step.
    pub(super) fn of_step(&self, step: Step) -> Vec<usize> {
        (0..self.frames.len()).filter(|at| self.frames[*at].step == step).collect()
    }

    /// How the head is held.
    pub(super) fn pose(&self, at: usize) -> Pose {
        self.poses[at]
    }

    pub(super) fn crop(&self, at: usize) -> &Crop {
        self.crops[at].get_or_init(|| Crop::of(self.frames[at].trace))
    }

    /// `None` when too little of the face is in both frames.
    pub(super) fn pair(&self, from: usize, to: usize) -> Option<Pair<'_>> {
        Pair::of(self.crop(from), self.crop(to))
    }

    /// The best plane; `None` when too little of the face is in both frames.
    pub(super) fn plane(&self, from: usize, to: usize) -> Option<Found> {
        let found = &self.planes[from * self.frames.len() + to];
        *found.get_or_init(|| self.pair(from, to).map(|pair| pair.plane()))
    }

    /// How one view of the face became the other; `None` when too little of it is in both.
    pub(super) fn motion(&self, from: usize, to: usize) -> Option<Motion> {
        self.plane(from, to).map(Motion::of)
    }
}
