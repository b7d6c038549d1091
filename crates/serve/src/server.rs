//! Starts the threads, listens and answers.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use foliar_http::body::Budget;
use foliar_http::{Answer, Drained, Listener, Patience, Service, Stop};
use foliar_model::ModelError;
use hyper::Request;
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use crate::metrics::Metrics;
use crate::model::{Card, Model};
use crate::options::Options;
use crate::routes::handle;
use crate::shared::Shared;
use crate::work::Workers;

/// Bytes that all bodies together may take, at least.
const BODIES: u64 = 256 << 20;

/// Why a server could not be started or run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nothing to serve.
    #[error("no classifier to serve")]
    NoModel,
    /// Two classifiers of one name.
    #[error("two classifiers are called {0}; rename the folder of one")]
    SameName(String),
    /// The address is taken, not of this machine, or forbidden.
    #[error("cannot listen on {address}: {error}; give another with --listen")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The bundle cannot be run.
    #[error("{name}: {error}")]
    Model {
        /// Which.
        name: String,
        /// Why.
        error: ModelError,
    },
    /// The system refuses what a server needs.
    #[error("the server cannot run: {0}")]
    System(#[from] io::Error),
}

/// A server that listens. It answers once [`Server::run`] is called.
pub struct Server {
    listener: Listener,
    shared: Arc<Shared>,
    workers: Workers,
}

impl Server {
    /// Listens and starts the threads.
    ///
    /// # Errors
    /// [`ServeError`]: no classifiers, one that cannot be run, or an address that cannot be listened on.
    pub fn start(models: Vec<Model>, options: Options) -> Result<Self, ServeError> {
        if models.is_empty() {
            return Err(ServeError::NoModel);
        }
        for (place, model) in models.iter().enumerate() {
            if models[..place].iter().any(|other| other.name == model.name) {
                return Err(ServeError::SameName(model.name.clone()));
            }
        }
        let failed = |error| ServeError::Listen { address: options.listen, error };
        let listener = Listener::bind(options.listen).map_err(failed)?;
        let metrics = Arc::new(Metrics::new(&models));
        let cards = models.iter().map(Card::new).collect();
        let workers = Workers::start(models, options.decoders, options.batch, options.limits(), &metrics)
            .map_err(|(name, error)| ServeError::Model { name, error })?;
        let shared = Shared {
            cards,
            metrics,
            budget: Budget::new(BODIES.max(2 * options.body)),
            inbox: workers.inbox(),
            places: Arc::new(Semaphore::new(options.queue.max(1))),
            draining: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            options,
        };
        Ok(Self { listener, shared: Arc::new(shared), workers })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.address()
    }

    /// Answers until `stop` is asked, and then what was accepted.
    ///
    /// # Errors
    /// [`ServeError::System`].
    pub fn run(self, stop: &Stop) -> Result<Drained, ServeError> {
        let Self { listener, shared, workers } = self;
        let head = shared.options.patience();
        let patience = Patience { head, end: shared.options.timeout + head };
        let drained = listener.run(&shared, patience, stop)?;
        drop(shared);
        if drained.cut == 0 {
            workers.finish();
        }
        Ok(drained)
    }
}

impl Service for Shared {
    fn handle(&self, request: Request<Incoming>) -> impl Future<Output = Answer> + Send {
        handle(self, request)
    }

    fn draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn closed(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}
