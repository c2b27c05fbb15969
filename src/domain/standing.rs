//! Whether a pension is paid. Only people change that, two of them: no rule, no time and no machine does.

use jiff::Timestamp;

use super::id::{BeneficiaryId, ProposalId};

/// A change of standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingChange {
    /// Whose.
    pub beneficiary: BeneficiaryId,
    /// How many changes there were before.
    pub position: u32,
    /// Whether the pension is suspended from now on, or paid again.
    pub suspended: bool,
    /// What two people agreed to.
    pub proposal: ProposalId,
    /// From when on.
    pub since: Timestamp,
}
