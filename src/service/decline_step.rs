//! The person cannot do a step, or would rather not: they get another one, or a human.

use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use super::answer::{Answer, RequestKey, begin};
use super::append_log::{Who, append};
use super::complete_session::SessionCompleted;
use super::error::ServiceError;
use super::instruction::Instruction;
use super::sealed;
use crate::domain::attendant::Caller;
use crate::domain::capture::Step;
use crate::domain::decision::{Decision, Reasons, ReferReason};
use crate::domain::id::SessionId;
use crate::domain::session::Nonce;
use crate::log::entry::Act;
use crate::store::{challenges, persons, sessions};

/// What comes instead.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "instead")]
pub enum StepDeclined {
    /// Another step.
    Another {
        /// What to do.
        next: Instruction,
    },
    /// People: nothing is left to ask for. The session is over, and nothing is lost.
    People {
        /// What the person is told, as after any other referral.
        result: SessionCompleted,
    },
}

impl Service {
    /// Declines the present step of a session.
    ///
    /// # Errors
    /// [`ServiceError::Session`] when the session takes nothing, [`ServiceError::Challenge`] for another step than the
    /// present one, [`ServiceError::Paused`].
    pub async fn decline_step(
        &self,
        id: SessionId,
        nonce: &Nonce,
        caller: Caller,
        step: Step,
        key: Option<RequestKey>,
    ) -> Result<Answer<StepDeclined>, ServiceError> {
        let (person, key_of_person) = self.key_of_session(id).await?;
        let mut work = begin!(self, key);
        work.person = Some(person);
        let now = self.clock.now();
        let found = sessions::find_for_update(&mut work.tx, id).await?;
        let open = found.ok_or(ServiceError::NotFound("session"))?.admit(nonce, caller, now)?;
        if !persons::hold(&mut work.tx, person).await? {
            return Err(ServiceError::NotFound("session"));
        }
        let session = open.session();
        let mut challenge = sealed::challenge::find(&mut work.tx, session, &key_of_person).await?;
        let another = challenge.decline(step, now, &mut rand::rng())?;
        let content = sealed::challenge::seal(&challenge, session, &key_of_person)?;
        challenges::update(&mut work.tx, id, session.attempt, &content).await?;
        append(&mut work.tx, now, Who::from(session.attendant), &key_of_person, |_| Act::StepDeclined {
            session: id,
            attempt: session.attempt,
        })
        .await?;
        let policy = self.policy(&mut work.tx).await?;
        if let Some(next) = self.instruction(session, &challenge, &policy).filter(|_| another) {
            return work.finish(StepDeclined::Another { next }).await;
        }
        let held = self.hold_runs(&mut work.tx, &policy, (person, session.channel, caller)).await?;
        let left = held.left().saturating_sub(1);
        let decision = Decision::Refer(Reasons::one(ReferReason::CannotShowSteps));
        let result = self.record(&mut work, &key_of_person, &policy, (open, &challenge), decision, left).await?;
        self.count(&mut work.tx, held, person, false).await?;
        let answer = work.finish(StepDeclined::People { result }).await?;
        self.decided("referred");
        Ok(answer)
    }
}
