//! Listens, accepts and drains.
//!
//! hyper alone, with an accept loop of our own: every connection has a time limit for the head of a request, which a server without a
//! timer has not, and an end that is asked for loses no request. From then on every answer closes its connection, for a moment new
//! connections are still taken, and what was taken is answered.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use std::{io, net};

use foliar_model::ModelError;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};

use crate::body::Budget;
use crate::metrics::Metrics;
use crate::model::{Card, Model};
use crate::options::Options;
use crate::routes::handle;
use crate::shared::Shared;
use crate::work::Workers;

/// Most open connections; others wait to be accepted.
const CONNECTIONS: u32 = 1000;
/// Most bytes of the head of a request.
const MOST_HEAD: usize = 64 << 10;
/// How long new connections are taken after an end was asked for.
const GRACE: Duration = Duration::from_millis(500);
/// How long the requests of the last of them may take to arrive.
const LAST: Duration = Duration::from_millis(100);
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

/// Asks a server to end, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// Asks for an orderly end.
    pub fn ask(&self) {
        self.0.notify_one();
    }
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still open when the time for draining was over; 0 if all was answered.
    pub cut: usize,
}

/// A server that listens. It answers once [`Server::run`] is called.
pub struct Server {
    listener: net::TcpListener,
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
        let listener = net::TcpListener::bind(options.listen).map_err(failed)?;
        listener.set_nonblocking(true)?;
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
        self.listener.local_addr()
    }

    /// Answers until `stop` is asked, and then what was accepted.
    ///
    /// # Errors
    /// [`ServeError::System`].
    pub fn run(self, stop: &Stop) -> Result<Drained, ServeError> {
        let Self { listener, shared, workers } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let drained = runtime.block_on(serve(listener, &shared, stop))?;
        drop(runtime);
        drop(shared);
        if drained.cut == 0 {
            workers.finish();
        }
        Ok(drained)
    }
}

async fn serve(listener: net::TcpListener, shared: &Arc<Shared>, stop: &Stop) -> io::Result<Drained> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let (closing, closed) = watch::channel(false);
    let mut stopping = pin!(async {
        stop.0.notified().await;
        shared.draining.store(true, Ordering::Relaxed);
        tokio::time::sleep(GRACE).await;
    });
    loop {
        let place = {
            let mut free = pin!(Arc::clone(&places).acquire_owned());
            poll_fn(|cx| match free.as_mut().poll(cx) {
                Poll::Ready(place) => Poll::Ready(place.ok()),
                Poll::Pending => stopping.as_mut().poll(cx).map(|()| None),
            })
            .await
        };
        let Some(place) = place else { break };
        // What waits to be accepted comes before the end.
        let accepted = poll_fn(|cx| match listener.poll_accept(cx) {
            Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
            Poll::Pending => stopping.as_mut().poll(cx).map(|()| None),
        })
        .await;
        match accepted {
            None => break,
            Some(Ok((stream, _))) => {
                let (shared, closed) = (Arc::clone(shared), closed.clone());
                tokio::spawn(async move {
                    connection(stream, shared, closed).await;
                    drop(place);
                });
            }
            // No file is free, or the client has gone already.
            Some(Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    tokio::time::sleep(LAST).await;
    shared.closed.store(true, Ordering::Relaxed);
    closing.send_replace(true);
    let longest = shared.options.timeout + shared.options.patience();
    let all = tokio::time::timeout(longest, places.acquire_many(CONNECTIONS)).await;
    let open = CONNECTIONS as usize - places.available_permits();
    Ok(Drained { cut: if all.is_ok() { 0 } else { open } })
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, mut closed: watch::Receiver<bool>) {
    // Answers are small; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let patience = shared.options.patience();
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(handle(&shared, request).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(MOST_HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let mut closing = pin!(async move {
        // An error is that the server has gone, which ends this as well.
        let _ = closed.wait_for(|closed| *closed).await;
    });
    let mut asked = false;
    // That a client breaks off is no news for anybody.
    let _ = poll_fn(|cx| {
        // What has arrived is read before the end, which closes a connection that is idle.
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            return Poll::Ready(ended);
        }
        if !asked && closing.as_mut().poll(cx).is_ready() {
            asked = true;
            connection.as_mut().graceful_shutdown();
            return connection.as_mut().poll(cx);
        }
        Poll::Pending
    })
    .await;
}
