//! Memory that is needed soon, brought near bit by bit while something else is computed.
//!
//! A processor foresees what a loop reads in order, but not what it reads channel by channel, and waits at the beginning of
//! each page of memory. Kernels that go through rows once know better: what comes next is known, and arithmetic on what is
//! in the cache leaves the memory idle. Places to write are asked for too: a line of memory is read before a part of it is
//! overwritten.

use std::cell::Cell;

use crate::isa::prefetch_second_level;

/// Floats of a cache line.
const LINE: usize = 16;

/// Runs of memory that are asked for in equal parts.
pub(crate) struct Prefetch<'a> {
    /// What is read next.
    read: [&'a [f32]; 3],
    /// Where the places that are written next begin, and how many floats they are. They need not exist.
    write: (*const f32, usize),
    /// Floats of a part of each.
    parts: [usize; 4],
    /// Parts that were asked for, and how many there are.
    asked: Cell<usize>,
    count: usize,
}

impl<'a> Prefetch<'a> {
    /// Asks for nothing.
    pub(crate) fn nothing() -> Self {
        Self { read: [&[]; 3], write: (std::ptr::null(), 0), parts: [LINE; 4], asked: Cell::new(0), count: 0 }
    }

    /// Asks in the first `parts` calls for all of `read`, and for as much as `written` after it.
    #[inline(always)]
    pub(crate) fn new(read: [&'a [f32]; 3], written: &[f32], parts: usize) -> Self {
        let part = |len: usize| (len / parts.max(1) + 1).next_multiple_of(LINE);
        let [a, b, c] = read.map(|slice| part(slice.len()));
        Self {
            read,
            write: (written.as_ptr().wrapping_add(written.len()), written.len()),
            parts: [a, b, c, part(written.len())],
            asked: Cell::new(0),
            count: parts.max(1),
        }
    }

    /// Whether nothing is left to ask for.
    #[inline(always)]
    pub(crate) fn is_done(&self) -> bool {
        self.asked.get() >= self.count
    }

    /// Prefetches the next part.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        let part = self.asked.get();
        if part >= self.count {
            return;
        }
        self.asked.set(part + 1);
        let read = self.read.map(|slice| (slice.as_ptr(), slice.len()));
        for ((first, len), part_len) in read.into_iter().chain([self.write]).zip(self.parts) {
            prefetch_lines(first, len, part * part_len, part_len);
        }
    }
}

#[inline(always)]
fn prefetch_lines(first: *const f32, len: usize, start: usize, count: usize) {
    for line in (start..len.min(start + count)).step_by(LINE) {
        prefetch_second_level(first.wrapping_add(line));
    }
}

/// Reads a value of each line of memory, in order.
#[inline(always)]
pub(crate) fn touch(values: &[f32]) {
    for line in (0..values.len()).step_by(LINE) {
        // SAFETY: the place is within the slice. A volatile load is made though nothing uses it.
        unsafe { values.as_ptr().add(line).read_volatile() };
    }
}
