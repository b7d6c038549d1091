//! What waits to be worked on, first come, first served.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Work;

/// Work that waits. Its places are counted elsewhere, so that it does not grow beyond them.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    work: VecDeque<Work>,
    /// Threads that take from here, and those of them that work on something.
    threads: usize,
    busy: usize,
    closed: bool,
}

/// What a thread has taken from a [`Queue`]. It is busy until this is dropped.
pub(crate) struct Taken<'a> {
    queue: &'a Queue,
    /// For one classifier.
    pub(super) work: Vec<Work>,
    /// Nothing else is waiting or worked on.
    pub(super) is_all: bool,
}

impl Queue {
    /// A queue that so many threads take from.
    pub(crate) fn for_threads(threads: usize) -> Self {
        Self { waiting: Mutex::new(Waiting { threads, ..Waiting::default() }), news: Condvar::new() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds work; gives it back once the queue is closed.
    pub(crate) fn add(&self, work: Work) -> Result<(), Box<Work>> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Box::new(work));
        }
        waiting.work.push_back(work);
        drop(waiting);
        self.news.notify_one();
        Ok(())
    }

    /// Waits for work, and takes one thread's share of it, at most `most`; none once the queue is closed and empty.
    pub(crate) fn take(&self, most: usize) -> Option<Taken<'_>> {
        let mut waiting = self.waiting();
        loop {
            if let Some(first) = waiting.work.front() {
                let model = first.model;
                let share = (waiting.work.len() / waiting.threads.max(1)).clamp(1, most.max(1));
                let alike = waiting.work.iter().take(share).take_while(|work| work.model == model).count();
                let work: Vec<Work> = waiting.work.drain(..alike).collect();
                let is_all = waiting.busy == 0 && waiting.work.is_empty();
                waiting.busy += 1;
                return Some(Taken { queue: self, work, is_all });
            }
            if waiting.closed {
                return None;
            }
            waiting = self.news.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more work; what waits is still worked on.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.news.notify_all();
    }

    /// Takes no more work and drops what waits, since a thread has failed.
    pub(crate) fn give_up(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        // Dropped without the lock: whoever asked is told.
        let work = std::mem::take(&mut waiting.work);
        drop(waiting);
        drop(work);
        self.news.notify_all();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.queue.waiting().busy -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use foliar_http::body::Budget;
    use hyper::body::Bytes;
    use tokio::sync::{Semaphore, oneshot};

    use super::*;
    use crate::work::{Source, Task, Ticket};

    fn work(model: usize) -> Work {
        let places = Arc::new(Semaphore::new(1));
        Work {
            model,
            source: Source::File { name: None, bytes: Bytes::new() },
            share: Arc::new(Budget::new(1).share()),
            task: Task::Predict,
            ticket: Ticket {
                reply: oneshot::channel().0,
                place: places.try_acquire_owned().unwrap(),
                since: Instant::now(),
            },
        }
    }

    fn take(queue: &Queue) -> (Vec<usize>, bool) {
        let mut taken = queue.take(4).unwrap();
        (taken.work.drain(..).map(|work| work.model).collect(), taken.is_all)
    }

    #[test]
    fn each_thread_takes_its_share_of_one_model() {
        let queue = Queue::for_threads(2);
        queue.add(work(0)).unwrap();
        assert_eq!(take(&queue), (vec![0], true), "all there is");
        for model in [0; 3].into_iter().chain([1; 12]) {
            queue.add(work(model)).unwrap();
        }
        let shares = [vec![0; 3], vec![1; 4], vec![1; 4], vec![1; 2], vec![1]];
        for share in shares {
            assert_eq!(take(&queue), (share, false));
        }
        assert_eq!(take(&queue), (vec![1], true));
        queue.add(work(2)).unwrap();
        let held = queue.take(4).unwrap();
        queue.add(work(3)).unwrap();
        assert_eq!(take(&queue), (vec![3], false), "another thread is at work");
        drop(held);
        queue.add(work(4)).unwrap();
        queue.close();
        assert!(queue.add(work(5)).is_err());
        assert_eq!(take(&queue), (vec![4], true), "what waits is worked on");
        assert!(queue.take(4).is_none());
    }

    #[test]
    fn nothing_waits_for_threads_that_have_failed() {
        let queue = Queue::for_threads(1);
        queue.add(work(0)).unwrap();
        queue.give_up();
        assert!(queue.add(work(1)).is_err() && queue.take(1).is_none());
    }
}
