//! Are the times of an attempt's frames possible? A device's clock may be wrong, but by the same amount throughout.

use jiff::{SignedDuration, Timestamp};

/// What clocks may drift apart within an attempt, and what a time loses that is given in whole seconds.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

/// The times of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTimes {
    /// When the server told the step, by its own clock.
    pub told_at: Timestamp,
    /// When the frame was taken, by the clock of the device.
    pub taken_at: Timestamp,
    /// When it arrived, by the clock of the server.
    pub received_at: Timestamp,
}

/// Whether there is one difference between the two clocks with which each frame was taken after its step was told and
/// before it arrived.
#[must_use]
pub fn fit_one_clock(frames: &[FrameTimes]) -> bool {
    let least = frames.iter().map(|frame| frame.taken_at.duration_since(frame.received_at)).max();
    let most = frames.iter().map(|frame| frame.taken_at.duration_since(frame.told_at)).min();
    least.zip(most).is_none_or(|(least, most)| least <= most.saturating_add(SLACK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(told: i64, taken: i64, received: i64) -> FrameTimes {
        let at = |second| Timestamp::from_second(1_795_000_000 + second).unwrap();
        FrameTimes { told_at: at(told), taken_at: at(taken), received_at: at(received) }
    }

    #[test]
    fn a_clock_that_is_wrong_is_no_fault() {
        for wrong in [-400_000_000, -3_600, 0, 90, 31_536_000] {
            let frames = [(0, 5, 6), (6, 12, 15), (15, 16, 40)];
            assert!(
                fit_one_clock(&frames.map(|(told, taken, received)| frame(told, taken + wrong, received))),
                "{wrong}"
            );
        }
        assert!(fit_one_clock(&[]));
    }

    #[test]
    fn frames_of_a_step_that_was_not_told_yet_do_not_fit() {
        // Both were taken at the device's second 5 and 8: within three seconds, but the second step was told after ten.
        assert!(!fit_one_clock(&[frame(0, 5, 10), frame(20, 8, 25)]));
        // A recording of a minute, sent within ten seconds.
        assert!(!fit_one_clock(&[frame(0, 0, 9), frame(0, 60, 10)]));
        // A clock that is changed between two steps.
        assert!(!fit_one_clock(&[frame(0, 3, 4), frame(5, 3_608, 10)]));
    }
}
