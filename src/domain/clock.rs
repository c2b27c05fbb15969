//! Time is an argument.

use jiff::Timestamp;

/// Tells the time. The domain never asks anybody else.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}
