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
