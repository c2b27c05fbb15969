//! One face against N: how long a search takes beside reading the same bytes, and whether its answer is that of comparing
//! everybody. `cargo bench --bench search [-- LARGEST [FILE]]`: from 10³ to LARGEST (10⁶) references of 256 values, as
//! JSON to FILE too, which `benches/search_plot.py` draws.
//!
//! References are synthetic: uniformly random directions. Searches and plain reads of as many bytes as codes alternate, so
//! that a busy moment of the machine hits both; medians are told.

#![expect(clippy::cast_precision_loss, reason = "figures for people, and random numbers of 24 bits")]

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;
use serde_json::json;
use uuid::Uuid;
use vivat::domain::id::{BeneficiaryId, ReferenceId};
use vivat::vision::search::{BYTES_PER_REFERENCE, Candidate, Enrolled, Gallery, Wanted};
use vivat::vision::{PackDigest, Template};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const DIMENSION: usize = 256;
const BEST: usize = 10;
/// Probes whose answers are compared with those of comparing everybody.
const CHECKED: usize = 10;
/// What one thread reads at a time.
const PIECE_BYTES: usize = 1 << 18;

fn main() -> Outcome<()> {
    let mut typed = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let largest: usize = typed.next().map_or(Ok(1_000_000), |typed| typed.parse())?;
    let file = typed.next();
    let mut gallery = Gallery::new(pack());
    let mut measured = Vec::new();
    let mut size = 1_000;
    while size <= largest {
        let began = Instant::now();
        for number in gallery.len()..size {
            gallery.insert(enrolled(number), &template(number, 0.0)?)?;
        }
        let built = began.elapsed().as_secs_f64();
        let plain = vec![0x5a_u8; size * DIMENSION];
        let (missed, looked_at) = if size <= 1_000_000 { check(&gallery)? } else { (None, 0) };
        for threads in [1, std::thread::available_parallelism()?.get()] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            let (search, read) = pool.install(|| times(&gallery, &plain))?;
            let gigabytes = |seconds: f64| plain.len() as f64 / seconds / 1e9;
            println!(
                "{size:9} references, {threads} threads: search {:9.3} ms, read {:9.3} ms ({:5.1} GB/s), {:3.0} % of the \
                 bandwidth",
                search * 1e3,
                read * 1e3,
                gigabytes(read),
                100.0 * read / search,
            );
            measured.push(json!({
                "references": size, "threads": threads, "search_ms": search * 1e3, "read_ms": read * 1e3,
                "bandwidth_gb_s": gigabytes(read), "share_of_bandwidth": read / search,
            }));
        }
        if let Some(missed) = missed {
            println!(
                "{size:9} references: {missed} of {} best missed, {looked_at} templates looked at",
                CHECKED * BEST
            );
        }
        println!("{size:9} references: the last of them added in {built:.1} s");
        size *= 10;
    }
    println!("memory: {} bytes a reference", DIMENSION + BYTES_PER_REFERENCE);
    if let Some(file) = file {
        let all = json!({"dimension": DIMENSION, "bytes_per_reference": DIMENSION + BYTES_PER_REFERENCE, "measured": measured});
        std::fs::write(file, serde_json::to_vec_pretty(&all)?)?;
    }
    Ok(())
}

/// Medians in seconds: of a search for the best, and of a plain read of the bytes of all codes.
fn times(gallery: &Gallery, plain: &[u8]) -> Outcome<(f64, f64)> {
    let rounds = (2_000_000_000 / plain.len()).clamp(7, 301);
    let (mut searches, mut reads) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let probe = template(round % gallery.len(), 0.3)?;
        let began = Instant::now();
        black_box(gallery.search(&probe, Wanted::Best(BEST))?);
        searches.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        black_box(plain.par_chunks(PIECE_BYTES).map(sum).sum::<u64>());
        reads.push(began.elapsed().as_secs_f64());
    }
    Ok((median(searches), median(reads)))
}

/// Nothing but reading.
fn sum(bytes: &[u8]) -> u64 {
    bytes.as_chunks().0.iter().fold(0, |sum, eight| sum ^ u64::from_le_bytes(*eight))
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// How many of the best are missing in the answers, and how many templates an answer takes at most.
fn check(gallery: &Gallery) -> Outcome<(Option<usize>, usize)> {
    let probes = (0..CHECKED).map(|at| template(at * gallery.len() / CHECKED, 0.5)).collect::<Outcome<Vec<_>>>()?;
    let mut best = vec![Vec::<Candidate>::new(); CHECKED];
    for number in 0..gallery.len() {
        let reference = template(number, 0.0)?;
        for (probe, best) in probes.iter().zip(&mut best) {
            best.push(Candidate { enrolled: enrolled(number), similarity: probe.compare(&reference)? });
            if best.len() >= 1_000 {
                keep_best(best);
            }
        }
    }
    let (mut missed, mut looked_at) = (0, 0);
    for (probe, mut best) in probes.iter().zip(best) {
        keep_best(&mut best);
        let shortlist = gallery.search(probe, Wanted::Best(BEST))?;
        looked_at = looked_at.max(shortlist.len());
        let templates = shortlist
            .enrolled()
            .map(|of| Ok((of, template(usize::try_from(of.reference.0.as_u128())?, 0.0)?)))
            .collect::<Outcome<std::collections::HashMap<_, _>>>()?;
        let answer = shortlist.settle(probe, |of| templates.get(&of))?;
        missed += best.iter().zip(&answer).filter(|(expected, found)| expected != found).count();
        missed += BEST - answer.len();
    }
    Ok((Some(missed), looked_at))
}

fn keep_best(of: &mut Vec<Candidate>) {
    of.sort_by(|a, b| b.similarity.get().total_cmp(&a.similarity.get()));
    of.truncate(BEST);
}

fn pack() -> PackDigest {
    PackDigest::from_bytes([7; 32])
}

fn enrolled(number: usize) -> Enrolled {
    let id = Uuid::from_u128(number as u128);
    Enrolled { reference: ReferenceId(id), beneficiary: BeneficiaryId(id) }
}

/// The synthetic template of that number, and so much of another added to it.
fn template(number: usize, other: f32) -> Outcome<Template> {
    let mut bits = Bits(number as u64);
    let mut values: Vec<f32> = (0..DIMENSION).map(|_| bits.next()).collect();
    for value in &mut values {
        *value += other * bits.next();
    }
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    let bytes: Vec<u8> = values.iter().map(|value| value / length).chain([0.2]).flat_map(f32::to_le_bytes).collect();
    Ok(Template::from_bytes(&bytes, pack())?)
}

/// `SplitMix64` (Steele, Lea, Flood 2014): quick, and the same everywhere.
struct Bits(u64);

impl Bits {
    /// Uniform in −1..1.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}
