//! What one worker owns and reuses: buffers, and a session of every model.

use super::detect::Desk;
use super::engine::Session;
use super::frame::Frame;
use super::landmarks::Mesh;
use super::pack::PackDigest;
use super::passive;
use super::quality;

/// Scratch memory for [`Pipeline::analyse`](super::Pipeline::analyse). One worker, one workspace; it holds the last
/// picture until the next one overwrites it.
pub struct Workspace {
    pub(crate) pack: PackDigest,
    pub(crate) frame: Frame,
    pub(crate) spare: Vec<u8>,
    pub(crate) mesh: Mesh,
    pub(crate) other_mesh: Mesh,
    pub(crate) quality: quality::Scratch,
    pub(crate) signals: passive::Scratch,
    pub(crate) detector: Desk,
    pub(crate) landmarks: Session,
    pub(crate) embedder: Session,
    pub(crate) pads: Vec<Session>,
    pub(crate) iris: Option<Session>,
}

impl Workspace {
    /// The picture that was analysed last, upright: width, height, and RGB bytes row by row.
    #[must_use]
    pub fn picture(&self) -> (usize, usize, &[u8]) {
        (self.frame.width, self.frame.height, &self.frame.rgb)
    }
}
