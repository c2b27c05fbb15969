//! What will be read next is fetched while the processor multiplies.
//!
//! Models take turns in a pipeline, so their weights lie in the last cache when they are needed, or further away. A
//! convolution waits for arithmetic and not for memory, so the weights of the next one of its model can come meanwhile. A
//! search reads its codes once, from memory, and has to ask for them earlier than a processor does by itself.

/// Values that are needed soon, fetched a few at a time.
#[derive(Clone, Copy)]
pub(crate) struct Ahead<'a> {
    values: &'a [f32],
    /// How many at a time: whole lines of the cache.
    each: usize,
}

/// Values in a line of the cache.
const LINE: usize = 16;

impl<'a> Ahead<'a> {
    /// All of `values` within so many steps.
    pub(crate) fn within(steps: usize, values: &'a [f32]) -> Self {
        Self { values, each: values.len().div_ceil(steps.max(1)).next_multiple_of(LINE) }
    }

    /// Asks for the next few.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        let (now, later) = self.values.split_at(self.each.min(self.values.len()));
        self.values = later;
        now.iter().step_by(LINE).for_each(fetch);
    }
}

/// Into the second cache: the first is too small for what is needed only later.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the instruction takes a pointer")]
#[inline(always)]
pub(super) fn fetch<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: every processor of this architecture has the instruction (SSE), and it reads nothing that a program sees.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(value).cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn fetch<T>(_: &T) {}
