//! Floats that begin on a cache line and stay where they are.

use std::ops::{Deref, DerefMut};

/// Floats in a cache line.
const LINE: usize = 16;

/// A slice of floats, aligned to a cache line: a vector that is read across two lines takes twice as long.
pub(crate) struct Aligned {
    /// Never grows, so that it never moves.
    memory: Vec<f32>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// So many zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let memory = vec![0.0; len + LINE];
        let start = memory.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        Self { memory, start, len }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[self.start..][..self.len]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..][..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_zeros_on_a_cache_line() {
        for len in [0, 1, 16, 1000] {
            let mut floats = Aligned::zeros(len);
            assert!(floats.len() == len && floats.iter().all(|&value| value == 0.0));
            assert_eq!(floats.as_ptr().align_offset(LINE * size_of::<f32>()), 0);
            floats.fill(1.0);
        }
    }
}
