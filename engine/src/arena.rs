//! The memory in which a worker computes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::memory::Memory;
use crate::tensor::Buffer;

/// The memory of one worker: its sessions run in it, never two at the same time, so that what one has written is in the cache
/// for the next. Each buffer is as large as any of them needs it. Clones are the same memory.
#[derive(Debug, Clone, Default)]
pub struct Arena(Arc<Mutex<Buffers>>);

#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// Those of values, by number. What is in them is of no account.
    pub(crate) values: Vec<Buffer>,
    /// The strip of convolutions that run together.
    pub(crate) strip: Buffer,
}

impl Arena {
    /// The buffers, at least as large as a plan needs them.
    pub(crate) fn buffers(&self, memory: &Memory) -> MutexGuard<'_, Buffers> {
        // Whatever a panic has left in them is of no account either.
        let mut buffers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.values.len() < memory.lengths.len() {
            buffers.values.resize_with(memory.lengths.len(), Buffer::default);
        }
        for (buffer, length) in buffers.values.iter_mut().zip(&memory.lengths) {
            buffer.reserve(*length);
        }
        buffers.strip.reserve(memory.strip);
        buffers
    }
}
