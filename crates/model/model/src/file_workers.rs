//! Threads that each decode and predict photographs of their own.
//!
//! Each takes the next few files that nobody has, decodes them, runs the network on them alone, and takes more: no thread waits for
//! another, neither at the end of a batch nor at the end of a layer. Their outcomes are handed on in the order of the files. A thread
//! runs ahead of what was handed on by so many pieces and then waits, so that memory has a bound however slow the reader is.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};

use rayon::ThreadPoolBuilder;

/// Pieces that may be made before the first of them is handed on, for each thread.
const AHEAD: usize = 4;

/// Which piece is the next one, and how far the reader is.
struct Turns {
    state: Mutex<State>,
    moved: Condvar,
    pieces: usize,
    window: usize,
}

struct State {
    next: usize,
    handed_on: usize,
    stopped: bool,
}

impl Turns {
    fn new(pieces: usize, window: usize) -> Self {
        let state = State { next: 0, handed_on: 0, stopped: false };
        Self { state: Mutex::new(state), moved: Condvar::new(), pieces, window }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece that nobody has, once it is near enough to what was handed on; `None` if there is no more to do.
    fn take(&self) -> Option<usize> {
        let far = |state: &mut State| {
            !state.stopped && state.next < self.pieces && state.next >= state.handed_on + self.window
        };
        let mut state = self.moved.wait_while(self.state(), far).unwrap_or_else(PoisonError::into_inner);
        if state.stopped || state.next == self.pieces {
            return None;
        }
        state.next += 1;
        Some(state.next - 1)
    }

    fn hand_on(&self) {
        self.state().handed_on += 1;
        self.moved.notify_all();
    }

    fn stop(&self) {
        self.state().stopped = true;
        self.moved.notify_all();
    }
}

/// Stops the threads when it goes, in a panic as well: nobody waits for a piece that will never come.
struct Stop<'a>(&'a Turns);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Lets each of `workers` make pieces of `0..items`, of `piece` items each, on a thread of its own whose rayon pool is that thread
/// alone, and hands what they make to `each` in order until it breaks. The threads have ended when this returns.
///
/// `None`, and nothing is done, where the system gives no thread.
///
/// # Errors
/// The first error of a worker, after what comes before it was handed on.
///
/// # Panics
/// With what a worker panicked with.
pub(crate) fn in_order<W: Send, T: Send, E: Send>(
    workers: &mut [W],
    items: usize,
    piece: usize,
    make: impl Fn(&mut W, Range<usize>) -> Result<T, E> + Sync,
    each: &mut dyn FnMut(Range<usize>, T) -> ControlFlow<()>,
) -> Option<Result<(), E>> {
    let range = |index: usize| index * piece..items.min((index + 1) * piece);
    let turns = Turns::new(items.div_ceil(piece), AHEAD * workers.len());
    let work = |worker: &mut W, made: &Sender<(usize, Result<T, E>)>| {
        // Without it layers use the pool of all threads.
        let _pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
        while let Some(index) = turns.take() {
            let stop = Stop(&turns);
            let piece = make(worker, range(index));
            // It is for panics alone.
            std::mem::forget(stop);
            if made.send((index, piece)).is_err() {
                break;
            }
        }
    };
    thread::scope(|scope| {
        let stop = Stop(&turns);
        let (made, ready) = channel();
        let start = |worker| {
            let (made, work) = (Sender::clone(&made), &work);
            Builder::new().name("photos".to_owned()).spawn_scoped(scope, move || work(worker, &made)).ok()
        };
        let threads: Vec<_> = workers.iter_mut().map_while(start).collect();
        if threads.is_empty() {
            return None;
        }
        drop(made);
        let result = hand_on(&turns, &ready, &mut |index, piece| each(range(index), piece));
        drop(stop);
        for thread in threads {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        Some(result)
    })
}

/// Hands on what is `ready`, in order.
fn hand_on<T, E>(
    turns: &Turns,
    ready: &Receiver<(usize, Result<T, E>)>,
    each: &mut dyn FnMut(usize, T) -> ControlFlow<()>,
) -> Result<(), E> {
    let mut early = BTreeMap::new();
    for index in 0..turns.pieces {
        let piece = loop {
            if let Some(piece) = early.remove(&index) {
                break piece;
            }
            // All threads have gone before the last piece only where one panicked, of which the caller hears when it joins them.
            let Ok((place, piece)) = ready.recv() else { return Ok(()) };
            early.insert(place, piece);
        };
        if each(index, piece?).is_break() {
            return Ok(());
        }
        turns.hand_on();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// Squares of `0..items` by `threads` threads, of which some dawdle, until `until` was handed on.
    fn squares(threads: usize, items: usize, piece: usize, until: usize) -> Vec<usize> {
        let mut workers = vec![0; threads];
        let mut found = Vec::new();
        let make = |worker: &mut usize, range: Range<usize>| {
            *worker += 1;
            if range.start % 7 == 3 {
                thread::sleep(Duration::from_millis(1));
            }
            Ok::<_, ()>(range.map(|item| item * item).collect::<Vec<_>>())
        };
        let each = &mut |range: Range<usize>, squares: Vec<usize>| {
            assert_eq!((range.start, range.len()), (found.len(), squares.len()));
            found.extend(squares);
            if found.len() >= until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert_eq!(in_order(&mut workers, items, piece, make, each), Some(Ok(())));
        found
    }

    #[test]
    fn pieces_come_in_order_whoever_made_them() {
        for (threads, items, piece) in [(1, 10, 3), (3, 100, 1), (4, 101, 4), (2, 1, 4), (2, 0, 4)] {
            let expected: Vec<usize> = (0..items).map(|item| item * item).collect();
            assert_eq!(squares(threads, items, piece, usize::MAX), expected);
        }
    }

    #[test]
    fn whoever_breaks_ends_the_threads() {
        assert_eq!(squares(3, 1_000_000, 2, 9), (0..10).map(|item| item * item).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_runs_far_ahead_of_the_reader() {
        let made = AtomicUsize::new(0);
        let make = |(): &mut (), range: Range<usize>| {
            made.fetch_add(range.len(), Ordering::SeqCst);
            Ok::<_, ()>(())
        };
        let each = &mut |range: Range<usize>, ()| {
            thread::sleep(Duration::from_millis(1));
            let ahead = made.load(Ordering::SeqCst) - range.start;
            assert!(ahead <= 2 * 2 * AHEAD, "{ahead} items are made");
            ControlFlow::Continue(())
        };
        assert_eq!(in_order(&mut [(), ()], 200, 2, make, each), Some(Ok(())));
    }

    #[test]
    fn an_error_comes_after_what_was_made_before_it() {
        let mut seen = 0;
        let make = |(): &mut (), range: Range<usize>| if range.contains(&37) { Err("37") } else { Ok(()) };
        let each = &mut |range: Range<usize>, ()| {
            seen = range.end;
            ControlFlow::Continue(())
        };
        assert_eq!(in_order(&mut [(); 3], 1000, 4, make, each), Some(Err("37")));
        assert_eq!(seen, 36);
    }

    #[test]
    fn a_panic_reaches_the_caller_from_both_sides() {
        let panicked = |in_worker: bool, in_reader: bool| {
            let make = |(): &mut (), range: Range<usize>| {
                assert!(!in_worker || range.start != 40, "of a worker");
                Ok::<_, ()>(())
            };
            let each = &mut |range: Range<usize>, ()| {
                assert!(!in_reader || range.start != 20, "of the reader");
                ControlFlow::Continue(())
            };
            let result = catch_unwind(AssertUnwindSafe(|| in_order(&mut [(); 2], 1000, 4, make, each)));
            *result.unwrap_err().downcast::<&'static str>().unwrap()
        };
        assert_eq!(panicked(true, false), "of a worker");
        assert_eq!(panicked(false, true), "of the reader");
    }
}
