//! The threads that decode and predict.
//!
//! ```text
//! requests ──> as many threads as cores: each takes what waits, its share of it up to a batch, decodes and predicts
//!                └──> one thread that explains
//! ```
//!
//! A thread does all of a photograph, so that none waits for another in the middle of it, and the photographs that came first are done
//! first. The classifiers' weights are there once. Every photograph holds a place of the queue until it is answered or its client has
//! gone, so that no channel grows beyond it.

mod alone;
mod explaining;
mod queue;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use foliar_explain::Explanation;
use foliar_http::body::Share;
use foliar_model::{Bundle, ModelError, Prediction, Predictor};
use foliar_vision::{Limits, Reason, Resizer, Rgb};
use hyper::body::Bytes;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use self::explaining::explain_all;
pub(crate) use self::queue::Queue;
use self::worker::Worker;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::model::Model;

/// A photograph to be.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file, with its name if it has one.
    File { name: Option<PathBuf>, bytes: Bytes },
    /// Pixels.
    Pixels(Rgb),
}

/// What is asked of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Predict,
    /// The evidence for a class, or for the most probable one.
    Explain {
        class: Option<usize>,
    },
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) prediction: Prediction,
    pub(crate) remarks: Vec<Reason>,
    /// The reduced photograph and where the evidence in it lies.
    pub(crate) explained: Option<(Rgb, Explanation)>,
}

/// Why nothing was found.
#[derive(Debug)]
pub(crate) enum Failure {
    Photo(Reason),
    /// A fault of the network or of the program.
    Fault(String),
}

/// One photograph on its way.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) model: usize,
    pub(crate) source: Source,
    /// Of the body that the photograph came in, whether or not its client still waits.
    pub(crate) share: Arc<Share>,
    pub(crate) task: Task,
    pub(crate) ticket: Ticket,
}

/// Where the answer goes, and the place in the queue until then.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) reply: oneshot::Sender<Result<Found, Failure>>,
    pub(crate) place: OwnedSemaphorePermit,
    pub(crate) since: Instant,
}

impl Ticket {
    fn answer(self, result: Result<Found, Failure>) {
        let Self { reply, place, .. } = self;
        // The place is free before the client knows.
        drop(place);
        // A client that has gone wants no answer.
        let _ = reply.send(result);
    }

    fn is_given_up(&self) -> bool {
        self.reply.is_closed()
    }
}

/// The threads. They end when all work is done after [`Workers::finish`].
pub(crate) struct Workers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// Why the threads cannot be started.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The name of a model whose weights do not fit its network, or for whose photographs there is no memory.
    Model(String, ModelError),
    Threads(ThreadPoolBuildError),
}

impl Workers {
    /// Starts `threads` threads that decode and predict, each at most `batch` photographs at a time.
    pub(crate) fn start(
        models: Vec<Model>,
        threads: usize,
        batch: usize,
        limits: Limits,
        metrics: &Arc<Metrics>,
        health: &Arc<Health>,
    ) -> Result<Self, StartError> {
        let threads = threads.max(1);
        let wide = Arc::new(pool(threads, false)?);
        let (names, bundles): (Vec<String>, Vec<Arc<Bundle>>) =
            models.into_iter().map(|Model { name, bundle, .. }| (name, Arc::new(bundle))).unzip();
        let of_each = |make: &(dyn Fn(usize) -> Result<Predictor, ModelError> + Sync)| {
            let named = |(place, name): (usize, &String)| {
                make(place).map_err(|error| StartError::Model(name.clone(), error))
            };
            names.iter().enumerate().map(named).collect::<Result<Vec<_>, _>>()
        };
        let batch = batch.max(1);
        let first = wide.install(|| of_each(&|place| Predictor::new(Arc::clone(&bundles[place]), batch)))?;
        let mut predictors =
            (1..threads).map(|_| of_each(&|place| first[place].another())).collect::<Result<Vec<_>, _>>()?;
        predictors.push(first);
        let queue = Arc::new(Queue::for_threads(threads));
        let (explaining, asked) = channel();
        let mut started = Vec::new();
        for predictors in predictors {
            let worker = Worker {
                queue: Arc::clone(&queue),
                predictors,
                wide: (threads > 1).then(|| Arc::clone(&wide)),
                explaining: explaining.clone(),
                limits,
                metrics: Arc::clone(metrics),
                resizer: Resizer::default(),
            };
            let shift = health.shift();
            started.push(thread::spawn(move || {
                let _shift = shift;
                // A pool of this thread alone, where a layer is no reason to wake another.
                let _pool = pool(1, true);
                worker.run(batch);
            }));
        }
        let shift = health.shift();
        started.push(thread::spawn(move || {
            let _shift = shift;
            explain_all(bundles, &asked, &wide);
        }));
        Ok(Self { queue, threads: started })
    }

    /// Where work goes.
    pub(crate) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Waits until all work is done.
    pub(crate) fn finish(self) {
        self.queue.close();
        for thread in self.threads {
            // A thread that panicked has dropped its work, which the clients were told.
            let _ = thread.join();
        }
    }
}

fn pool(threads: usize, with_this: bool) -> Result<ThreadPool, StartError> {
    let builder = ThreadPoolBuilder::new().num_threads(threads);
    let builder = if with_this { builder.use_current_thread() } else { builder };
    builder.build().map_err(StartError::Threads)
}
