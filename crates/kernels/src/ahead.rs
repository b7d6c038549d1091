//! Memory that is needed soon, asked for bit by bit while something else is computed.
//!
//! A processor foresees what a loop reads only within a page of memory, and waits at the beginning of each. Kernels that go
//! through rows once know better: what comes next is known, and arithmetic on what is in the cache leaves the memory idle.
//! Places to write are asked for too: a line of memory is read before a part of it is overwritten.

use std::cell::Cell;

use crate::isa::prefetch_second_level;

/// Floats of a cache line.
const LINE: usize = 16;

/// Most runs that are asked for at a time.
const RUNS: usize = 4;

/// Runs of memory that are asked for in equal parts. They need not exist.
pub(crate) struct Ahead {
    /// First float, number of floats, and floats of a part.
    runs: [(*const f32, usize, usize); RUNS],
    /// Parts that were asked for.
    asked: Cell<usize>,
}

impl Ahead {
    /// Asks for nothing.
    pub(crate) fn nothing() -> Self {
        Self { runs: [(std::ptr::null(), 0, LINE); RUNS], asked: Cell::new(0) }
    }

    /// Asks in the first `parts` calls of [`Self::ask`] for all of `slices`, and for as much as `written` after it.
    #[inline(always)]
    pub(crate) fn new(slices: [&[f32]; RUNS - 1], written: &[f32], parts: usize) -> Self {
        let run =
            |start: *const f32, len: usize| (start, len, (len / parts.max(1) + 1).next_multiple_of(LINE));
        let [a, b, c] = slices.map(|slice| run(slice.as_ptr(), slice.len()));
        let place = run(written.as_ptr().wrapping_add(written.len()), written.len());
        Self { runs: [a, b, c, place], asked: Cell::new(0) }
    }

    /// Asks for the next part.
    #[inline(always)]
    pub(crate) fn ask(&self) {
        let part = self.asked.get();
        self.asked.set(part + 1);
        for (first, len, part_len) in self.runs {
            let start = part * part_len;
            for line in (start..len.min(start + part_len)).step_by(LINE) {
                prefetch_second_level(first.wrapping_add(line));
            }
        }
    }
}
