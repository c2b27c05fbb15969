//! What sealing costs: CPU time and bytes for one certification. `cargo bench --bench vault`; it measures and asserts
//! nothing. What the log costs is measured by `cargo bench --bench log`.
//!
//! A certification here is one of three requests (open, one frame, complete), each with an idempotency key: the key of the
//! person is unwrapped three times, one reference and the evidence are opened, the frame, the evidence and three answers are
//! sealed, and a number, keys and contents of requests are indexed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt;
use uuid::Uuid;
use vivat::vault::seal::OVERHEAD_BYTES;
use vivat::vault::{DataKey, Indexed, Keyring, Kind, Label, Vault, WrappedKey};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const MEASURED: Duration = Duration::from_secs(3);
/// A frame of a kiosk.
const FRAME_BYTES: usize = 150_000;
const TEMPLATE_BYTES: usize = 512;
const EVIDENCE: &str = r#"{"findings":[],"liveness":{"state":"passive","bona_fide":0.93},"similarity":0.7312,"pack":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#;
/// The answers to the three requests.
const ANSWER_BYTES: [usize; 3] = [420, 160, 900];

struct Person {
    id: Uuid,
    wrapped: WrappedKey,
    template: Vec<u8>,
    frame: Vec<u8>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let kek = Keyring::parse(&Keyring::fresh_line())?;
    let vault = Vault::new(Arc::new(kek), DataKey::random(), DataKey::random());
    let id = Uuid::from_u128(1);
    let (key, wrapped) = vault.new_key(id, &vault.kek().current()).await?;
    let template = key.seal(&label(Kind::Template, id), &[7; TEMPLATE_BYTES]);
    let mut frame = vec![0; FRAME_BYTES];
    rand::rng().fill(&mut frame[..]);
    let person = Person { id, wrapped, template, frame };

    for (name, frames) in [("without the picture", 0), ("with one frame of 150 kB", 1)] {
        let (mut done, began, cpu) = (0_u32, Instant::now(), user_seconds()?);
        while began.elapsed() < MEASURED {
            certify(&vault, &person, frames).await?;
            done += 1;
        }
        let micros = (user_seconds()? - cpu) / f64::from(done) * 1e6;
        println!("sealing {name:26} {micros:7.1} µs of user CPU per certification");
    }
    // Template and key stay; they are counted once for each person.
    let sealed = 1 + 1 + ANSWER_BYTES.len();
    println!("sealing adds {} bytes per certification ({sealed} sealed values)", sealed * OVERHEAD_BYTES);
    println!("a person adds {} bytes (wrapped key, its name, index)", person.wrapped.bytes.len() + 16 + 32);
    Ok(())
}

async fn certify(vault: &Vault, person: &Person, frames: usize) -> Outcome<()> {
    black_box(vault.index(Indexed::CitizenId, "11010519491231002X"));
    for bytes in ANSWER_BYTES {
        black_box(vault.index(Indexed::Request, "open session 0191b4c8-9d0e-4a51-9f4e-2f1f6f6a7c11"));
        black_box(vault.index(Indexed::Request, &"ab".repeat(32)));
        let key = vault.open_key(&person.wrapped, person.id).await?;
        black_box(key.derive("log salt", person.id.as_bytes()));
        black_box(vault.house().seal(&label(Kind::Answer, Uuid::nil()), &vec![7; bytes]));
    }
    let key = vault.open_key(&person.wrapped, person.id).await?;
    black_box(key.open(&label(Kind::Template, person.id), &person.template)?);
    let evidence = key.seal(&label(Kind::Evidence, person.id), EVIDENCE.as_bytes());
    black_box(key.open(&label(Kind::Evidence, person.id), &evidence)?);
    for _ in 0..frames {
        black_box(key.seal(&label(Kind::ProbeImage, person.id), &person.frame));
    }
    Ok(())
}

fn label(kind: Kind, owner: Uuid) -> Label {
    Label { kind, owner, record: Uuid::from_u128(2) }
}

/// Of this process so far, as Linux tells it, in ticks of a hundredth.
fn user_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 = after_name.split(' ').nth(11).unwrap_or_default().parse()?;
    Ok(ticks / 100.0)
}
