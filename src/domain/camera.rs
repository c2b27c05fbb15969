//! Which camera took the frames, as the device says: a hint, because whoever injects frames may say anything.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More than any camera's name has.
const MOST_CHARACTERS: usize = 200;

/// Words in the names of software that shows a file, a screen or another device's picture as a camera. In small letters.
const VIRTUAL: [&str; 16] = [
    "obs",
    "virtual",
    "manycam",
    "droidcam",
    "v4l2",
    "loopback",
    "dummy",
    "snap camera",
    "xsplit",
    "e2esoft",
    "vcam",
    "iriun",
    "epoccam",
    "screen capture",
    "虚拟",
    "录屏",
];

/// The camera of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Camera {
    /// What the device calls it.
    pub label: String,
    /// Where it looks, where the device says so.
    pub facing: Option<Facing>,
}

/// Where a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Facing {
    /// At whoever holds the phone.
    User,
    /// Away from them.
    Environment,
}

impl Camera {
    /// The camera of this name; what a name cannot hold is left out.
    #[must_use]
    pub fn new(label: &str, facing: Option<Facing>) -> Self {
        let label = label.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect();
        Self { label, facing }
    }

    /// Whether it calls itself by the name of software that is no camera.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        let label = self.label.to_lowercase();
        let whole_word = |word: &str| label.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
        VIRTUAL.iter().any(|word| if word.len() == 3 { whole_word(word) } else { label.contains(word) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_that_is_no_camera_is_known_by_its_name() {
        for name in [
            "OBS Virtual Camera",
            "ManyCam Video Source",
            "DroidCam Source 3",
            "Dummy video device (0x0000)",
            "虚拟摄像头",
            "v4l2loopback",
            "Snap Camera",
            "obs-camera",
        ] {
            assert!(Camera::new(name, None).is_virtual(), "{name}");
        }
        for name in [
            "camera2 1, facing front",
            "Front Camera",
            "前置摄像头",
            "FaceTime HD Camera",
            "Logitech C920",
            "Integrated Camera (04f2:b6d0)",
            "Hobsons Eye",
            "",
        ] {
            assert!(!Camera::new(name, Some(Facing::User)).is_virtual(), "{name}");
        }
    }

    #[test]
    fn a_name_is_short_and_of_one_line() {
        assert_eq!(Camera::new("a\nb\0c", None).label, "abc");
        assert_eq!(Camera::new(&"像".repeat(5_000), None).label.chars().count(), MOST_CHARACTERS);
    }
}
