//! The `vivat` command.

fn main() {}
