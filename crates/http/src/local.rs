//! A server for one person on this machine: pages at an address that nobody can guess.
//!
//! Other programs of this machine, and pages of other sites in the same browser, can reach it and do not know the address. What asks
//! for another host or comes from another page is refused before, and what writes must be JSON, which a page of another site may not
//! send without being asked first. Nothing is allowed to pages of other sites.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use tokio::sync::Semaphore;

use crate::access::{check_host, check_origin};
use crate::answer::{Answer, answer, guard, refused};
use crate::body::{Budget, discard, read};
use crate::connections::{Drained, Listener, Patience, Service, Stop};
use crate::refusal::Refusal;

/// What a page may do: run its script, show pictures of this server, and ask it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Most bytes of a request.
const MOST_BODY: u64 = 64 << 10;
/// Bytes that all requests together may take.
const BODIES: u64 = 1 << 20;
/// Pictures and documents that are made at a time; others wait, and what is written does not wait for them.
const AT_A_TIME: usize = 4;
const PATIENCE: Duration = Duration::from_secs(10);

/// How all such pages look, as CSS: their colours, light and dark, their letters, what has the focus.
pub const LOOK: &str = include_str!("local/look.css");
const ICON: &str = include_str!("local/icon.svg");

/// What is shown. Each call runs on a thread of its own and may take its time.
pub trait Pages: Send + Sync + 'static {
    /// What is at `path`, relative to the page, of which the path is empty.
    ///
    /// # Errors
    /// A refusal, such as [`nothing_here`].
    fn get(&self, path: &str, query: &str) -> Result<Answer, Refusal>;

    /// Does what the JSON document `body` asks.
    ///
    /// # Errors
    /// A refusal.
    fn post(&self, path: &str, body: &[u8]) -> Result<Answer, Refusal> {
        let _ = body;
        Err(nothing_here(path))
    }
}

/// A server that listens. It answers once [`Local::run`] is called.
pub struct Local<P> {
    listener: Listener,
    desk: Arc<Desk<P>>,
}

impl<P: Pages> Local<P> {
    /// Listens on `listen`; port 0 takes any that is free.
    ///
    /// # Errors
    /// An address that cannot be listened on; a system without random numbers.
    pub fn start(listen: SocketAddr, pages: P) -> io::Result<Self> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let token = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let desk = Desk {
            token,
            pages: Arc::new(pages),
            budget: Budget::new(BODIES),
            places: Semaphore::new(AT_A_TIME),
            draining: AtomicBool::new(false),
        };
        Ok(Self { listener: Listener::bind(listen)?, desk: Arc::new(desk) })
    }

    /// The address of the page, with what nobody can guess.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<String> {
        Ok(format!("http://{}/{}/", self.listener.address()?, self.desk.token))
    }

    /// Answers until `stop` is asked.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn run(self, stop: &Stop) -> io::Result<Drained> {
        self.listener.run(&self.desk, Patience { head: PATIENCE, end: PATIENCE }, stop)
    }
}

/// A page.
pub fn page(html: impl Into<Bytes>) -> Answer {
    let mut page = answer(StatusCode::OK, "text/html; charset=utf-8", html);
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    page
}

/// A script of a page.
pub fn script(text: impl Into<Bytes>) -> Answer {
    answer(StatusCode::OK, "text/javascript; charset=utf-8", text)
}

/// A style of a page, after [`LOOK`].
pub fn style(text: &str) -> Answer {
    answer(StatusCode::OK, "text/css; charset=utf-8", format!("{LOOK}{text}"))
}

/// A picture as JPEG, which the browser may keep: the address is another one after the next start.
pub fn jpeg(bytes: Vec<u8>) -> Answer {
    let mut answer = answer(StatusCode::OK, "image/jpeg", bytes);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    answer
}

/// A picture in SVG.
pub fn svg(text: impl Into<Bytes>) -> Answer {
    answer(StatusCode::OK, "image/svg+xml", text)
}

/// The refusal of a path that leads nowhere.
#[must_use]
pub fn nothing_here(path: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not-found", format!("there is nothing at {path:?}"))
}

struct Desk<P> {
    token: String,
    pages: Arc<P>,
    budget: Arc<Budget>,
    places: Semaphore,
    draining: AtomicBool,
}

impl<P: Pages> Desk<P> {
    async fn route(&self, head: &Parts, body: &mut Incoming) -> Result<Answer, Refusal> {
        check_host(&head.uri, &head.headers, &[])?;
        check_origin(&head.headers, &[])?;
        let path = self.below(head.uri.path())?.to_owned();
        let pages = Arc::clone(&self.pages);
        if head.method == Method::GET || head.method == Method::HEAD {
            let query = head.uri.query().unwrap_or_default().to_owned();
            if path == "icon.svg" {
                return Ok(svg(ICON));
            }
            let _place = self.places.acquire().await.map_err(|error| Refusal::fault(error.to_string()))?;
            return work(move || pages.get(&path, &query)).await;
        }
        if head.method != Method::POST {
            return Err(Refusal::method(&head.method, "GET, HEAD, POST"));
        }
        if head.headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/json") {
            let sentence = "what is sent must be application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", sentence));
        }
        let (bytes, _share) = read(body, MOST_BODY, PATIENCE, &self.budget).await?;
        work(move || pages.post(&path, &bytes)).await
    }

    /// What follows the secret in a path.
    fn below<'a>(&self, path: &'a str) -> Result<&'a str, Refusal> {
        let parts = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        // Digests are compared in constant time.
        let is_known = |given: &str| blake3::hash(given.as_bytes()) == blake3::hash(self.token.as_bytes());
        match parts {
            Some((given, rest)) if is_known(given) => Ok(rest),
            _ => {
                let sentence = "open the whole address that was printed: its last part is needed";
                Err(Refusal::new(StatusCode::NOT_FOUND, "no-token", sentence))
            }
        }
    }
}

/// Does `work` on a thread of its own.
async fn work(work: impl FnOnce() -> Result<Answer, Refusal> + Send + 'static) -> Result<Answer, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(Refusal::fault(error.to_string())),
    }
}

impl<P: Pages> Service for Desk<P> {
    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let (head, mut body) = request.into_parts();
        let mut answer = match self.route(&head, &mut body).await {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal),
        };
        if !body.is_end_stream() {
            tokio::spawn(discard(body));
        }
        guard(&mut answer);
        let mut insert =
            |name: HeaderName, value| answer.headers_mut().insert(name, HeaderValue::from_static(value));
        insert(header::REFERRER_POLICY, "same-origin");
        insert(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        if self.draining.load(Ordering::Relaxed) {
            insert(header::CONNECTION, "close");
        }
        answer
    }

    fn draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}
