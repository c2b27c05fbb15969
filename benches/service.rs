//! The whole service under load: a real client on loopback against `vivat serve`, with sealed storage and the log on.
//! `cargo bench --bench service [-- SECONDS [FILE]]` tells, and writes to FILE as JSON:
//!
//! - certifications per second through HTTP and SQLite, beside frames per second of the bare pipeline on as many threads, and
//!   the CPU time of both;
//! - latency of a certification at 80 % of that rate;
//! - at 300 %: what was answered, how much memory grew, and how long until a certification succeeds again;
//! - on PostgreSQL, where `VIVAT_TEST_POSTGRES` names a server: two nodes beside one, each bound to a core.
//!
//! A certification is three requests: a session at the kiosk, one frame of 1280 × 720, the decision. The same frame comes
//! each time, which the service would refer to people; so a trigger keeps its marks out of the table. Client and database
//! take their part of the same cores: on few cores the shares are lower bounds.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

use std::fs::read_to_string;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat, RgbImage, imageops};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::task::JoinSet;
use vivat::clock::SystemClock;
use vivat::domain::clock::Clock;
use vivat::vision::{PackChoice, Pipeline};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Certifications that a closed loop has under way for each core.
const UNDER_WAY: usize = 4;

const SQLITE_TRIGGER: &str = "create trigger bench before insert on frame_mark begin select raise(ignore); end";
const POSTGRES_TRIGGER: &str = "create function omit() returns trigger language plpgsql as 'begin return null; end'; \
    create trigger bench before insert on frame_mark for each row execute function omit()";

#[tokio::main]
async fn main() -> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut typed = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let span = Duration::from_secs(typed.next().map_or(Ok(10), |typed| typed.parse())?);
    let frame: Arc<[u8]> = frame()?.into();
    let cores = std::thread::available_parallelism()?.get();
    let mut told = sqlite(&frame, cores, span).await?;
    if let Ok(server) = std::env::var("VIVAT_TEST_POSTGRES") {
        told["postgresql"] = postgres(&server, &frame, span).await?;
    }
    println!("{told:#}");
    if let Some(file) = typed.next() {
        std::fs::write(file, serde_json::to_vec_pretty(&told)?)?;
    }
    Ok(())
}

async fn sqlite(frame: &Arc<[u8]>, cores: usize, span: Duration) -> Outcome<Value> {
    let place = tempfile::tempdir()?;
    fill(place.path(), None)?;
    let url = format!("sqlite://{}", place.path().join("vivat.db").display());
    sqlx::SqliteConnection::connect(&url).await?.execute(SQLITE_TRIGGER).await?;
    let node = Node::start(place.path(), None, None, cores)?;
    let bases = [node.base.clone()];
    let _warm = closed(&bases, frame, cores, span / 5).await?;
    let (mut bare, mut rates, mut cpu_bare, mut cpu_served) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // By turns, so that a busy moment of the machine hits both.
    for _ in 0..3 {
        let (frames, cpu) = tokio::task::block_in_place(|| pipeline(frame, cores, span / 3))?;
        bare.push(frames);
        cpu_bare.push(cpu);
        let before = cpu_seconds(node.child.id())?;
        let done = closed(&bases, frame, cores * UNDER_WAY, span / 3).await?;
        cpu_served.push((cpu_seconds(node.child.id())? - before) / done.certified.max(1) as f64);
        rates.push(done.certified as f64 / done.seconds);
    }
    let (bare, rate) = (median(bare), median(rates));
    let (cpu_bare, cpu_served) = (median(cpu_bare), median(cpu_served));
    let calm = open(&bases, frame, 0.8 * rate, span).await?;
    let before = node.memory("VmRSS")?;
    let crowd = open(&bases, frame, 3.0 * rate, span).await?;
    let over = Instant::now();
    let recovered = loop {
        if matches!(certify(&client()?, &bases[0], frame).await, Ok(Answered::Certified)) {
            break over.elapsed().as_secs_f64();
        }
    };
    Ok(json!({
        "cores": cores,
        "bare_frames_per_s": bare, "certifications_per_s": rate, "share_of_bare": rate / bare,
        "cpu_ms": {"bare_frame": cpu_bare * 1e3, "certification": cpu_served * 1e3, "share": cpu_bare / cpu_served},
        "at_80_percent": calm.told(),
        "at_300_percent": crowd.told(),
        "memory_mb": {"before": before / 1024.0, "after": node.memory("VmRSS")? / 1024.0, "peak": node.memory("VmHWM")? / 1024.0},
        "recovered_after_s": recovered,
    }))
}

async fn postgres(server: &str, frame: &Arc<[u8]>, span: Duration) -> Outcome<Value> {
    let name = format!("vivat_bench_{:016x}", rand::random::<u64>());
    let mut admin = sqlx::PgConnection::connect(server).await?;
    admin.execute(AssertSqlSafe(format!("create database {name} template template0 encoding 'UTF8'"))).await?;
    let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = address.rsplit_once('/').ok_or("VIVAT_TEST_POSTGRES names no database")?;
    let url = format!("{host}/{name}?{parameters}");
    let place = tempfile::tempdir()?;
    fill(place.path(), Some(&url))?;
    sqlx::PgConnection::connect(&url).await?.execute(sqlx::raw_sql(POSTGRES_TRIGGER)).await?;
    let nodes = [0, 1].map(|core| Node::start(place.path(), Some(&url), Some(core), 1));
    let [one, other] = nodes;
    let nodes = [one?, other?];
    let bases = nodes.each_ref().map(|node| node.base.clone());
    let _warm = closed(&bases, frame, 4, span / 5).await?;
    let (mut alone, mut both) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        for (bases, rates) in [(&bases[..1], &mut alone), (&bases[..], &mut both)] {
            let done = closed(bases, frame, bases.len() * UNDER_WAY, span / 3).await?;
            rates.push(done.certified as f64 / done.seconds);
        }
    }
    drop(nodes);
    admin.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await?;
    let (alone, both) = (median(alone), median(both));
    Ok(json!({"one_node_per_s": alone, "two_nodes_per_s": both, "ratio": both / alone}))
}

/// A running `vivat serve`; ended when dropped.
struct Node {
    child: Child,
    base: String,
}

impl Node {
    fn start(data: &Path, database: Option<&str>, core: Option<usize>, workers: usize) -> Outcome<Self> {
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

    /// In KiB, as Linux tells it.
    fn memory(&self, what: &str) -> Outcome<f64> {
        let status = read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(what)).ok_or("no such line")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Enrols the people of the demo.
fn fill(data: &Path, database: Option<&str>) -> Outcome<()> {
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

/// What became of a certification.
enum Answered {
    Certified,
    /// 503 with a time to come back.
    Busy,
    /// Anything else.
    Wrong(String),
}

async fn certify(client: &reqwest::Client, base: &str, frame: &Arc<[u8]>) -> Outcome<Answered> {
    let session = json!({"citizen_id": "11010519491231002X", "channel": "kiosk"});
    let opened = client.post(format!("{base}/v1/sessions")).json(&session).send().await?;
    let opened = match body(opened, 201).await? {
        Ok(opened) => opened,
        Err(answered) => return Ok(answered),
    };
    let (id, nonce) = (&opened["id"].as_str().unwrap_or_default(), &opened["nonce"].as_str().unwrap_or_default());
    let form = Form::new()
        .text("nonce", (*nonce).to_owned())
        .text("step", "look_straight")
        .text("taken_at", SystemClock.now().to_string())
        .part("frame", Part::bytes(frame.to_vec()).file_name("frame"));
    let sent = client.post(format!("{base}/v1/sessions/{id}/captures")).multipart(form).send().await?;
    if let Err(answered) = body(sent, 201).await? {
        return Ok(answered);
    }
    let decided =
        client.post(format!("{base}/v1/sessions/{id}/complete")).json(&json!({"nonce": nonce})).send().await?;
    Ok(match body(decided, 201).await? {
        Ok(decided) if decided["decision"] == "certified" => Answered::Certified,
        Ok(decided) => Answered::Wrong(decided["decision"].to_string()),
        Err(answered) => answered,
    })
}

async fn body(response: reqwest::Response, expected: u16) -> Outcome<Result<Value, Answered>> {
    let status = response.status().as_u16();
    let again = response.headers().contains_key("retry-after");
    let bytes = response.bytes().await?;
    Ok(match status {
        _ if status == expected => Ok(serde_json::from_slice(&bytes)?),
        503 if again => Err(Answered::Busy),
        _ => Err(Answered::Wrong(format!("{status} {}", String::from_utf8_lossy(&bytes)))),
    })
}

/// What became of all of them.
#[derive(Default)]
struct Done {
    certified: usize,
    busy: usize,
    wrong: Vec<String>,
    latencies: Vec<f64>,
    seconds: f64,
}

impl Done {
    fn count(&mut self, answered: Outcome<Answered>, latency: f64) {
        match answered {
            Ok(Answered::Certified) => {
                self.certified += 1;
                self.latencies.push(latency);
            }
            Ok(Answered::Busy) => self.busy += 1,
            Ok(Answered::Wrong(what)) => self.wrong.push(what),
            Err(error) => self.wrong.push(error.to_string()),
        }
    }

    fn told(mut self) -> Value {
        self.latencies.sort_by(f64::total_cmp);
        let at = |share: f64| self.latencies.get((self.latencies.len() as f64 * share) as usize).map(|s| s * 1e3);
        let (median, p99) = (at(0.5), at(0.99));
        json!({
            "certified": self.certified, "busy": self.busy, "wrong": self.wrong.len(), "first_wrong": self.wrong.first(),
            "median_ms": median, "p99_ms": p99, "p99_by_median": p99.zip(median).map(|(p99, median)| p99 / median),
        })
    }
}

/// So many under way at any time, spread over the nodes.
async fn closed(bases: &[String], frame: &Arc<[u8]>, under_way: usize, span: Duration) -> Outcome<Done> {
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..under_way {
        let (base, frame, client) = (bases[number % bases.len()].clone(), Arc::clone(frame), client()?);
        clients.spawn(async move {
            let mut done = Done::default();
            while began.elapsed() < span {
                let at = Instant::now();
                let answered = certify(&client, &base, &frame).await;
                done.count(answered, at.elapsed().as_secs_f64());
            }
            done
        });
    }
    let mut all = Done::default();
    while let Some(done) = clients.join_next().await {
        let done = done?;
        all.certified += done.certified;
        all.busy += done.busy;
        all.wrong.extend(done.wrong);
        all.latencies.extend(done.latencies);
    }
    all.seconds = began.elapsed().as_secs_f64();
    match all.wrong.first() {
        Some(wrong) => Err(wrong.clone().into()),
        None => Ok(all),
    }
}

/// So many a second, whatever becomes of them. Latencies count from the moment at which one should have begun.
async fn open(bases: &[String], frame: &Arc<[u8]>, rate: f64, span: Duration) -> Outcome<Done> {
    let (client, began) = (client()?, Instant::now());
    let mut running = JoinSet::new();
    let total = (rate * span.as_secs_f64()) as usize;
    for number in 0..total {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        tokio::time::sleep_until(due.into()).await;
        let (client, base, frame) = (client.clone(), bases[number % bases.len()].clone(), Arc::clone(frame));
        running.spawn(async move { (certify(&client, &base, &frame).await, due.elapsed().as_secs_f64()) });
    }
    let mut done = Done::default();
    while let Some(ended) = running.join_next().await {
        let (answered, latency) = ended?;
        done.count(answered, latency);
    }
    done.seconds = began.elapsed().as_secs_f64();
    Ok(done)
}

/// Frames per second and CPU seconds a frame of the pipeline alone.
fn pipeline(frame: &[u8], threads: usize, span: Duration) -> Outcome<(f64, f64)> {
    let pipeline = Pipeline::load(&path("VIVAT_MODELS", "models"), PackChoice::Auto)?;
    let (began, cpu) = (Instant::now(), cpu_seconds(std::process::id())?);
    let frames = std::thread::scope(|scope| -> Outcome<usize> {
        let work = || -> Outcome<usize> {
            let mut workspace = pipeline.workspace()?;
            let mut frames = 0;
            while began.elapsed() < span {
                pipeline.analyse(&mut workspace, frame)?;
                frames += 1;
            }
            Ok(frames)
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread stopped")?).sum()
    })?;
    let cpu = (cpu_seconds(std::process::id())? - cpu) / frames as f64;
    Ok((frames as f64 / began.elapsed().as_secs_f64(), cpu))
}

/// A portrait in a frame of a kiosk.
fn frame() -> Outcome<Vec<u8>> {
    let portrait = image::open(path("VIVAT_PHOTOS", "fixtures/photos").join("obama3.jpg"))?;
    let mut frame = RgbImage::from_pixel(1280, 720, image::Rgb([96, 104, 112]));
    imageops::overlay(&mut frame, &portrait.thumbnail(720, 720).into_rgb8(), 350, 0);
    let mut jpeg = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(frame).write_to(&mut jpeg, ImageFormat::Jpeg)?;
    Ok(jpeg.into_inner())
}

/// User and system time of a process so far, as Linux tells it, in ticks of a hundredth.
fn cpu_seconds(process: u32) -> Outcome<f64> {
    let stat = read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).unwrap_or(&"").parse::<f64>();
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

fn client() -> Outcome<reqwest::Client> {
    Ok(reqwest::Client::builder().timeout(Duration::from_mins(1)).build()?)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn path(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default), PathBuf::from)
}
