//! What the log costs: certifications per second, CPU time and bytes of each, with it and without it, on SQLite and, where `VIVAT_TEST_POSTGRES` names
//! a server, on PostgreSQL. `cargo bench --bench log`; it measures and asserts nothing.
//!
//! A certification here is all that its requests write, in one transaction: session, decision, certification, and the
//! three entries of these acts; 16 writers at once, with the sequencer running as it does in `vivat serve`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vivat::clock::SystemClock;
use vivat::domain::attendant::Attendant;
use vivat::domain::beneficiary::AgencyCode;
use vivat::domain::capture::Channel;
use vivat::domain::certification::{Certification, Grounds};
use vivat::domain::clock::Clock;
use vivat::domain::decision::Decision;
use vivat::domain::id::{BeneficiaryId, LogEntryId};
use vivat::domain::policy::Policy;
use vivat::domain::session::{Applicant, Session};
use vivat::log::entry::{Act, Actor, Entry};
use vivat::log::note::{KeyKind, NoteSigner};
use vivat::log::record::{Record, Salt};
use vivat::service::sequence_log::Sequencer;
use vivat::store::beneficiaries::StoredBeneficiary;
use vivat::store::vault_keys::StoredKey;
use vivat::store::{
    Store, StoreError, Tx, beneficiaries, certifications, decisions, log_entries, persons, policies, sessions,
};
use zeroize::Zeroizing;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const WRITERS: usize = 16;
const MEASURED: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let sqlite = format!("sqlite://{}", directory.path().join("bench.db").display());
    measure("SQLite", &sqlite).await?;
    if let Ok(server) = std::env::var("VIVAT_TEST_POSTGRES") {
        measure("PostgreSQL", &server).await?;
    }
    Ok(())
}

/// Off and on by turns, so that a busy moment of the machine hits both.
async fn measure(kind: &str, url: &str) -> Outcome<()> {
    let store = Store::open(url).await?;
    let person = prepare(&store).await?;
    for round in 1..=3 {
        for logged in [false, true] {
            let (before, cpu) = (bytes(&store, url).await?, user_seconds()?);
            let (rate, done, left) = rate(&store, &person, logged).await?;
            let log = if logged { "on " } else { "off" };
            let cpu = (user_seconds()? - cpu) / f64::from(done) * 1e6;
            let grown = (bytes(&store, url).await? - before) / i64::from(done.max(1));
            println!(
                "{kind:10}  round {round}  log {log}  {rate:6.0} certifications/s  {cpu:5.0} µs of user CPU and {grown:5} \
                 bytes each  {left} entries waited at the end"
            );
        }
    }
    Ok(())
}

async fn prepare(store: &Store) -> Outcome<StoredBeneficiary> {
    let now = SystemClock.now();
    let person = StoredBeneficiary {
        id: BeneficiaryId::new(now, &mut rand::rng()),
        agency: AgencyCode::parse("110105")?,
        sealed: vec![7; 120],
        registered_at: now,
    };
    let key = StoredKey { kek: "bench".to_owned(), wrapped: vec![7; 61] };
    let mut tx = store.write().await?;
    policies::insert(&mut tx, &Policy::default(), &Policy::default().content_hash(), now).await?;
    // Each server of the bench has the person once.
    persons::insert(&mut tx, person.id.into(), &rand::random(), &key, now).await?;
    beneficiaries::insert(&mut tx, &person).await?;
    tx.commit().await?;
    Ok(person)
}

async fn rate(store: &Store, person: &StoredBeneficiary, logged: bool) -> Outcome<(f64, u32, u64)> {
    let signer = NoteSigner::new("bench/log", KeyKind::Note, &Zeroizing::new([1; 32]))?;
    let sequencer = Sequencer::new(store.clone(), Arc::new(SystemClock), signer).await?;
    // What an earlier round left behind is not this one's work.
    sequencer.run().await?;
    let began = Instant::now();
    let (measuring, mut measured) = tokio::sync::oneshot::channel::<()>();
    let sequencing = tokio::spawn(async move {
        // Without the log there is nothing to do, and it does that.
        while tokio::time::timeout(Duration::from_secs(1), &mut measured).await.is_err() {
            if let Err(error) = sequencer.run().await {
                eprintln!("the sequencer: {error}");
            }
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (store, person) = (store.clone(), person.clone());
            tokio::spawn(async move {
                let mut done = 0_u32;
                while began.elapsed() < MEASURED {
                    certify(&store, &person, logged).await?;
                    done += 1;
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done)
            })
        })
        .collect();
    let mut done = 0;
    for writer in writers {
        done += writer.await??;
    }
    let rate = f64::from(done) / began.elapsed().as_secs_f64();
    drop(measuring);
    sequencing.await?;
    let left = log_entries::count_waiting(&mut store.read().await?).await?;
    Ok((rate, done, left))
}

/// What the database takes on the disk.
async fn bytes(store: &Store, url: &str) -> Outcome<i64> {
    store.scrub().await?;
    if let Some(path) = url.strip_prefix("sqlite://") {
        return Ok(i64::try_from(std::fs::metadata(path)?.len())?);
    }
    let mut tx = store.read().await?;
    let Tx::Postgres(tx) = &mut tx else { return Ok(0) };
    Ok(sqlx::query_scalar("select pg_database_size(current_database())").fetch_one(&mut **tx).await?)
}

/// Of this process so far (and so without a PostgreSQL beside it), as Linux tells it, in ticks of a hundredth.
fn user_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 = after_name.split(' ').nth(11).unwrap_or_default().parse()?;
    Ok(ticks / 100.0)
}

async fn certify(store: &Store, person: &StoredBeneficiary, logged: bool) -> Outcome<()> {
    let (now, policy) = (SystemClock.now(), Policy::default());
    let hash = policy.content_hash();
    let applicant = Applicant { person: person.id.into(), beneficiary: Some(person.id), agency: person.agency.clone() };
    let (session, _) = Session::open(applicant, Channel::Kiosk, Attendant::Nobody, &policy, now, &mut rand::rng());
    let grounds = Grounds { session: session.id, beneficiary: person.id, pack: "pack".to_owned(), reviewer: None };
    let certification = Certification::new(grounds, &policy, now, &mut rand::rng());
    let mut tx = store.write().await?;
    sessions::insert(&mut tx, &session).await?;
    decisions::insert(&mut tx, session.id, 1, &Decision::Certified, now, &hash).await?;
    certifications::insert(&mut tx, &certification).await?;
    if logged {
        let id = session.id;
        append(&mut tx, |salt| Act::SessionOpened { session: id, record: Record::Session(&session).commit(salt) })
            .await?;
        append(&mut tx, |salt| Act::SessionDecided {
            session: id,
            attempt: 1,
            outcome: "certified".to_owned(),
            record: Record::Decision(id, 1, &Decision::Certified, now, &hash).commit(salt),
        })
        .await?;
        append(&mut tx, |salt| Act::CertificationRecorded {
            certification: certification.id,
            session: id,
            policy: hash.clone(),
            record: Record::Certification(&certification).commit(salt),
        })
        .await?;
    }
    Ok(tx.commit().await?)
}

async fn append(tx: &mut Tx, act: impl FnOnce(&Salt) -> Act) -> Result<(), StoreError> {
    let (now, salt) = (SystemClock.now(), Salt([7; 32]));
    let entry = Entry::new(LogEntryId::new(now, &mut rand::rng()), now, Actor::Machine, act(&salt));
    let content = entry.canonical().map_err(|error| StoreError::Refused(error.to_string()))?;
    log_entries::append(tx, entry.id, &content).await
}
