//! Why a request is not answered as it was meant: a status, a word for programs and a sentence for people.

use hyper::{Method, StatusCode};
use serde::Serialize;

/// Seconds after which a client that met a full queue may try again.
const RETRY_AFTER: u32 = 1;

/// A request that is refused. Serialised as `{"error": sentence, "reason": word}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The status of the answer.
    #[serde(skip)]
    pub status: StatusCode,
    /// For people.
    #[serde(rename = "error")]
    pub sentence: String,
    /// For programs.
    pub reason: &'static str,
    /// Of a method that is not possible: the methods that are.
    #[serde(skip)]
    pub(crate) allow: Option<&'static str>,
}

impl Refusal {
    /// A refusal with its parts.
    pub fn new(status: StatusCode, reason: &'static str, sentence: impl Into<String>) -> Self {
        Self { status, reason, sentence: sentence.into(), allow: None }
    }

    /// The request itself is not what it should be.
    pub fn malformed(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", sentence)
    }

    /// A method that is not possible where `allow` are.
    pub fn method(method: &Method, allow: &'static str) -> Self {
        let sentence = format!("{method} is not possible here; possible: {allow}");
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", sentence)
        }
    }

    /// More bytes than a request may have.
    pub fn body_too_large(limit: u64) -> Self {
        let sentence =
            format!("the body has more than {limit} bytes, which is the limit; send fewer or smaller photos");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", sentence)
    }

    /// More work waits than the queue holds.
    pub fn queue_full() -> Self {
        let sentence = "more is waiting than the queue holds; try again after the seconds in Retry-After";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "queue-full", sentence)
    }

    /// The server ends.
    pub fn draining() -> Self {
        let sentence = "the server is shutting down; ask again once it, or another one, is ready";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "draining", sentence)
    }

    /// A fault of the server itself.
    pub fn fault(what: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", what)
    }

    /// Seconds for the header `Retry-After`, where trying again later may help.
    pub fn retry_after(&self) -> Option<u32> {
        matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
            .then_some(RETRY_AFTER)
    }
}
