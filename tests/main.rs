//! All tests of the public face, in one binary: the models are loaded once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod support;

mod access;
mod architecture;
mod attacks;
mod bad_input;
mod burst;
mod busy;
mod calibration;
mod certify;
mod challenge;
mod cli;
mod decision;
mod devices;
mod duplicates;
mod durability;
mod edges;
mod evaluate;
mod idempotency;
mod limits;
mod log;
mod model_cards;
#[cfg(feature = "oidc")]
mod oidc;
mod openapi;
mod privacy;
mod proposals;
mod readme;
mod receipts;
mod review;
mod staff;
mod store_contract;
mod threat_model;
mod vault;
mod vision_accuracy;
mod vision_commands;
mod vision_golden;
mod vision_models;
mod vision_passive;
mod vision_pictures;
