//! A person stands in front of a camera and gives a citizen number.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::append;
use super::error::ServiceError;
use super::instruction::Instruction;
use super::sealed;
use crate::domain::attendant::Caller;
use crate::domain::capture::{Channel, Step};
use crate::domain::challenge::Challenge;
use crate::domain::citizen_id::CitizenId;
use crate::domain::id::BeneficiaryId;
use crate::domain::session::{Applicant, Session};
use crate::log::entry::Act;
use crate::log::record::Record;
use crate::store::{beneficiaries, challenges, sessions};

/// Who, and where.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// Citizen number 公民身份号码, 18 characters (or 15, the old form).
    #[schema(example = "11010519491231002X")]
    pub citizen_id: String,
    /// Where the camera is.
    pub channel: Channel,
    /// Steps that the person cannot show, if it is known: they are not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unable: Vec<Step>,
}

/// An open session. It looks the same whether the number is known or not.
#[derive(Clone, Serialize, ToSchema)]
pub struct SessionOpened {
    /// Name of the session.
    pub id: Uuid,
    /// Goes with every capture and with the completion: who has it acts for this session.
    #[schema(example = "5f0c1c7d2b9e4a368d1f60b7a2c4e913")]
    pub nonce: String,
    /// After this the session takes nothing.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Attempts, including this one.
    pub attempts_left: u32,
    /// Frames of one attempt, at most.
    pub max_frames: u32,
    /// The first step. What comes after it is told when its frames are there, and not before.
    pub instruction: Instruction,
}

impl Service {
    /// Opens a session.
    ///
    /// # Errors
    /// [`ServiceError::CitizenId`] when the number is not one; an unknown number is no error. [`ServiceError::Unattended`]
    /// when the channel needs a proof that the caller does not have; [`ServiceError::Paused`].
    pub async fn open_session(
        &self,
        new: &NewSession,
        caller: Caller,
        key: Option<RequestKey>,
    ) -> Result<Answer<SessionOpened>, ServiceError> {
        let attendant = caller.attend(new.channel)?;
        let citizen_id = CitizenId::parse(&new.citizen_id)?;
        let now = self.clock.now();
        let (mut work, person) = loop {
            let person = self.person_of(&citizen_id).await?;
            let mut work = begin!(self, key.clone());
            if person.record(&mut work.tx, now).await? {
                break (work, person);
            }
        };
        let policy = self.policy(&mut work.tx).await?;
        let left = self.no_pause(&mut work.tx, &policy, (person.id, new.channel, caller)).await?;
        let registered = beneficiaries::find(&mut work.tx, BeneficiaryId(person.id.0)).await?;
        let applicant = Applicant {
            person: person.id,
            beneficiary: registered.as_ref().map(|known| known.id),
            agency: registered.map_or_else(|| citizen_id.region(), |known| known.agency),
        };
        let (session, nonce) = Session::open(applicant, new.channel, attendant, &policy, now, &mut rand::rng());
        work.person = Some(person.id);
        sessions::insert(&mut work.tx, &session).await?;
        let challenge = Challenge::draw(policy.rule(new.channel).active_steps, &new.unable, now, &mut rand::rng());
        let content = sealed::challenge::seal(&challenge, &session, &person.key)?;
        challenges::insert(&mut work.tx, session.id, session.attempt, &content).await?;
        append(&mut work.tx, now, attendant.into(), &person.key, |salt| Act::SessionOpened {
            session: session.id,
            record: Record::Session(&session).commit(salt),
        })
        .await?;
        let opened = SessionOpened {
            id: session.id.0,
            nonce: nonce.to_hex(),
            expires_at: session.expires_at,
            attempts_left: policy.max_attempts.min(left),
            max_frames: policy.max_frames,
            instruction: self.instruction(&session, &challenge, &policy).ok_or(ServiceError::NotFound("step"))?,
        };
        work.finish(opened).await
    }
}
