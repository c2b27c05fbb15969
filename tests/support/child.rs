//! Tests that need a process of their own: to be killed, or to be nobody.
//!
//! The child runs an ignored test of this binary by its full name, and learns the rest from its environment.

use std::process::{Command, Stdio};

/// A command that runs one ignored test of this binary, with its output in a pipe.
pub(crate) fn ignored_test(name: &str) -> Command {
    // Not `current_exe`: the directories that lead there may be closed to whom the child becomes.
    let mut command = Command::new("/proc/self/exe");
    command.args(["--ignored", "--exact", "--nocapture", name]).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}
