//! What tests have in common.

pub(crate) mod child;
pub(crate) mod database;
pub(crate) mod proxy;
