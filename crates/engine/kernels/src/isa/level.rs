//! Proofs that code runs where an instruction set is present.

use super::vector::Vector;

/// The instructions that a body may use. A value can only be made where they are present, so whatever needs
/// them asks for the value.
pub(crate) trait Level: Copy {
    /// Whether fused multiply-add is an instruction; elsewhere `f32::mul_add` is a slow library call.
    const FUSED: bool;

    /// Number of vector registers.
    const REGISTERS: usize;

    /// The widest vector.
    type Widest: Vector<Self>;

    /// Calls `work` once for each group of neighbouring channels, which together are `0..channels`: as many
    /// at a time as fit the widest vector, then those that are left with ever narrower ones.
    fn for_each_group(self, channels: usize, work: &mut impl ChannelGroup<Self>);
}

/// Work on a group of neighbouring channels.
pub(crate) trait ChannelGroup<L> {
    /// Treats the channels `channel..channel + V::LANES`.
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize);
}

/// `first`, `first + step`, ... below `end`. `Iterator::step_by` divides to know how many there are, which is
/// too slow for the few rows that a group of channels is worked on at a time.
#[inline(always)]
pub(crate) fn every(step: usize, first: usize, end: usize) -> impl Iterator<Item = usize> {
    let mut next = first;
    std::iter::from_fn(move || {
        let this = next;
        next += step;
        (this < end).then_some(this)
    })
}

/// Runs `work` for groups of `V::LANES` from `channel` on while they fit; returns the first channel left.
#[inline(always)]
fn groups_of<L: Level, V: Vector<L>>(
    level: L,
    mut channel: usize,
    channels: usize,
    work: &mut impl ChannelGroup<L>,
) -> usize {
    while channel + V::LANES <= channels {
        work.run::<V>(level, channel);
        channel += V::LANES;
    }
    channel
}

/// What every processor of the target has.
#[derive(Clone, Copy)]
pub(crate) struct Portable(());

impl Portable {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl Level for Portable {
    const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    const REGISTERS: usize = if cfg!(target_arch = "aarch64") { 32 } else { 16 };
    type Widest = super::vector::Four;

    #[inline(always)]
    fn for_each_group(self, channels: usize, work: &mut impl ChannelGroup<Self>) {
        let left = groups_of::<_, super::vector::Four>(self, 0, channels, work);
        groups_of::<_, f32>(self, left, channels, work);
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512, HasAvx2, HasAvx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256, __m512};

    use super::{ChannelGroup, Level, groups_of};
    use crate::isa::vector::Four;

    /// Levels with AVX2 and fused multiply-add.
    pub(crate) trait HasAvx2: Level {}

    /// Levels with AVX-512 as well.
    pub(crate) trait HasAvx512: HasAvx2 {}

    /// AVX2 and fused multiply-add.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(());

    impl Avx2 {
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub(crate) fn new() -> Self {
            Self(())
        }
    }

    impl HasAvx2 for Avx2 {}

    impl Level for Avx2 {
        const FUSED: bool = true;
        const REGISTERS: usize = 16;
        type Widest = __m256;

        #[inline(always)]
        fn for_each_group(self, channels: usize, work: &mut impl ChannelGroup<Self>) {
            let left = groups_of::<_, __m256>(self, 0, channels, work);
            let left = groups_of::<_, Four>(self, left, channels, work);
            groups_of::<_, f32>(self, left, channels, work);
        }
    }

    /// AVX-512 F, VL, BW and DQ, AVX2 and fused multiply-add.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx512(());

    impl Avx512 {
        #[inline]
        #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
        pub(crate) fn new() -> Self {
            Self(())
        }
    }

    impl HasAvx2 for Avx512 {}
    impl HasAvx512 for Avx512 {}

    impl Level for Avx512 {
        const FUSED: bool = true;
        const REGISTERS: usize = 32;
        type Widest = __m512;

        #[inline(always)]
        fn for_each_group(self, channels: usize, work: &mut impl ChannelGroup<Self>) {
            let left = groups_of::<_, __m512>(self, 0, channels, work);
            let left = groups_of::<_, __m256>(self, left, channels, work);
            let left = groups_of::<_, Four>(self, left, channels, work);
            groups_of::<_, f32>(self, left, channels, work);
        }
    }
}
