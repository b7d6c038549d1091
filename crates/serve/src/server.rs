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
use crate::work::{StartError, Workers};

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
    /// A thread that decodes or predicts has failed.
    #[error(
        "a thread of the server has failed, so it has ended; start it again, and report what was printed before"
    )]
    Failed,
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
        let listener = Listener::bind(options.listen).map_err(failed)?.within(options.tls.clone());
        let metrics = Arc::new(Metrics::new(&models));
        let cards = models.iter().map(Card::new).collect();
        let health = Arc::default();
        let workers =
            Workers::start(models, options.threads, options.batch, options.limits(), &metrics, &health)
                .map_err(|error| match error {
                    StartError::Model(name, error) => ServeError::Model { name, error },
                    StartError::Threads(error) => ServeError::System(io::Error::other(error)),
                })?;
        let shared = Shared {
            cards,
            metrics,
            budget: Budget::new(BODIES.max(2 * options.body)),
            queue: workers.queue(),
            health,
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

    /// Answers until `stop` is asked, and then what was accepted. Where a thread fails it asks `stop` itself.
    ///
    /// # Errors
    /// [`ServeError::System`], [`ServeError::Failed`].
    pub fn run(self, stop: &Stop) -> Result<Drained, ServeError> {
        let Self { listener, shared, workers } = self;
        let health = Arc::clone(&shared.health);
        health.end_with(stop);
        let head = shared.options.patience();
        let patience = Patience { head, end: shared.options.timeout + head };
        let drained = listener.run(&shared, patience, stop)?;
        drop(shared);
        if drained.cut == 0 {
            workers.finish();
        }
        if health.has_failed() { Err(ServeError::Failed) } else { Ok(drained) }
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

    fn cut(&self) {
        self.metrics.cut();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::health::Health;

    /// The answer to a request, as text.
    fn ask(address: SocketAddr, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_server_whose_thread_has_failed_says_so_and_ends() {
        let options = Options { listen: ([127, 0, 0, 1], 0).into(), ..Options::default() };
        let listener = Listener::bind(options.listen).unwrap();
        let address = listener.address().unwrap();
        let health: Arc<Health> = Arc::default();
        let metrics = Arc::new(Metrics::new(&[]));
        let workers = Workers::start(Vec::new(), 1, 1, options.limits(), &metrics, &health).unwrap();
        let shared = Arc::new(Shared::of_none(options, workers.queue(), Arc::clone(&health)));
        let server = Server { listener, shared, workers };
        let serving = thread::spawn(move || server.run(&Stop::default()));
        assert!(ask(address, "GET", "/livez").starts_with("HTTP/1.1 200 "));

        let shift = health.shift();
        let failing = thread::spawn(move || {
            let _shift = shift;
            std::panic::resume_unwind(Box::new("a fault that nobody foresaw"));
        });
        failing.join().unwrap_err();
        for path in ["/livez", "/readyz"] {
            let answer = ask(address, "GET", path);
            assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"worker-gone\""), "{answer}");
            assert!(answer.contains("retry-after: "), "{answer}");
        }
        assert!(matches!(serving.join().unwrap(), Err(ServeError::Failed)));
    }
}
