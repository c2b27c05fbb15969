//! Kiosks: who signs is let in, once, now, with this very request; everybody else hears why not.

mod channels;
mod command;
mod refusals;
mod revocation;
