//! The rules of certification: pure, without IO, without async, without a clock of its own.
//!
//! A *beneficiary* opens a *session*, sends *captures*, and gets a *decision* from *evidence*, *policy* and *history*.
//! A certified one becomes a *certification*; a referred one a review *case* that a person decides.

pub mod attendant;
pub mod beneficiary;
pub mod burst;
pub mod calibration;
pub mod camera;
pub mod capture;
pub mod certification;
pub mod challenge;
pub mod citizen_id;
pub mod clock;
pub mod credentials;
pub mod decision;
pub mod device;
pub mod evidence;
pub mod foreign_subject;
pub mod frame_times;
pub mod id;
pub mod limits;
mod line;
pub mod passive;
pub mod permission;
pub mod policy;
pub mod population;
pub mod proposal;
pub mod rates;
pub mod reason;
pub mod reference;
pub mod retention;
pub mod review;
pub mod scheme;
pub mod score;
pub mod session;
pub mod staff;
pub mod staff_session;
pub mod standing;
