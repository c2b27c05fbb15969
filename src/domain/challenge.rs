//! What a session asks a person to do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A soft colour that a screen shows while the person looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Cyan.
    Cyan,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
}

impl Colour {
    /// Every colour, around the circle.
    pub const ALL: [Self; 6] = [Self::Red, Self::Yellow, Self::Green, Self::Cyan, Self::Blue, Self::Magenta];

    /// Red, green and blue as a screen is told them (sRGB): far apart for a camera, and pale enough to be looked at.
    #[must_use]
    pub fn srgb(self) -> [u8; 3] {
        match self {
            Self::Red => [255, 96, 96],
            Self::Yellow => [255, 255, 96],
            Self::Green => [96, 255, 96],
            Self::Cyan => [96, 255, 255],
            Self::Blue => [96, 96, 255],
            Self::Magenta => [255, 96, 255],
        }
    }
}
