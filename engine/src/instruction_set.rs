//! Which instructions the kernels may use.

use std::fmt;
use std::str::FromStr;

/// A set of instructions that this processor has: no other can be made, and the kernels rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstructionSet(pub(crate) Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl InstructionSet {
    /// Those that this processor has, the fastest first. The last one is on every machine.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw") && has!("fma") {
                sets.push(Self(Kind::Avx512));
            }
            if has!("avx2") && has!("fma") {
                sets.push(Self(Kind::Avx2));
            }
        }
        sets.push(Self(Kind::Portable));
        sets
    }

    /// The fastest that this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// `avx512`, `avx2` or `portable`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            Kind::Portable => "portable",
        }
    }

    /// How many output channels a dense convolution computes at once: two registers.
    pub(crate) fn panel(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => 32,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => 16,
            Kind::Portable => 8,
        }
    }
}

/// No instruction set of this processor has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownInstructionSet(String);

impl fmt::Display for UnknownInstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
        write!(f, "this processor has no instruction set {}: choose one of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownInstructionSet {}

impl FromStr for InstructionSet {
    type Err = UnknownInstructionSet;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::available().into_iter().find(|set| set.name() == name);
        found.ok_or_else(|| UnknownInstructionSet(name.to_owned()))
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
