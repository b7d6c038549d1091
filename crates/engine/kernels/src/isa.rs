//! Which vector instructions the loops use, chosen once at run time.
//!
//! The body of an inner loop is written once, as an `#[inline(always)]` function; the macro `multiversion!` compiles it
//! for each instruction set and calls the best one the processor has. What is around inner loops is compiled once: a
//! dispatch for each line of an image, or each strip of rows, costs nothing that can be measured, and code that is
//! compiled for every instruction set, every width of vector and every shape is long. Loops over long slices are left to the
//! compiler to vectorise; loops over channels, which are often few, use vectors explicitly
//! (`vector::Vector`).
//!
//! The environment variable `FOLIAR_ISA` (`portable`, `avx2` or `avx512`, read once) lowers the choice; it
//! never raises it above what the processor has. Results differ between instruction sets by rounding only.

mod lanes;
pub(crate) mod level;
pub(crate) mod vector;

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions that the kernels are compiled for, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Isa {
    /// What every processor of the target has: SSE2 on x86-64, NEON on AArch64.
    Portable = 1,
    /// AVX2 and fused multiply-add.
    Avx2 = 2,
    /// AVX-512 F, VL, BW and DQ.
    Avx512 = 3,
}

impl Isa {
    /// Floats of its widest vector.
    pub(crate) const fn lanes(self) -> usize {
        match self {
            Self::Avx512 => 16,
            Self::Avx2 => 8,
            Self::Portable => 4,
        }
    }
}

/// The choice, or 0 before the first call.
static SELECTED: AtomicU8 = AtomicU8::new(0);

/// The instruction set in use: the best that the processor has, or less if `FOLIAR_ISA` says so.
#[inline]
pub fn selected() -> Isa {
    match SELECTED.load(Ordering::Relaxed) {
        1 => Isa::Portable,
        2 => Isa::Avx2,
        3 => Isa::Avx512,
        _ => select(from_environment()),
    }
}

/// The best instruction set that the processor has.
pub fn detected() -> Isa {
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq");
        if avx2 {
            return if avx512 { Isa::Avx512 } else { Isa::Avx2 };
        }
    }
    Isa::Portable
}

/// Sets the choice for the whole process, for tests that compare the instruction sets; returns what is now
/// in use, which is at most what the processor has.
#[doc(hidden)]
pub fn select(wanted: Isa) -> Isa {
    let isa = wanted.min(detected());
    SELECTED.store(isa as u8, Ordering::Relaxed);
    isa
}

fn from_environment() -> Isa {
    match std::env::var("FOLIAR_ISA").as_deref() {
        Ok("portable") => Isa::Portable,
        Ok("avx2") => Isa::Avx2,
        _ => Isa::Avx512,
    }
}

/// Defines `fn name(arguments)` as `body(level, arguments)`, compiled for every instruction set of [`Isa`]
/// and dispatched at run time. `body` must be `#[inline(always)]` and generic over its [`level::Level`].
macro_rules! multiversion {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) = $body:ident) => {
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name($($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
                fn avx512($($argument: $kind),*) {
                    $body($crate::isa::level::Avx512::new(), $($argument),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $kind),*) {
                    $body($crate::isa::level::Avx2::new(), $($argument),*)
                }
                match $crate::isa::selected() {
                    // SAFETY: `selected` returns only what the processor was found to have.
                    $crate::isa::Isa::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    $crate::isa::Isa::Avx2 => return unsafe { avx2($($argument),*) },
                    $crate::isa::Isa::Portable => {}
                }
            }
            $body($crate::isa::level::Portable::new(), $($argument),*)
        }
    };
}

/// Asks for the cache line of a float, which need not exist, to be brought near.
#[inline(always)]
pub(crate) fn prefetch_line(float: *const f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 processor has SSE, and a prefetch cannot fault.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(float.cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = float;
}

/// [`prefetch_line`], into the second-level cache.
#[inline(always)]
pub(crate) fn prefetch_second_level(float: *const f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 processor has SSE, and a prefetch cannot fault.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(float.cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = float;
}
