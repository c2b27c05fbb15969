//! Many certifications at once: as many as are answered, or as many as come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Outcome;
use super::client::{self, Answered, Burst, certify};

/// What became of all of them.
#[derive(Default)]
pub(super) struct Done {
    pub(super) certified: usize,
    busy: usize,
    wrong: Vec<String>,
    latencies: Vec<f64>,
    pub(super) seconds: f64,
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

    pub(super) fn told(mut self) -> Value {
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
pub(super) async fn closed(bases: &[String], burst: &Burst, under_way: usize, span: Duration) -> Outcome<Done> {
    let began = Instant::now();
    keep_under_way(bases, burst, under_way, move || began.elapsed() < span).await
}

/// So many in all, on one node.
pub(super) async fn certify_so_many(base: &str, burst: &Burst, under_way: usize, many: usize) -> Outcome<Done> {
    let begun = AtomicUsize::new(0);
    let another = move || begun.fetch_add(1, Ordering::Relaxed) < many;
    keep_under_way(&[base.to_owned()], burst, under_way, another).await
}

async fn keep_under_way(
    bases: &[String],
    burst: &Burst,
    under_way: usize,
    another: impl Fn() -> bool + Send + Sync + 'static,
) -> Outcome<Done> {
    let (began, another) = (Instant::now(), Arc::new(another));
    let mut clients = JoinSet::new();
    for number in 0..under_way {
        let (base, burst, client) = (bases[number % bases.len()].clone(), burst.clone(), client::new()?);
        let another = Arc::clone(&another);
        clients.spawn(async move {
            let mut done = Done::default();
            while another() {
                let at = Instant::now();
                let answered = certify(&client, &base, &burst).await;
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
pub(super) async fn open(bases: &[String], burst: &Burst, rate: f64, span: Duration) -> Outcome<Done> {
    let (client, began) = (client::new()?, Instant::now());
    let mut running = JoinSet::new();
    let total = (rate * span.as_secs_f64()) as usize;
    for number in 0..total {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        tokio::time::sleep_until(due.into()).await;
        let (client, base, burst) = (client.clone(), bases[number % bases.len()].clone(), burst.clone());
        running.spawn(async move { (certify(&client, &base, &burst).await, due.elapsed().as_secs_f64()) });
    }
    let mut done = Done::default();
    while let Some(ended) = running.join_next().await {
        let (answered, latency) = ended?;
        done.count(answered, latency);
    }
    done.seconds = began.elapsed().as_secs_f64();
    Ok(done)
}
