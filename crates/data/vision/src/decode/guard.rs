//! Calls into decoders.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rayon::ThreadPoolBuilder;

use crate::problem::Reason;

/// A decoder that panics on unusual data has found a damaged file; it must not end a run of many hours.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Reason::Damaged { detail: "the decoder failed".to_owned() }))
}

/// Calls a decoder that divides its work among the threads of a `rayon` pool, in a pool of one thread.
///
/// Photos are decoded side by side already. A thread that waits for parts of one would take up another meanwhile, and a third
/// while it waits for parts of that, and keep them all in memory. Where no thread can be started, the work is done on this one.
pub(super) fn on_one_thread<T: Send>(work: impl Fn() -> Result<T, Reason> + Sync) -> Result<T, Reason> {
    let alone = || {
        guarded(|| {
            let _pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
            work()
        })
    };
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, alone) {
        Ok(thread) => thread.join().unwrap_or_else(|_| Err(Reason::damaged("the decoder failed"))),
        Err(_) => guarded(&work),
    })
}
