//! Memory that is read soon, asked for bit by bit while something else is computed.
//!
//! A processor foresees what a loop reads only within a page of memory, and waits at the beginning of each. Kernels that go
//! through rows once know better: what comes next is known, and arithmetic on what is in the cache leaves the memory idle.

use std::cell::Cell;

use crate::isa::prefetch_second_level;

/// Floats of a cache line.
const LINE: usize = 16;

/// Most slices that are asked for at a time.
const SLICES: usize = 3;

/// Slices that are asked for in equal parts.
pub(crate) struct Ahead<'a> {
    slices: [&'a [f32]; SLICES],
    /// Floats of a part.
    parts: [usize; SLICES],
    /// Parts that were asked for.
    asked: Cell<usize>,
}

impl<'a> Ahead<'a> {
    /// Asks for nothing.
    pub(crate) fn nothing() -> Self {
        Self { slices: [&[]; SLICES], parts: [LINE; SLICES], asked: Cell::new(0) }
    }

    /// Asks for all of `slices` in the first `parts` calls of [`Self::ask`].
    #[inline(always)]
    pub(crate) fn new(slices: [&'a [f32]; SLICES], parts: usize) -> Self {
        let part = |slice: &[f32]| (slice.len() / parts.max(1) + 1).next_multiple_of(LINE);
        Self { slices, parts: slices.map(part), asked: Cell::new(0) }
    }

    /// Asks for the next part.
    #[inline(always)]
    pub(crate) fn ask(&self) {
        let part = self.asked.get();
        self.asked.set(part + 1);
        for (slice, len) in self.slices.iter().zip(self.parts) {
            let start = part * len;
            for line in (start..slice.len().min(start + len)).step_by(LINE) {
                prefetch_second_level(slice.as_ptr().wrapping_add(line));
            }
        }
    }
}
