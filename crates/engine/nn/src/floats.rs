//! Large slices of floats, in large pages where the system has them.
//!
//! A pass over an arena of hundreds of MiB meets a new page of 4 KiB every few hundred nanoseconds, and each must be looked
//! up; pages of 2 MiB are met five hundred times less often.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// Bytes from which on large pages are asked for.
const LARGE: usize = 4 << 20;

/// A slice of floats that does not grow.
#[derive(Debug)]
pub(crate) enum Floats {
    /// From the allocator.
    Small(Vec<f32>),
    /// Pages of its own, filled when they are first touched.
    Large(MmapMut),
}

impl Floats {
    /// So many zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let bytes = len * size_of::<f32>();
        if bytes >= LARGE
            && let Ok(pages) = MmapMut::map_anon(bytes)
        {
            // Refused where the system has no large pages; small ones do as well.
            #[cfg(target_os = "linux")]
            let _ = pages.advise(memmap2::Advice::HugePage);
            return Self::Large(pages);
        }
        Self::Small(vec![0.0; len])
    }
}

impl Deref for Floats {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Small(floats) => floats,
            Self::Large(pages) => bytemuck::cast_slice(pages),
        }
    }
}

impl DerefMut for Floats {
    fn deref_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Small(floats) => floats,
            Self::Large(pages) => bytemuck::cast_slice_mut(pages),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_small_slices_are_zeros_to_write_on() {
        for len in [0, 5, LARGE / size_of::<f32>() + 3] {
            let mut floats = Floats::zeros(len);
            assert!(floats.len() == len && floats.iter().all(|&value| value == 0.0));
            if let Some(last) = floats.last_mut() {
                *last = 1.0;
            }
            assert_eq!(floats.iter().sum::<f32>(), if len > 0 { 1.0 } else { 0.0 });
        }
    }
}
