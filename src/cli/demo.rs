//! `vivat demo`: the main job, on real photos, where everybody can watch.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};

use super::models::ModelArgs;
use super::records::RecordArgs;
use super::serve::{runtime, service};
use crate::clock::SystemClock;
use crate::domain::attendant::Caller;
use crate::domain::capture::{Channel, Step};
use crate::domain::clock::Clock;
use crate::domain::id::{BeneficiaryId, SessionId};
use crate::domain::reference::ReferenceSource;
use crate::domain::scheme::Scheme;
use crate::domain::session::Nonce;
use crate::service::Service;
use crate::service::accept_capture::{Frame, Submission};
use crate::service::answer::Answer;
use crate::service::append_log::Who;
use crate::service::complete_session::SessionCompleted;
use crate::service::enrol_reference::NewReference;
use crate::service::error::ServiceError;
use crate::service::open_session::NewSession;
use crate::service::register_beneficiary::{BeneficiaryView, NewBeneficiary};

/// Arguments of `vivat demo`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    records: RecordArgs,
    #[command(flatten)]
    models: ModelArgs,
    /// Directory of the demo photos that `./setup` fetches
    #[arg(long, value_name = "DIR", default_value = "fixtures/photos", env = "VIVAT_PHOTOS")]
    photos: PathBuf,
}

/// A demo beneficiary: an invented citizen number, a public-domain portrait.
struct Person {
    citizen_id: &'static str,
    name: &'static str,
    scheme: Scheme,
    photo: &'static str,
}

const PEOPLE: [Person; 2] = [
    Person {
        citizen_id: "11010519491231002X",
        name: "Barack Obama",
        scheme: Scheme::PublicInstitution,
        photo: "obama.jpg",
    },
    Person {
        citizen_id: "440524188001010014",
        name: "Eileen Collins",
        scheme: Scheme::Resident,
        photo: "astronaut.png",
    },
];

/// Who stands in front of the kiosk, always under the number of the first person.
const VISITS: [(&str, &str, &str); 2] = [
    ("the person themself", "obama3.jpg", "CERTIFIED"),
    ("somebody else, with the same number", "biden.jpg", "REFERRED"),
];

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let started = Instant::now();
        let service = service(args.records.open().await?, &args.models, None).await?;
        println!("models loaded in {:.1} s", started.elapsed().as_secs_f64());
        if service.beneficiaries_besides(&PEOPLE.map(|person| person.citizen_id)).await? {
            bail!("this record holds beneficiaries of its own: the demo wants an empty directory, see --data");
        }
        let mut shown_before = true;
        for person in &PEOPLE {
            shown_before &= !enrol(&service, person, &args.photos).await?;
        }
        if shown_before {
            println!("the demo was shown in this record before: pictures that were here already go to people");
        }
        for (who, photo, expected) in VISITS {
            let expected = if shown_before { "REFERRED" } else { expected };
            let outcome = visit(&service, who, &args.photos.join(photo)).await?;
            if outcome != expected {
                bail!("the demo should have ended with {expected} for {photo}, not with {outcome}");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Whether the person was not enrolled yet.
async fn enrol(service: &Service, person: &Person, photos: &Path) -> anyhow::Result<bool> {
    let beneficiary = match service.find_beneficiary(person.citizen_id, Who::Console).await {
        Err(ServiceError::NotFound(_)) => register(service, person).await?,
        found => found?,
    };
    let fresh = beneficiary.references == 0;
    if fresh {
        let new =
            NewReference { photo: read(&photos.join(person.photo))?, source: ReferenceSource::Roster, taken_on: None };
        service.enrol_reference(BeneficiaryId(beneficiary.id), new, Who::Console, None).await.context(person.photo)?;
    }
    println!("enrolled {} {} from {}", beneficiary.citizen_id_masked, person.name, person.photo);
    Ok(fresh)
}

async fn register(service: &Service, person: &Person) -> anyhow::Result<BeneficiaryView> {
    let new = NewBeneficiary {
        citizen_id: person.citizen_id.to_owned(),
        name: person.name.to_owned(),
        agency: "110105".to_owned(),
        schemes: vec![person.scheme],
    };
    fresh(service.register_beneficiary(&new, Who::Console, None).await?)
}

async fn visit(service: &Service, who: &str, photo: &Path) -> anyhow::Result<&'static str> {
    println!("\nat the kiosk: {who} ({})", photo.display());
    let started = Instant::now();
    let new = NewSession { citizen_id: PEOPLE[0].citizen_id.to_owned(), channel: Channel::Kiosk, unable: Vec::new() };
    let here = Caller { trusted: true, ..Caller::default() };
    let session = fresh(service.open_session(&new, here, None).await?)?;
    let nonce = Nonce::parse(&session.nonce).context("a session was opened without a nonce")?;
    let frame = Frame::new(read(photo)?, SystemClock.now(), None);
    let sent = Submission { step: Step::LookStraight, ticket: None, camera: None, frames: vec![frame] };
    let id = SessionId(session.id);
    service.accept_captures(id, &nonce, here, sent, None).await?;
    let completed = fresh(service.complete_session(id, &nonce, here, None).await?)?;
    let milliseconds = started.elapsed().as_secs_f64() * 1e3;
    match completed {
        SessionCompleted::Certified { certification, next } => {
            println!("  CERTIFIED in {milliseconds:.0} ms, valid until {}", certification.valid_until);
            println!("  certification {}\n  {}\n  {}", certification.id, next.en, next.zh);
            Ok("CERTIFIED")
        }
        SessionCompleted::Referred { case, next, .. } => {
            println!("  REFERRED to people in {milliseconds:.0} ms, to be decided by {}", case.due_on);
            println!("  case {}\n  {}\n  {}", case.id, next.en, next.zh);
            Ok("REFERRED")
        }
        SessionCompleted::Retake { reasons, .. } => {
            println!("  RETAKE after {milliseconds:.0} ms");
            for advice in reasons {
                println!("  {} {}\n  {}{}", advice.message.en, advice.action.en, advice.message.zh, advice.action.zh);
            }
            Ok("RETAKE")
        }
    }
}

fn read(photo: &Path) -> anyhow::Result<Arc<[u8]>> {
    let bytes = std::fs::read(photo)
        .with_context(|| format!("cannot read {}: `./setup` fetches the demo photos", photo.display()))?;
    Ok(bytes.into())
}

fn fresh<T>(answer: Answer<T>) -> anyhow::Result<T> {
    match answer {
        Answer::New(output) => Ok(output),
        Answer::Replay(_) => bail!("a request without a key was answered from the past"),
    }
}
