//! What a node asks of its allocator: to give back at once what is free, and not a second later.
//!
//! mimalloc reads its settings from the environment before anything of ours runs, and changing them later takes a call that is not
//! safe. So the program starts itself anew with them, once, in the same process.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Milliseconds. Whoever sets it is obeyed.
const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";

/// Returns where it is set, or where the program cannot be started: then the node serves as well, and holds more memory.
pub(super) fn give_back_at_once() {
    if env::var_os(PURGE_DELAY).is_some() {
        return;
    }
    let mut typed = env::args_os();
    let (Some(name), Ok(program)) = (typed.next(), env::current_exe()) else { return };
    let _not_started = Command::new(program).arg0(name).args(typed).env(PURGE_DELAY, "0").exec();
}
