//! The curve of two rates over all thresholds, thinned to what a plot can show.

use serde::{Deserialize, Serialize};

use super::trials::Trials;

/// One threshold of a detection error trade-off curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Trials at or above it are accepted.
    pub threshold: f32,
    /// The share of those that should be refused and are accepted: FMR, APCER.
    pub accepted: f64,
    /// The share of those that should be accepted and are refused: FNMR, BPCER.
    pub refused: f64,
}

/// Points a decade of the accepted share; below that a plot shows no difference.
const POINTS_PER_DECADE: usize = 20;

/// From the strictest threshold, which accepts none of `lower`, to the laxest, evenly on a logarithmic axis.
#[must_use]
pub fn trade_off(higher: &Trials, lower: &Trials) -> Vec<CurvePoint> {
    if higher.is_empty() || lower.is_empty() {
        return Vec::new();
    }
    let count = lower.len();
    let steps = ((count as f64).log10() * POINTS_PER_DECADE as f64).ceil() as usize;
    let shares = (0..=steps).map(|step| 10f64.powf((step as f64 / POINTS_PER_DECADE as f64) - (count as f64).log10()));
    let mut points: Vec<CurvePoint> = std::iter::once(0.0)
        .chain(shares)
        .map(|share| lower.threshold_accepting(share.min(1.0 - 0.5 / count as f64)))
        .chain(lower.as_slice().last().map(|least| least.score))
        .map(|threshold| CurvePoint {
            threshold,
            accepted: lower.share_accepted(threshold),
            refused: higher.share_refused(threshold),
        })
        .collect();
    points.dedup_by(|a, b| a.threshold.total_cmp(&b.threshold).is_eq());
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rates::trials::Trial;

    #[test]
    fn a_curve_falls_from_end_to_end() {
        let of = |scores: std::ops::Range<u16>| -> Trials {
            scores.map(|s| Trial { score: f32::from(s) / 1000.0, people: [0; 2] }).collect()
        };
        let curve = trade_off(&of(400..1000), &of(0..600));
        assert!(curve.len() > 40 && curve.len() < 70, "{}", curve.len());
        for pair in curve.windows(2) {
            assert!(pair[0].threshold > pair[1].threshold);
            assert!(pair[0].accepted <= pair[1].accepted && pair[0].refused >= pair[1].refused);
        }
        let (strictest, laxest) = (curve[0], curve[curve.len() - 1]);
        assert!(strictest.accepted == 0.0 && (strictest.refused - 200.0 / 600.0).abs() < 1e-9, "{strictest:?}");
        assert!((laxest.accepted - 1.0).abs() < 1e-9 && laxest.refused == 0.0, "{laxest:?}");
        assert!(trade_off(&of(0..1), &of(0..0)).is_empty());
    }
}
