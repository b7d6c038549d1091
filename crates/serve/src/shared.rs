//! What all requests share: the classifiers' cards, the queue and what is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hyper::StatusCode;
use tokio::sync::{Semaphore, oneshot};

use crate::health::Health;
use crate::metrics::Metrics;
use crate::model::Card;
use crate::options::Options;
use crate::work::{Failure, Found, Queue, Source, Task, Ticket, Work};
use foliar_http::Refusal;
use foliar_http::body::{Budget, Share};

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) cards: Vec<Card>,
    pub(crate) options: Options,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) health: Arc<Health>,
    /// Of the queue.
    pub(crate) places: Arc<Semaphore>,
    /// An end was asked for: connections close after their next answer.
    pub(crate) draining: AtomicBool,
    /// No new work is taken.
    pub(crate) closed: AtomicBool,
}

impl Shared {
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether requests can be answered at all.
    ///
    /// # Errors
    /// 503 once a thread has failed.
    pub(crate) fn check_health(&self) -> Result<(), Refusal> {
        if self.health.has_failed() { Err(Health::refusal()) } else { Ok(()) }
    }

    /// Photographs that wait or are worked on.
    pub(crate) fn waiting(&self) -> usize {
        self.options.queue.saturating_sub(self.places.available_permits())
    }

    /// Place of the classifier of this name; the first one without a name.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<usize, Refusal> {
        let Some(name) = name else { return Ok(0) };
        self.cards.iter().position(|card| card.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.cards.iter().map(|card| card.name.as_str()).collect();
            let sentence = format!("there is no model {name:?}; there are {}", names.join(", "));
            Refusal::new(StatusCode::NOT_FOUND, "no-model", sentence)
        })
    }

    /// Has photographs worked on, and waits for all. Whoever stops waiting gives the work up.
    pub(crate) async fn ask(
        &self,
        model: usize,
        sources: Vec<Source>,
        share: Share,
        task: Task,
    ) -> Result<Vec<Result<Found, Failure>>, Refusal> {
        self.check_health()?;
        if self.closed.load(Ordering::Relaxed) {
            return Err(Refusal::draining());
        }
        let (since, share) = (Instant::now(), Arc::new(share));
        let count = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        let mut places =
            Arc::clone(&self.places).try_acquire_many_owned(count).map_err(|_| Refusal::queue_full())?;
        let mut answers = Vec::with_capacity(sources.len());
        for source in sources {
            let (reply, answer) = oneshot::channel();
            let place = places.split(1).ok_or_else(|| Refusal::fault("a place of the queue is missing"))?;
            let share = Arc::clone(&share);
            let work = Work { model, source, share, task, ticket: Ticket { reply, place, since } };
            self.queue.add(work).map_err(|_| Health::refusal())?;
            answers.push(answer);
        }
        // From now on only the work holds the body.
        drop(share);
        let deadline = tokio::time::Instant::from_std(since + self.options.timeout);
        let mut found = Vec::with_capacity(answers.len());
        for answer in answers {
            match tokio::time::timeout_at(deadline, answer).await {
                Ok(Ok(result)) => found.push(result),
                // A thread that panicked has dropped its work.
                Ok(Err(_)) => return Err(Health::refusal()),
                Err(_) => {
                    let seconds = self.options.timeout.as_secs_f64();
                    let sentence = format!(
                        "no answer within {seconds} seconds, which is the limit (foliar serve --timeout); ask again when the server has less to do"
                    );
                    return Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, "waited-too-long", sentence));
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
impl Shared {
    /// What requests share where there is no classifier.
    pub(crate) fn of_none(options: Options, queue: Arc<Queue>, health: Arc<Health>) -> Self {
        Self {
            cards: Vec::new(),
            metrics: Arc::new(Metrics::new(&[])),
            budget: Budget::new(1 << 20),
            queue,
            health,
            places: Arc::new(Semaphore::new(options.queue)),
            draining: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            options,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::body::Bytes;

    use super::*;

    /// Asks for what nobody works on, and stops to wait.
    fn ask_in_vain(shared: &Shared, bytes: u64) -> Refusal {
        let mut share = shared.budget.share();
        share.grow(bytes).unwrap();
        let sources = vec![Source::File { name: None, bytes: Bytes::from_static(b"x") }];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(shared.ask(0, sources, share, Task::Predict)).unwrap_err()
    }

    #[test]
    fn what_nobody_waits_for_counts_until_it_is_dropped() {
        let options = Options { timeout: Duration::from_millis(20), queue: 2, ..Options::default() };
        let queue = Arc::new(Queue::for_threads(1));
        let shared = Shared::of_none(options, Arc::clone(&queue), Arc::default());
        assert_eq!(ask_in_vain(&shared, 7).reason, "waited-too-long");
        assert_eq!(ask_in_vain(&shared, 8).reason, "waited-too-long");
        assert_eq!(ask_in_vain(&shared, 9).reason, "queue-full");
        assert_eq!((shared.waiting(), shared.budget.used()), (2, 15));
        drop(queue.take(1).unwrap());
        assert_eq!((shared.waiting(), shared.budget.used()), (1, 8));
        queue.give_up();
        assert_eq!((shared.waiting(), shared.budget.used()), (0, 0));
        let refusal = ask_in_vain(&shared, 1);
        assert_eq!((refusal.status.as_u16(), refusal.reason), (503, "worker-gone"));
        shared.closed.store(true, Ordering::Relaxed);
        assert_eq!(ask_in_vain(&shared, 1).reason, "draining");
    }
}
