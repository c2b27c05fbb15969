//! All tests of the public face, in one binary: the models are loaded once.

mod architecture;
mod decision;
mod openapi;
