//! The policy: every number that the decision depends on, versioned, and named by its content.

use std::collections::BTreeMap;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::capture::Channel;
use super::limits::Limits;
use super::population::PopulationId;
use super::retention::Retention;
use super::score::FalseMatchRate;

/// What an agency has decided about how it decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Counts up with every change.
    pub version: u32,
    /// The rate at which impostors may pass the comparison. Never a similarity.
    pub fmr: FalseMatchRate,
    /// Among whom: the models need a calibration for this population, or nothing is decided by a machine.
    pub population: PopulationId,
    /// Attempts in one session before people take over.
    pub max_attempts: u32,
    /// How long a session stays open, in seconds. Generous: the users are 60 to 100 years old.
    pub session_seconds: u32,
    /// Frames of one attempt, at most.
    pub max_frames: u32,
    /// How long an active step may take, from the moment that it is told, in seconds.
    pub step_seconds: u32,
    /// Months that a certification is valid, from the day of the last success.
    pub validity_months: u32,
    /// Days within which the office decides a referred case.
    pub review_days: u32,
    /// Where the office is: the day of a certification is the day there.
    pub time_zone: String,
    /// What liveness evidence leads to, by channel; a channel without a rule refers.
    pub channels: BTreeMap<Channel, ChannelRule>,
    /// After how many failures there is a pause, and how long.
    pub limits: Limits,
    /// How long the frames of sessions are kept.
    pub retention: Retention,
}

/// What liveness evidence leads to on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRule {
    /// A passive score below this refers (0 attack … 1 bona fide).
    pub bona_fide_min: f32,
    /// When nothing assessed liveness.
    pub not_assessed: Consequence,
    /// When a passive score is all there is: no active step was asked for.
    pub passive_only: Consequence,
    /// How many active steps have to be shown.
    pub active_steps: u32,
}

/// What follows, if there is no other doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// The machine may certify.
    Certify,
    /// A person decides.
    Refer,
}

/// Months that a certification can be valid, at most, whatever the policy.
pub const MAX_VALIDITY_MONTHS: u32 = 24;

/// A channel that the policy does not know.
const UNKNOWN_CHANNEL: ChannelRule = ChannelRule {
    bona_fide_min: 1.0,
    not_assessed: Consequence::Refer,
    passive_only: Consequence::Refer,
    active_steps: 0,
};

/// The policy does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// The time zone is not in the database of the IANA.
    #[error("the time zone of the policy is unknown")]
    TimeZone,
    /// A number is outside of what makes sense.
    #[error("{0} of the policy must lie in {1}")]
    Range(&'static str, &'static str),
}

impl Policy {
    /// The rule for a channel.
    #[must_use]
    pub fn rule(&self, channel: Channel) -> ChannelRule {
        self.channels.get(&channel).copied().unwrap_or(UNKNOWN_CHANNEL)
    }

    /// SHA-256 over the canonical JSON (fields in the order of the type, no spaces), in hex: the name by which a
    /// certification remembers the policy that it was decided under.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(canonical))
    }

    /// Last day on which a certification of that instant is valid.
    #[must_use]
    pub fn valid_until(&self, certified_at: Timestamp) -> Date {
        self.day_after(certified_at, Span::new().months(i64::from(self.validity_months)))
    }

    /// The moment at which a day is over at the office.
    #[must_use]
    pub fn end_of(&self, day: Date) -> Timestamp {
        let next = day.saturating_add(Span::new().days(1));
        next.to_zoned(self.zone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// Day by which the office decides a case opened at that instant.
    #[must_use]
    pub fn review_by(&self, opened_at: Timestamp) -> Date {
        self.day_after(opened_at, Span::new().days(i64::from(self.review_days)))
    }

    fn day_after(&self, from: Timestamp, span: Span) -> Date {
        from.to_zoned(self.zone()).date().saturating_add(span)
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Checks what serde cannot.
    ///
    /// # Errors
    /// [`InvalidPolicy`] names the field.
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        TimeZone::get(&self.time_zone).map_err(|_| InvalidPolicy::TimeZone)?;
        let within = |ok, field, range| if ok { Ok(()) } else { Err(InvalidPolicy::Range(field, range)) };
        within(self.fmr.0 > 0.0 && self.fmr.0 <= 0.01, "fmr", "(0, 0.01]")?;
        within((1..=10).contains(&self.max_attempts), "max_attempts", "1..=10")?;
        within((60..=86_400).contains(&self.session_seconds), "session_seconds", "60..=86400")?;
        within((1..=60).contains(&self.max_frames), "max_frames", "1..=60")?;
        within((30..=600).contains(&self.step_seconds), "step_seconds", "30..=600")?;
        within((1..=MAX_VALIDITY_MONTHS).contains(&self.validity_months), "validity_months", "1..=24")?;
        within((1..=90).contains(&self.review_days), "review_days", "1..=90")?;
        within(
            self.limits.make_sense(),
            "limits",
            "1..=5 failures, pauses of at most a day, windows of at most a week",
        )?;
        within(self.retention.makes_sense(), "retention", "0..=3650 days")?;
        within(self.channels.values().all(|r| r.active_steps <= 4), "active_steps", "0..=4")?;
        let phone = self.rule(Channel::Phone);
        let alone_refers = [phone.not_assessed, phone.passive_only].iter().all(|then| *then == Consequence::Refer);
        within(alone_refers, "not_assessed and passive_only of the phone", "refer")?;
        within(self.channels.values().all(|r| (0.0..=1.0).contains(&r.bona_fide_min)), "bona_fide_min", "[0, 1]")
    }
}

impl Default for Policy {
    /// Twelve months, rolling, as the regulation asks (社会保险经办条例); FMR 1e-3 among East Asians; channels in sight of the
    /// office may certify without active steps, a phone certifies with two of them beside a good passive score, and else
    /// refers.
    fn default() -> Self {
        let in_sight = ChannelRule {
            bona_fide_min: 0.5,
            not_assessed: Consequence::Certify,
            passive_only: Consequence::Certify,
            active_steps: 0,
        };
        let alone = ChannelRule {
            not_assessed: Consequence::Refer,
            passive_only: Consequence::Refer,
            active_steps: 2,
            ..in_sight
        };
        Self {
            version: 1,
            fmr: FalseMatchRate(1e-3),
            population: PopulationId::east_asian(),
            max_attempts: 3,
            session_seconds: 15 * 60,
            max_frames: 40,
            step_seconds: 90,
            validity_months: 12,
            review_days: 10,
            time_zone: "Asia/Shanghai".to_owned(),
            channels: BTreeMap::from([
                (Channel::Counter, in_sight),
                (Channel::Kiosk, in_sight),
                (Channel::Phone, alone),
            ]),
            limits: Limits::default(),
            retention: Retention::default(),
        }
    }
}
