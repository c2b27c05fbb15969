//! Of many boxes around the same face, one.

use super::detect::Detection;

/// Sorts by score, the best first, and drops every box that overlaps a better one by more than `limit`.
pub(crate) fn suppress(candidates: &mut Vec<Detection>, limit: f32) {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = 0;
    for i in 0..candidates.len() {
        if candidates[..kept].iter().all(|better| better.rect.overlap(&candidates[i].rect) <= limit) {
            candidates.swap(kept, i);
            kept += 1;
        }
    }
    candidates.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::geometry::Rect;
    use crate::vision::square::Square;
    use proptest::prelude::*;

    const LIMIT: f32 = 0.3;

    fn boxes() -> impl Strategy<Value = Vec<Detection>> {
        let detection = (0.0f32..100.0, 0.0f32..100.0, 1.0f32..60.0, 1.0f32..60.0, 0.0f32..1.0).prop_map(
            |(x, y, width, height, score)| Detection {
                rect: Rect { x, y, width, height },
                score,
                square: Square::around(&Rect { x, y, width, height }, 0.0),
            },
        );
        proptest::collection::vec(detection, 0..40)
    }

    fn suppressed(mut candidates: Vec<Detection>) -> Vec<Detection> {
        suppress(&mut candidates, LIMIT);
        candidates
    }

    proptest! {
        #[test]
        fn no_two_kept_boxes_overlap_past_the_limit(candidates in boxes()) {
            let kept = suppressed(candidates);
            for (rank, one) in kept.iter().enumerate() {
                prop_assert!(kept[rank + 1..].iter().all(|other| one.rect.overlap(&other.rect) <= LIMIT));
            }
        }

        #[test]
        fn the_best_is_kept_and_leads(candidates in boxes()) {
            let best = candidates.iter().map(|c| c.score).fold(f32::MIN, f32::max);
            let kept = suppressed(candidates.clone());
            prop_assert_eq!(kept.is_empty(), candidates.is_empty());
            prop_assert!(kept.first().is_none_or(|first| first.score >= best));
            prop_assert!(kept.is_sorted_by(|a, b| a.score >= b.score));
        }

        #[test]
        fn what_is_dropped_overlaps_something_better(candidates in boxes()) {
            let kept = suppressed(candidates.clone());
            for dropped in candidates.iter().filter(|c| !kept.contains(c)) {
                prop_assert!(kept.iter().any(|k| k.score >= dropped.score && k.rect.overlap(&dropped.rect) > LIMIT));
            }
        }

        #[test]
        fn twice_is_once(candidates in boxes()) {
            let once = suppressed(candidates);
            prop_assert_eq!(suppressed(once.clone()), once);
        }
    }
}
