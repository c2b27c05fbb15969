//! The whole service under load: a real client on loopback against `vivat serve`, with sealed storage and the log on.
//! `cargo bench --bench service [-- SECONDS [FILE [REQUESTS]]]` tells, and writes to FILE as JSON:
//!
//! - `burst` and `single`: certifications of three frames and of one through HTTP and SQLite, beside the bare pipeline on as
//!   many threads, by turns; and the CPU time that pipeline, server and client need for one;
//! - `at_80_percent`: latency of certifications of three frames at 80 % of that rate;
//! - `at_300_percent`: what was answered, and how long until a certification succeeds again;
//! - `memory_mb`: of a node that starts, after REQUESTS requests (1,000 if nothing is said), and after the crowd;
//! - `postgresql`, where `VIVAT_TEST_POSTGRES` names a server: two nodes beside one.
//!
//! A certification is three requests: a session at the kiosk, its frames of 1280 × 720, the decision. The same frames come
//! each time, which the service would refer to people; so a trigger keeps their marks out of the table. Client and database
//! take their part of the same cores: what the client needs is told, so that one sees what they would give without it.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod client;
mod load;
mod node;
mod postgres;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use vivat::domain::capture::Step;
use vivat::vision::burst::{BurstFrame, assess};
use vivat::vision::{Analysis, PackChoice, Pipeline};

use client::{Answered, Burst};
use load::{closed, open};
use node::{Node, cpu_seconds, fill, path};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Certifications that a closed loop has under way for each core.
const UNDER_WAY: usize = 4;

/// How often bare pipeline and service, or one node and two, take turns: a busy moment of the machine then hits both.
const TURNS: u32 = 3;

const WITHOUT_MARKS: &str = "delete from frame_mark; \
    create trigger bench before insert on frame_mark begin select raise(ignore); end";

#[tokio::main]
async fn main() -> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut typed = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let span = Duration::from_secs(typed.next().map_or(Ok(10), |typed| typed.parse())?);
    let file = typed.next();
    let requests = typed.next().map_or(Ok(1_000), |typed| typed.parse())?;
    let cores = std::thread::available_parallelism()?.get();
    let mut told = sqlite(cores, span, requests).await?;
    if let Ok(server) = std::env::var("VIVAT_TEST_POSTGRES") {
        told["postgresql"] = postgres::measure(&server, span).await?;
    }
    println!("{told:#}");
    if let Some(file) = file {
        std::fs::write(file, serde_json::to_vec_pretty(&told)?)?;
    }
    Ok(())
}

async fn sqlite(cores: usize, span: Duration, requests: usize) -> Outcome<Value> {
    let place = tempfile::tempdir()?;
    fill(place.path(), None)?;
    let url = format!("sqlite://{}", place.path().join("vivat.db").display());
    sqlx::SqliteConnection::connect(&url).await?.execute(WITHOUT_MARKS).await?;
    let started = Instant::now();
    let node = Node::start(place.path(), None, None, cores)?;
    let ready = started.elapsed().as_secs_f64();
    let bases = [node.base.clone()];
    let at_start = node.memory("VmRSS")?;
    let (single, burst) = (Burst::of(1)?, Burst::of(3)?);

    let under_way = cores * UNDER_WAY;
    let done = load::certify_so_many(&bases[0], &single, under_way, requests.div_ceil(client::REQUESTS)).await?;
    let served = json!({
        "requests": done.certified * client::REQUESTS,
        "after": node.memory("VmRSS")?, "peak": node.memory("VmHWM")?,
    });
    let single_told = beside_the_pipeline(&node, &single, cores, span).await?;
    let burst_told = beside_the_pipeline(&node, &burst, cores, span).await?;
    let rate = burst_told["certifications_per_s"].as_f64().ok_or("no rate")?;
    let calm = open(&bases, &burst, 0.8 * rate, span).await?;
    let before = node.memory("VmRSS")?;
    let crowd = open(&bases, &burst, 3.0 * rate, span).await?;
    let over = Instant::now();
    while !matches!(client::certify(&client::new()?, &bases[0], &burst).await, Ok(Answered::Certified)) {}
    Ok(json!({
        "cores": cores,
        "ready_after_s": ready,
        "single": single_told,
        "burst": burst_told,
        "at_80_percent": calm.told(),
        "at_300_percent": crowd.told(),
        "recovered_after_s": over.elapsed().as_secs_f64(),
        "memory_mb": {
            "at_start": at_start, "served": served, "before_the_crowd": before,
            "after_the_crowd": node.memory("VmRSS")?, "peak": node.memory("VmHWM")?,
        },
    }))
}

/// Certifications per second through the whole service, and through the pipeline alone.
async fn beside_the_pipeline(node: &Node, burst: &Burst, cores: usize, span: Duration) -> Outcome<Value> {
    let (mut bare, mut rates) = (Vec::new(), Vec::new());
    let (mut cpu_bare, mut cpu_served, mut cpu_client) = (Vec::new(), Vec::new(), Vec::new());
    let bases = [node.base.clone()];
    for _ in 0..TURNS {
        let (rate, cpu) = tokio::task::block_in_place(|| pipeline(burst, cores, span / TURNS))?;
        bare.push(rate);
        cpu_bare.push(cpu);
        let before = (cpu_seconds(node.process())?, cpu_seconds(std::process::id())?);
        let done = closed(&bases, burst, cores * UNDER_WAY, span / TURNS).await?;
        let each = 1.0 / done.certified.max(1) as f64;
        cpu_served.push((cpu_seconds(node.process())? - before.0) * each);
        cpu_client.push((cpu_seconds(std::process::id())? - before.1) * each);
        rates.push(done.certified as f64 / done.seconds);
    }
    let (bare, rate) = (median(bare), median(rates));
    let [cpu_bare, cpu_served, cpu_client] = [cpu_bare, cpu_served, cpu_client].map(median);
    Ok(json!({
        "bare_per_s": bare, "certifications_per_s": rate, "share": rate / bare,
        "cpu_ms": {"bare": cpu_bare * 1e3, "server": cpu_served * 1e3, "client": cpu_client * 1e3},
        "share_of_cpu": cpu_bare / cpu_served,
    }))
}

/// Bursts per second and CPU seconds a burst, of the pipeline alone: each frame, and what they show together.
fn pipeline(burst: &Burst, threads: usize, span: Duration) -> Outcome<(f64, f64)> {
    let pipeline = Pipeline::load(&path("VIVAT_MODELS", "models"), PackChoice::Auto)?;
    let mut workspaces = (0..threads).map(|_| pipeline.workspace()).collect::<Result<Vec<_>, _>>()?;
    let (began, cpu) = (Instant::now(), cpu_seconds(std::process::id())?);
    let bursts = std::thread::scope(|scope| -> Outcome<usize> {
        let threads: Vec<_> = workspaces
            .iter_mut()
            .map(|workspace| {
                scope.spawn(|| -> Outcome<usize> {
                    let mut bursts = 0;
                    while began.elapsed() < span {
                        let seen = burst.frames.iter().map(|frame| pipeline.analyse(workspace, frame));
                        let seen = seen.collect::<Result<Vec<_>, _>>()?;
                        std::hint::black_box(assess(&in_burst(&seen), &[Step::LookStraight], &[]));
                        bursts += 1;
                    }
                    Ok(bursts)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread stopped")?).sum()
    })?;
    let cpu = (cpu_seconds(std::process::id())? - cpu) / bursts as f64;
    Ok((bursts as f64 / began.elapsed().as_secs_f64(), cpu))
}

fn in_burst(seen: &[Analysis]) -> Vec<BurstFrame<'_>> {
    let traces = seen.iter().filter_map(|analysis| analysis.trace.as_ref()).zip(0_u32..);
    let frame = |(trace, at)| BurstFrame { step: Step::LookStraight, seconds: 0.3 * f64::from(at), light: None, trace };
    traces.map(frame).collect()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
