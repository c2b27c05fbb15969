//! The agent on a kiosk: a small client that signs its requests, to begin with.

pub mod client;
mod form;
