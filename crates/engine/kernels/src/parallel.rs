//! Loops whose rounds run in parallel.
//!
//! Every parallel loop of the crate goes through [`for_each`], which is one function and not generic: the machinery of
//! a thread pool is compiled once, not anew for each kernel. No result depends on the order of the rounds.

use std::marker::PhantomData;

use rayon::prelude::*;

/// Threads of the current rayon pool.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Calls `work` with every number below `count`, on the current rayon pool and in no particular order.
pub(crate) fn for_each(count: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().with_max_len(1).for_each(work);
}

/// Calls `work` with the number of each share and the share, in parallel.
pub(crate) fn share_out<S: Shares>(shares: S, work: impl Fn(usize, S::Share) + Sync) {
    for_each(shares.count(), &|index| {
        // SAFETY: each index comes once.
        let share = unsafe { shares.share(index) };
        work(index, share);
    });
}

/// What is written by a parallel loop, a share by each round.
pub(crate) trait Shares: Sync {
    /// What a round writes.
    type Share;

    /// Number of shares.
    fn count(&self) -> usize;

    /// A share.
    ///
    /// # Safety
    ///
    /// No index is asked for twice.
    unsafe fn share(&self, index: usize) -> Self::Share;
}

/// A slice as chunks of equal length, of which the last may be shorter.
pub(crate) struct Chunks<'a, T> {
    start: *mut T,
    len: usize,
    chunk: usize,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: the chunks do not overlap and `share`, the only way to them, gives each once: as `&mut [T]` may be sent to
// another thread, its chunks may be sent to several.
unsafe impl<T: Send> Sync for Chunks<'_, T> {}

impl<'a, T> Chunks<'a, T> {
    /// Chunks of `chunk` elements.
    ///
    /// # Panics
    ///
    /// If a chunk has no elements.
    pub(crate) fn new(values: &'a mut [T], chunk: usize) -> Self {
        assert!(chunk > 0, "a chunk must have elements");
        Self { start: values.as_mut_ptr(), len: values.len(), chunk, borrow: PhantomData }
    }
}

impl<'a, T: Send> Shares for Chunks<'a, T> {
    type Share = &'a mut [T];

    fn count(&self) -> usize {
        self.len.div_ceil(self.chunk)
    }

    unsafe fn share(&self, index: usize) -> &'a mut [T] {
        assert!(index < self.count(), "no such chunk");
        let first = index * self.chunk;
        // SAFETY: the chunk lies within the slice, which is borrowed exclusively for 'a, and is given once.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(first), self.chunk.min(self.len - first)) }
    }
}

/// As many shares as both have.
impl<A: Shares, B: Shares> Shares for (A, B) {
    type Share = (A::Share, B::Share);

    fn count(&self) -> usize {
        self.0.count().min(self.1.count())
    }

    unsafe fn share(&self, index: usize) -> Self::Share {
        // SAFETY: the caller's promise.
        unsafe { (self.0.share(index), self.1.share(index)) }
    }
}

/// As many shares as all three have.
impl<A: Shares, B: Shares, C: Shares> Shares for (A, B, C) {
    type Share = (A::Share, B::Share, C::Share);

    fn count(&self) -> usize {
        self.0.count().min(self.1.count()).min(self.2.count())
    }

    unsafe fn share(&self, index: usize) -> Self::Share {
        // SAFETY: the caller's promise.
        unsafe { (self.0.share(index), self.1.share(index), self.2.share(index)) }
    }
}

/// The part of `values` that belongs to chunk number `index` of `chunk` elements, of which the last may be shorter.
///
/// # Panics
///
/// If the chunk begins after the end.
pub(crate) fn chunk_of<T>(values: &[T], chunk: usize, index: usize) -> &[T] {
    &values[index * chunk..values.len().min((index + 1) * chunk)]
}

#[cfg(test)]
mod tests {
    use super::{Chunks, chunk_of, share_out};

    #[test]
    fn every_chunk_is_given_once() {
        for len in [0, 1, 6, 7, 8, 100] {
            let source: Vec<usize> = (0..len).collect();
            let (mut copy, mut numbers) = (vec![usize::MAX; len], vec![u8::MAX; len.div_ceil(7)]);
            share_out((Chunks::new(&mut copy, 7), Chunks::new(&mut numbers, 1)), |index, (copy, number)| {
                copy.copy_from_slice(chunk_of(&source, 7, index));
                number[0] = index as u8;
            });
            assert_eq!(copy, source);
            assert!(numbers.iter().enumerate().all(|(index, &number)| usize::from(number) == index));
        }
    }
}
