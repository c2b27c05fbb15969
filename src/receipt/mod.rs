//! Receipts: what a person holds of a certification, and anybody can verify without asking us.
//!
//! A receipt is a compact JSON web signature: it fits into a QR code, any JOSE library verifies it, and it needs neither
//! JSON-LD nor a resolver, as a W3C credential would. It carries neither face data, nor a name, nor a citizen number.
//! Everything here is pure: keys, lists and the log are handed in.

pub mod claims;
pub mod logged;
pub mod qr;
pub mod status_list;
