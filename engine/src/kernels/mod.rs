//! The loops that take the time. Each is written once, in safe code but for [`ahead`]; [`compiled`] makes it for each
//! instruction set.

pub(crate) mod ahead;
pub(crate) mod convolution;
pub(crate) mod depthwise;
pub(crate) mod lanes;
pub(crate) mod pair;
pub(crate) mod planes;
pub(crate) mod pointwise;
pub(crate) mod products;
pub(crate) mod separable;
pub(crate) mod shrink;
pub(crate) mod vector;

/// Values of a strip of a tensor between two convolutions, about half of the first-level cache: the rest is for weights and
/// input.
const STRIP: usize = 6 * 1024;

/// What happens to a sum before it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish<'a> {
    /// Added first, by output offset: another tensor's values and the walk over its pixels.
    pub(crate) residual: Option<(&'a [f32], crate::tensor::Walk)>,
    /// `max(x, 0) + slope · min(x, 0)`, by channel.
    pub(crate) slopes: Option<&'a [f32]>,
    /// No value is larger.
    pub(crate) ceiling: Option<f32>,
}

/// Defines `$name(set, …)`, which runs `$body::<lanes, rows, fused>(…)` compiled for the set: registers of so many lanes,
/// blocks of so many pixels, and whether the processor multiplies and adds in one instruction.
macro_rules! compiled {
    ($(#[$doc:meta])* $name:ident ($($argument:ident: $type:ty),*) = $body:ident) => {
        $(#[$doc])*
        #[expect(unsafe_code, reason = "a function that needs instructions can be called where they are there only")]
        pub(crate) fn $name(set: $crate::InstructionSet, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma")]
            fn avx512($($argument: $type),*) {
                $body::<16, 8, true>($($argument),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                $body::<8, 6, true>($($argument),*);
            }
            match set.0 {
                // SAFETY: an `InstructionSet` of this kind is made only where the processor was found to have all of these.
                #[cfg(target_arch = "x86_64")]
                $crate::instruction_set::Kind::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::instruction_set::Kind::Avx2 => unsafe { avx2($($argument),*) },
                $crate::instruction_set::Kind::Portable => $body::<4, 4, false>($($argument),*),
            }
        }
    };
}
pub(crate) use compiled;
