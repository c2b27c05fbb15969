//! `vivat serve`: the service, until it is asked to end.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, bail};
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::allocator;
use super::housekeeping::keep_house;
use super::log_key::LogKeyArgs;
use super::models::{ModelArgs, not_calibrated};
use super::records::RecordArgs;
use crate::domain::policy::Policy;
use crate::http::{AppState, serve};
use crate::log::note::VerifierKey;
use crate::service::Service;
use crate::service::inference::Inference;
use crate::service::records::Records;
use crate::service::sequence_log::Sequencer;

/// Upper bounds of the buckets of every timing, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0, 60.0];

/// How long an entry waits for its place in the log, at most, while all is well.
const SEQUENCING: Duration = Duration::from_secs(1);

/// Arguments of `vivat serve`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    records: RecordArgs,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    log_key: LogKeyArgs,
    #[cfg(feature = "oidc")]
    #[command(flatten)]
    oidc: super::oidc::OidcArgs,
    /// A witness of the log whose cosignatures are taken, as NAME+ID+KEY; once for each
    #[arg(long, value_name = "KEY", env = "VIVAT_WITNESSES", value_delimiter = ',')]
    witness: Vec<VerifierKey>,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8420", env = "VIVAT_LISTEN")]
    listen: SocketAddr,
    /// Address at which the public finds this service, the same on all nodes and for as long as receipts are valid:
    /// receipts name it [default: http:// and the address to listen on]
    #[arg(long, value_name = "URL", env = "VIVAT_PUBLIC_URL", value_parser = public_url)]
    public_url: Option<String>,
    /// Allow an address that other machines reach. Put TLS in front of it
    #[arg(long)]
    public: bool,
    /// A proxy whose `X-Forwarded-For` tells the address of a client, as an address or a network; once for each
    #[arg(long, value_name = "CIDR", env = "VIVAT_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// Believe sessions at a kiosk or a counter without signature or sign-in: for a demonstration, on loopback only,
    /// and not behind a proxy
    #[arg(long, conflicts_with = "public")]
    trust_loopback: bool,
    /// Seconds for which requests are still taken after the process was asked to end, while /readyz turns traffic away
    /// [default: 5 with --public, else 0]
    #[arg(long, value_name = "SECONDS", env = "VIVAT_DRAIN_GRACE")]
    drain_grace: Option<u64>,
    /// Pictures analysed at the same time [default: one for each core]
    #[arg(long, value_name = "N", env = "VIVAT_WORKERS")]
    workers: Option<usize>,
}

/// Runs the command.
pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if !args.listen.ip().is_loopback() && !args.public {
        bail!(
            "{} can be reached from other machines. Say --public if that is what you want, and put TLS in front of it",
            args.listen
        );
    }
    if args.trust_loopback && !args.listen.ip().is_loopback() {
        bail!("--trust-loopback believes whoever reaches {}: it is for loopback only", args.listen);
    }
    allocator::give_back_at_once();
    start_log()?;
    runtime()?.block_on(serve_until_stopped(args))
}

fn public_url(typed: &str) -> Result<String, &'static str> {
    let host = typed.strip_prefix("https://").or_else(|| typed.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && host.len() <= 80 && !host.contains(['#', '?', ' ']) => Ok(typed.to_owned()),
        _ => Err("expected https:// and a name, of 80 characters at most, such as https://vivat.example.org"),
    }
}

async fn serve_until_stopped(args: Args) -> anyhow::Result<ExitCode> {
    let metrics =
        PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder().context("cannot start the metrics")?;
    let records = args.records.open().await?;
    let signer = args.log_key.load_or_make(&args.records.database)?;
    let sequencer = Sequencer::new(records.store.clone(), Arc::clone(&records.clock), signer).await?;
    let service = service(records, &args.models, args.workers).await?.with_witnesses(args.witness);
    #[cfg(feature = "oidc")]
    let service = match args.oidc.provider()? {
        Some(provider) => service.with_provider(provider),
        None => service,
    };
    sequencer.run().await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is something else using it?", args.listen))?;
    let public_url = args.public_url.unwrap_or(format!("http://{}", listener.local_addr()?));
    let service = service.with_public_address(&public_url);
    let mut terminate = signal(SignalKind::terminate())?;
    announce(listener.local_addr()?);
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    warn_when_not_calibrated(&service).await?;
    let housekeeping = tokio::spawn(keep_house(service.clone()));
    let (serving, served) = oneshot::channel();
    let sequencing = tokio::spawn(keep_sequencing(sequencer, served));
    let public = args.public;
    let trust_loopback = args.trust_loopback;
    if trust_loopback {
        tracing::warn!("--trust-loopback: kiosk and counter are believed without proof. This is a demonstration");
        println!("  NOTE          sessions at a kiosk or a counter are believed without proof (--trust-loopback)");
    }
    let state = AppState {
        service,
        metrics,
        public,
        trust_loopback,
        trusted_proxies: args.trusted_proxy.into(),
        draining: Arc::new(AtomicBool::new(false)),
    };
    let grace = Duration::from_secs(args.drain_grace.unwrap_or(if public { 5 } else { 0 }));
    serve::serve(listener, state, stop, grace).await?;
    housekeeping.abort();
    drop(serving);
    sequencing.await.context("the log ended before the service did")?;
    Ok(ExitCode::SUCCESS)
}

/// A network, or a single address.
fn network(typed: &str) -> Result<IpNet, String> {
    typed
        .parse()
        .or_else(|_| typed.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "not an address or a network".into())
}

/// Puts entries into the log until the service has ended, and then the last ones. Nothing is cut off in the middle.
async fn keep_sequencing(sequencer: Sequencer, mut served: oneshot::Receiver<()>) {
    loop {
        let last = tokio::time::timeout(SEQUENCING, &mut served).await.is_ok();
        if let Err(error) = sequencer.run().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the log waits: entries are kept, not yet signed"
            );
        }
        if last {
            return;
        }
    }
}

fn announce(address: SocketAddr) {
    println!("Vivat is ready.");
    println!("  page          http://{address}/");
    println!("  API to try    http://{address}/docs/");
    println!("  API document  http://{address}/openapi.json");
    println!("  monitoring    http://{address}/readyz  http://{address}/metrics");
    println!("Ctrl-C ends it.");
}

/// A node that decides nothing says so, and serves: people decide, and nothing is lost.
async fn warn_when_not_calibrated(service: &Service) -> anyhow::Result<()> {
    let Some((population, fmr)) = service.not_calibrated_for().await? else { return Ok(()) };
    let [english, chinese] = not_calibrated(service.pack_name(), &population, fmr);
    tracing::warn!(%population, fmr = fmr.0, "the models have no calibration for the policy: everything is referred to people");
    println!("  NOTE          {english}. Every session is referred to people.");
    println!("  注意          {chinese}。所有认证一律转人工办理。");
    Ok(())
}

/// The use cases over this record, with the installed models.
pub(super) async fn service(
    Records { store, vault, images, clock }: Records,
    models: &ModelArgs,
    workers: Option<usize>,
) -> anyhow::Result<Service> {
    let workers = workers.unwrap_or_else(cores);
    let inference = Inference::new(models.load()?, workers).context("cannot start the vision workers")?;
    Ok(Service::new(store, vault, images, inference, clock, Policy::default()).await?)
}

/// A quarter of the cores answers: the pipeline, on threads of its own, needs ten times as much, and each answering thread more is
/// one more to be woken.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads((cores() / 4).max(1)).enable_all().build()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// To standard error: plain lines for a person at a terminal, JSON for everything else. `VIVAT_LOG` sets the level of our
/// own lines; other crates may only warn, because at lower levels they may tell what they carry.
fn start_log() -> anyhow::Result<()> {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;
    use tracing_subscriber::filter::LevelFilter;
    let level = std::env::var("VIVAT_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
    let filter = EnvFilter::new(format!("warn,vivat={}", level.unwrap_or(LevelFilter::INFO)));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() { log.try_init() } else { log.json().try_init() };
    started.map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}
