//! Vivat: proof of life for pensions.

pub mod cli;
pub mod clock;
pub mod domain;
pub mod http;
pub mod images;
pub mod kiosk;
pub mod log;
#[cfg(feature = "oidc")]
pub mod oidc;
pub mod receipt;
pub mod service;
pub mod signing;
pub mod store;
pub mod tls;
pub mod vault;
pub mod vision;
pub mod words;
