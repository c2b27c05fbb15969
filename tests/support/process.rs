//! `vivat serve` as a process of its own: to be killed, drained, and put on disks that refuse.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, Command};

use super::server::{TestClock, TestServer, models};
use super::vault::environment;
use vivat::store::Store;

/// How long a debug build may take to load its models on a busy machine.
const START: Duration = Duration::from_mins(2);

/// A running `vivat serve`.
pub(crate) struct Process {
    child: Child,
    /// Such as `http://127.0.0.1:40123`.
    pub(crate) base: String,
    /// All that it wrote so far, once it was ready.
    pub(crate) log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts the program on this database and waits until it is ready.
    pub(crate) async fn start(database: &str) -> Self {
        Self::start_with(database, &[]).await
    }

    /// Starts the program with something else in its environment.
    pub(crate) async fn start_with(database: &str, more: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--trust-loopback",
            "--workers",
            "1",
            "--database",
            database,
        ]);
        // One key for all: the processes of a test are nodes of one installation.
        command.args(["--log-key", concat!(env!("CARGO_TARGET_TMPDIR"), "/log.key")]).env("VIVAT_LOG", "trace");
        command.envs(environment(database)).envs(more.iter().copied());
        Self::spawn(command).await.expect("the server starts")
    }

    /// Starts a command that ends in `vivat serve`; `Err` with what it said when it ends instead.
    pub(crate) async fn spawn(mut command: Command) -> Result<Self, String> {
        command.arg("--models").arg(models());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(at) = line.find("http://") {
                    return Some(line[at..].trim_end_matches('/').to_owned());
                }
            }
            None
        };
        let Some(base) = tokio::time::timeout(START, ready).await.expect("the server starts in time") else {
            let output = child.wait_with_output().await.unwrap();
            return Err(format!("{} {}", output.status, String::from_utf8_lossy(&output.stderr)));
        };
        let log = Arc::<Mutex<String>>::default();
        read_on(lines, Arc::clone(&log));
        read_on(BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        Ok(Self { child, base, log })
    }

    /// SIGKILL: no chance to tidy up.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM: a polite request to end.
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }

    /// Waits for the end; true when it was a good one.
    pub(crate) async fn ended_well(mut self) -> bool {
        tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await.unwrap().unwrap().success()
    }

    /// The same requests as to a server inside of the test.
    pub(crate) async fn client(&self, store: &Store) -> TestServer {
        TestServer::of(self.base.clone(), store.clone(), Arc::<TestClock>::default()).await
    }
}

/// Reads what the child says, so that it never waits for a reader.
fn read_on<R: AsyncBufRead + Unpin + Send + 'static>(mut lines: Lines<R>, into: Arc<Mutex<String>>) {
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            into.lock().unwrap().push_str(&(line + "\n"));
        }
    });
}

/// A command that mounts a small file system of its own at `place`, prepares it, and runs `vivat serve` on it; `None`,
/// loudly, where the machine does not let tests mount anything.
pub(crate) fn on_a_mount(place: &Path, options: &str, prepare: &str) -> Option<Command> {
    let probe = std::process::Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this machine does not let a test mount a small disk (unshare -rm)");
        return None;
    }
    let script = format!(
        r#"place=$1 vivat=$2; shift 2
        mount -t tmpfs -o {options} none "$place" && {prepare} &&
        exec "$vivat" serve --data "$place" --listen 127.0.0.1:0 --trust-loopback --workers 1 "$@""#
    );
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script, "sh"]).arg(place).arg(env!("CARGO_BIN_EXE_vivat"));
    Some(command)
}
