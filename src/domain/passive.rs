//! Signs of an attack that can be named: what a print or a screen leaves in a picture, and a living face does not.

use serde::{Deserialize, Serialize};

/// One sign, seen in one frame. It raises a doubt by itself; that there is none proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassiveSign {
    /// A fine regular pattern over the face: the grid of a display, seen by the grid of a camera.
    Moire,
    /// Straight edges frame the face: those of a sheet of paper, a telephone or a monitor.
    Framed,
}
