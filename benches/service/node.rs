//! A running `vivat serve`, and what Linux says of a process.

use std::fs::read_to_string;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Outcome;

/// A running `vivat serve`; ended when dropped.
pub(super) struct Node {
    child: Child,
    pub(super) base: String,
}

impl Node {
    pub(super) fn start(data: &Path, database: Option<&str>, core: Option<usize>, workers: usize) -> Outcome<Self> {
        let vivat = env!("CARGO_BIN_EXE_vivat");
        let mut command = Command::new(if core.is_some() { "taskset" } else { vivat });
        if let Some(core) = core {
            command.args(["-c", &core.to_string(), vivat]);
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--trust-loopback", "--workers", &workers.to_string()]);
        command.arg("--data").arg(data).args(database.iter().flat_map(|url| ["--database", url]));
        command.arg("--models").arg(path("VIVAT_MODELS", "models"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let address =
            lines.by_ref().map_while(Result::ok).find_map(|line| Some(line[line.find("http://")?..].to_owned()));
        let base = address.ok_or("vivat serve did not start")?.trim_end_matches('/').to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, base })
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// In MB of 1024 KiB, as Linux tells it.
    pub(super) fn memory(&self, what: &str) -> Outcome<f64> {
        let status = read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(what)).ok_or("no such line")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Enrols the people of the demo.
pub(super) fn fill(data: &Path, database: Option<&str>) -> Outcome<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
    command.arg("demo").arg("--data").arg(data).args(database.iter().flat_map(|url| ["--database", url]));
    command
        .arg("--models")
        .arg(path("VIVAT_MODELS", "models"))
        .arg("--photos")
        .arg(path("VIVAT_PHOTOS", "fixtures/photos"));
    let output = command.output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}

/// User and system time of a process so far, in ticks of a hundredth.
pub(super) fn cpu_seconds(process: u32) -> Outcome<f64> {
    let stat = read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).unwrap_or(&"").parse::<f64>();
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// Puts all threads of a process on these cores; whether the system let us.
pub(super) fn bind(process: u32, cores: &str) -> bool {
    let bound = Command::new("taskset").args(["-acp", cores, &process.to_string()]).stdout(Stdio::null()).status();
    bound.is_ok_and(|status| status.success())
}

pub(super) fn path(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default), PathBuf::from)
}
