//! Who else is enrolled with this face? One template against all references: a duplicate enrolment check (1:N).
//!
//! A scan over N templates is bound by the bytes that it reads, so it reads codes of one byte a value instead of the
//! templates. A code bounds each comparison score from both sides. What may belong into the answer by its upper bound is
//! the [`Shortlist`]; its few templates are then compared as always ([`Template::compare`](super::Template::compare)). So the
//! answer is exactly that of comparing everybody, whatever the codes lose, and no template has to stay in memory.

mod code;
mod gallery;
mod shortlist;
#[cfg(test)]
mod tests;

pub use gallery::{BYTES_PER_REFERENCE, Enrolled, Gallery, MAX_DIMENSION};
pub use shortlist::{Candidate, Shortlist, Wanted};
