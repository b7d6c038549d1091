//! One request for the missing rest of a file.
//!
//! A part is continued with `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14.2). If the file on the server has changed,
//! or the server does not support ranges, it sends the whole file with status 200, and the download starts again.

use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::{Agent, Body, Error as HttpError};

use crate::catalogue::Entry;
use crate::error::CatalogueError;
use crate::options::{FetchEvent, LEAST, Observer, Options};
use crate::partial::Partial;

/// Bytes read at once.
const CHUNK: usize = 1 << 16;
/// Longest wait that a server can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// A file to download and its source.
pub(crate) struct Transfer<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) url: &'a str,
    /// The file's path in the cache.
    pub(crate) target: &'a Path,
    pub(crate) stall_timeout: Duration,
    pub(crate) agent: &'a Agent,
}

/// How a request ended.
pub(crate) enum Attempt {
    /// The file is complete, as far as the server says.
    Complete {
        /// Whether it came in more than one response.
        continued: bool,
    },
    /// Another attempt may succeed.
    Broken {
        reason: String,
        /// How long the server asks to wait.
        wait: Option<Duration>,
    },
}

/// An HTTP agent with time limits for a silent server.
pub(crate) fn agent(options: &Options) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("foliar/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_recv_response(Some(options.stall_timeout))
        .timeout_per_read(Some(options.stall_timeout))
        .max_idle_connections(0)
        .build()
        .new_agent()
}

impl Transfer<'_> {
    /// Requests the missing rest of `partial` and appends it.
    pub(crate) fn attempt(
        &self,
        partial: &mut Partial,
        observe: Observer<'_>,
    ) -> Result<Attempt, CatalogueError> {
        let mut request = self.agent.get(self.url).header(header::ACCEPT_ENCODING, "identity");
        if let Some(validator) = partial.validator() {
            let range = format!("bytes={}-", partial.len());
            request = request.header(header::RANGE, range).header(header::IF_RANGE, validator);
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return self.unreachable(error),
        };
        let status = response.status();
        let total = match status {
            StatusCode::OK => {
                partial.restart(validator(response.headers()))?;
                response.body().content_length()
            }
            StatusCode::PARTIAL_CONTENT => match content_range(response.headers()) {
                Some((start, total)) if start == partial.len() => total,
                _ => return restart(partial, "the server sent the wrong range"),
            },
            // Nothing is missing: an earlier process died after the last byte and before the rename.
            StatusCode::RANGE_NOT_SATISFIABLE
                if unsatisfied_total(response.headers()) == Some(partial.len()) =>
            {
                return Ok(Attempt::Complete { continued: true });
            }
            StatusCode::RANGE_NOT_SATISFIABLE => return restart(partial, "the download cannot be continued"),
            status => return self.refused(&response, status),
        };
        if let Some(total) = total
            && !self.sizes().contains(&total)
        {
            return Err(self.other_size(total));
        }
        Ok(match self.receive(&mut response, total, partial, observe)? {
            None => Attempt::Complete { continued: status == StatusCode::PARTIAL_CONTENT },
            Some(reason) => broken(reason),
        })
    }

    /// Appends the body of a response; returns why it ended too early, if it did.
    fn receive(
        &self,
        response: &mut Response<Body>,
        total: Option<u64>,
        partial: &mut Partial,
        observe: Observer<'_>,
    ) -> Result<Option<String>, CatalogueError> {
        let mut body = response.body_mut().as_reader();
        let mut chunk = vec![0; CHUNK];
        // Since when how many bytes have come: no read may block for long, and many short ones may not either.
        let (mut since, mut counted) = (Instant::now(), partial.len());
        loop {
            if since.elapsed() >= self.stall_timeout {
                let came = partial.len() - counted;
                if came < LEAST {
                    let seconds = since.elapsed().as_secs_f64();
                    return Ok(Some(format!("only {came} bytes in {seconds:.1} s")));
                }
                (since, counted) = (Instant::now(), partial.len());
            }
            if observe(&FetchEvent::Received { bytes: partial.len(), total }).is_break() {
                return Err(CatalogueError::Interrupted { partial: partial.path().to_owned() });
            }
            match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(len) => partial.append(&chunk[..len])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(Some(self.reason(error, partial.len()))),
            }
            if partial.len() > *self.sizes().end() {
                return Err(self.other_size(partial.len()));
            }
        }
        let fewest = total.unwrap_or(*self.sizes().start());
        let whole = partial.len() >= fewest;
        Ok((!whole).then(|| format!("the connection closed after {} bytes", partial.len())))
    }

    /// The range of acceptable sizes. The size in the catalogue is rounded; the digest is the exact check.
    fn sizes(&self) -> RangeInclusive<u64> {
        let bytes = self.entry.mebibytes * f64::from(1 << 20);
        (bytes * 0.99 - 1024.0) as u64..=(bytes * 1.01 + 1024.0) as u64
    }

    fn other_size(&self, found: u64) -> CatalogueError {
        CatalogueError::Size {
            url: self.url.to_owned(),
            found,
            expected: self.expected(),
            path: self.target.to_owned(),
        }
    }

    /// Size of the file in bytes, to within a few hundred.
    pub(crate) fn expected(&self) -> u64 {
        (self.entry.mebibytes * f64::from(1 << 20)) as u64
    }

    fn unreachable(&self, error: HttpError) -> Result<Attempt, CatalogueError> {
        match error {
            HttpError::BadUri(_) | HttpError::Http(_) => {
                Err(CatalogueError::Mirror { mirror: self.url.to_owned() })
            }
            HttpError::Timeout(_) => Ok(broken("the server did not answer in time".into())),
            error => Ok(broken(error.to_string())),
        }
    }

    fn refused(&self, response: &Response<Body>, status: StatusCode) -> Result<Attempt, CatalogueError> {
        let temporary = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        if temporary || status.is_server_error() {
            let reason = format!("the server answered {status}");
            return Ok(Attempt::Broken { reason, wait: retry_after(response.headers()) });
        }
        let (url, path) = (self.url.to_owned(), self.target.to_owned());
        Err(CatalogueError::Status { url, status: status.as_u16(), path })
    }

    fn reason(&self, error: io::Error, received: u64) -> String {
        match HttpError::from(error) {
            HttpError::Timeout(_) => {
                format!("no data for {} s after {received} bytes", self.stall_timeout.as_secs_f64())
            }
            error => format!("{error} after {received} bytes"),
        }
    }
}

fn broken(reason: String) -> Attempt {
    Attempt::Broken { reason, wait: None }
}

fn restart(partial: &mut Partial, reason: &str) -> Result<Attempt, CatalogueError> {
    partial.restart(None)?;
    Ok(broken(reason.to_owned()))
}

/// The validator for this version: a strong `ETag`, else the date of the last change.
fn validator(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| text(header::LAST_MODIFIED))
}

/// Start and total of `Content-Range: bytes START-END/TOTAL`.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _end) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

/// Total of `Content-Range: bytes */TOTAL`, which a server sends if a range lies beyond the end.
fn unsatisfied_total(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes */")?.trim().parse().ok()
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
