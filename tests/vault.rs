//! The vault: its key, what it seals, and what is left when somebody steals everything else.

mod erasure;
mod opening;
mod pictures;
mod retention;
mod rotation;
mod theft;
