//! The contract of the store: the same tests on SQLite and on PostgreSQL.

mod append_only;
mod devices;
mod durability;
mod examples;
mod failure_runs;
mod faults;
mod foreign_sign_ins;
mod idempotency;
mod office;
mod opening;
mod people;
mod proposals;
mod races;
mod receipts;
mod review;
mod staff;
mod vault;
