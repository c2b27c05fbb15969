//! Signatures of Ed25519 keys: of HTTP messages, and of what is handed out. Pure.

pub mod content_digest;
pub mod device_request;
pub mod ed25519;
pub mod http_message;
pub mod jwk;
pub mod jws;
pub mod signature_base;
