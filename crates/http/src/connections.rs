//! Listens, accepts and drains.
//!
//! hyper alone, with an accept loop of our own: every connection has a time limit for the head of a request, which a server without a
//! timer has not, and for taking its answer, and an end that is asked for loses no request. From then on every answer closes its
//! connection, for a moment new connections are still taken, and what was taken is answered.

use std::convert::Infallible;
use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use std::{io, net};

use hyper::Request;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};

use crate::answer::Answer;
use crate::stream::{Stream, prepare};
use crate::tls::Tls;

/// Most open connections; others wait to be accepted.
const CONNECTIONS: u32 = 1000;
/// Most bytes of the head of a request.
const MOST_HEAD: usize = 64 << 10;
/// How long new connections are taken after an end was asked for.
const GRACE: Duration = Duration::from_millis(500);
/// How long the requests of the last of them may take to arrive.
const LAST: Duration = Duration::from_millis(100);

/// What answers the requests of a server.
pub trait Service: Send + Sync + 'static {
    /// Answers a request, whatever it is.
    fn handle(&self, request: Request<Incoming>) -> impl Future<Output = Answer> + Send;

    /// An end was asked for: answers from now on should close their connection.
    fn draining(&self) {}

    /// No new work should be taken.
    fn closed(&self) {}

    /// A connection was cut, since its client did not read its answer.
    fn cut(&self) {}
}

/// How long clients may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long the head of a request may take, a connection be idle, and a client not read its answer.
    pub head: Duration,
    /// How long the last requests may take once an end was asked for.
    pub end: Duration,
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

/// An address that is listened on. Connections wait until [`Listener::run`] is called.
#[derive(Debug)]
pub struct Listener {
    tcp: net::TcpListener,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens on `address`; port 0 takes any that is free.
    ///
    /// # Errors
    /// What the system says: the address is taken, not of this machine, or forbidden.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let tcp = net::TcpListener::bind(address)?;
        tcp.set_nonblocking(true)?;
        Ok(Self { tcp, tls: None })
    }

    /// The same, where everything is said within TLS if `tls` is given.
    #[must_use]
    pub fn within(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers on this thread until `stop` is asked, and then what was accepted.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn run(self, service: &Arc<impl Service>, patience: Patience, stop: &Stop) -> io::Result<Drained> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        runtime.block_on(serve(self, service, patience, stop))
    }
}

async fn serve<S: Service>(
    listener: Listener,
    service: &Arc<S>,
    patience: Patience,
    stop: &Stop,
) -> io::Result<Drained> {
    let Listener { tcp, tls } = listener;
    let listener = TcpListener::from_std(tcp)?;
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let (closing, closed) = watch::channel(false);
    let mut stopping = pin!(async {
        stop.0.notified().await;
        service.draining();
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
                let (service, tls, closed) = (Arc::clone(service), tls.clone(), closed.clone());
                tokio::spawn(async move {
                    opened(stream, tls, service, patience.head, closed).await;
                    drop(place);
                });
            }
            // No file is free, or the client has gone already.
            Some(Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    tokio::time::sleep(LAST).await;
    service.closed();
    closing.send_replace(true);
    let all = tokio::time::timeout(patience.end, places.acquire_many(CONNECTIONS)).await;
    let open = CONNECTIONS as usize - places.available_permits();
    Ok(Drained { cut: if all.is_ok() { 0 } else { open } })
}

async fn opened<S: Service>(
    tcp: TcpStream,
    tls: Option<Tls>,
    service: Arc<S>,
    patience: Duration,
    closed: watch::Receiver<bool>,
) {
    prepare(&tcp);
    let Some(Tls(acceptor)) = tls else {
        return connection(Stream::new(tcp, patience), service, patience, closed).await;
    };
    let mut speaking = pin!(tokio::time::timeout(patience, acceptor.accept(tcp)));
    let mut closing = pin!(ended(closed.clone()));
    // What has arrived is read before the end.
    let spoken = poll_fn(|cx| match speaking.as_mut().poll(cx) {
        Poll::Ready(spoken) => Poll::Ready(spoken.ok().and_then(Result::ok)),
        Poll::Pending => closing.as_mut().poll(cx).map(|()| None),
    })
    .await;
    // A client that does not speak TLS, or not soon, or not before the end, has asked nothing.
    if let Some(stream) = spoken {
        connection(Stream::new(stream, patience), service, patience, closed).await;
    }
}

/// Waits for the end.
async fn ended(mut closed: watch::Receiver<bool>) {
    // An error is that the server has gone, which ends what waits as well.
    let _ = closed.wait_for(|closed| *closed).await;
}

async fn connection<S: Service>(
    stream: impl Read + Write + Unpin,
    service: Arc<S>,
    patience: Duration,
    closed: watch::Receiver<bool>,
) {
    let answers = service_fn(|request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.handle(request).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(MOST_HEAD)
            .max_header_size(MOST_HEAD)
            .serve_connection(stream, answers)
    );
    let mut closing = pin!(ended(closed));
    let mut asked = false;
    let outcome = poll_fn(|cx| {
        // What has arrived is read before the end, which closes a connection that is idle.
        if let Poll::Ready(outcome) = connection.as_mut().poll(cx) {
            return Poll::Ready(outcome);
        }
        if !asked && closing.as_mut().poll(cx).is_ready() {
            asked = true;
            connection.as_mut().graceful_shutdown();
            return connection.as_mut().poll(cx);
        }
        Poll::Pending
    })
    .await;
    // That a client breaks off is no news for anybody.
    if outcome.is_err_and(|error| waited_too_long(&error)) {
        service.cut();
    }
}

/// Whether a write has waited too long.
fn waited_too_long(error: &hyper::Error) -> bool {
    let error = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    error.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}
