//! References: what is enrolled of a beneficiary's face.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::id::{BeneficiaryId, ReferenceId};

/// One enrolled photo of a beneficiary. Several per person; old ones stay for audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Ours.
    pub id: ReferenceId,
    /// Whose face it is.
    pub beneficiary: BeneficiaryId,
    /// Where the photo came from.
    pub source: ReferenceSource,
    /// When the photo was taken, where that is known.
    pub taken_on: Option<Date>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Digest of the model pack that made the template; other packs cannot compare it.
    pub pack: String,
    /// What the pack made of the photo.
    pub template: StoredTemplate,
}

/// Where a reference photo came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceSource {
    /// A roster of the agency, such as the photos of identity cards.
    Roster,
    /// Taken at the counter by a clerk, in presence of the person.
    Counter,
    /// A probe of an earlier certification, approved by people.
    Certification,
}

/// A template as it is stored: opaque bytes, wiped when dropped, shown by nothing.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct StoredTemplate(pub Vec<u8>);

impl std::fmt::Debug for StoredTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredTemplate(…)")
    }
}
