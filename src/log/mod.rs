//! The log that proves itself: an append-only Merkle tree over entries, signed checkpoints, and their verification.
//!
//! Hashing and proofs follow RFC 6962; checkpoints, keys and the cosignatures of witnesses follow C2SP
//! (`tlog-checkpoint`, `signed-note`, `tlog-cosignature`), so that existing witnesses and monitors understand them.
//! Everything here is pure: what is stored where is the caller's business.

pub mod checkpoint;
pub mod entry;
pub mod export;
pub mod hash;
pub mod note;
pub mod record;
pub mod tree;
pub mod verify;
