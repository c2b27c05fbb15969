//! Which references are compared, after the log: what stands aside in the record without an act, or does not stand aside
//! although an act put it there, lets another face pass.

use std::collections::HashMap;

use super::Discrepancy;
use crate::domain::id::{BeneficiaryId, ReferenceId};
use crate::log::entry::Act;
use crate::service::error::ServiceError;
use crate::store::{Tx, references_aside};

/// What the entries say of references, in their order.
#[derive(Default)]
pub(super) struct Compared {
    of: HashMap<BeneficiaryId, Vec<ReferenceId>>,
    /// Those that are not compared, by the entry that says so.
    aside: HashMap<ReferenceId, u64>,
}

impl Compared {
    /// One more entry.
    pub(super) fn see(&mut self, number: u64, act: &Act) {
        match act {
            Act::ReferenceEnrolled { beneficiary, reference, candidate: false, .. } => {
                self.of.entry(*beneficiary).or_default().push(*reference);
            }
            Act::ReferenceEnrolled { reference, candidate: true, .. } => {
                self.aside.insert(*reference, number);
            }
            Act::ReferenceReplaced { beneficiary, reference, .. } => {
                let replaced = self.of.insert(*beneficiary, vec![*reference]).unwrap_or_default();
                self.aside.extend(replaced.into_iter().map(|one| (one, number)));
                self.aside.remove(reference);
            }
            _ => {}
        }
    }

    /// What does not fit.
    pub(super) async fn against(self, tx: &mut Tx) -> Result<Vec<Discrepancy>, ServiceError> {
        let recorded = references_aside::all(tx).await?;
        let compared = self.aside.iter().filter(|(reference, _)| !recorded.contains(reference));
        let compared = compared.map(|(_, number)| Discrepancy::Changed(*number, "what is compared"));
        let ignored = recorded.iter().filter(|reference| !self.aside.contains_key(reference));
        let ignored = ignored.map(|reference| Discrepancy::Unlogged("reference put aside", reference.to_string()));
        Ok(compared.chain(ignored).collect())
    }
}
