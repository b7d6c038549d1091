//! Why a request is not answered as it was meant: a status, a word for programs and a sentence for people.

use foliar_vision::Reason;
use hyper::StatusCode;
use serde::Serialize;

/// Seconds after which a client that met a full queue may try again.
const RETRY_AFTER: u32 = 1;

/// A request that is refused. Serialised as `{"error": sentence, "reason": word}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    #[serde(rename = "error")]
    pub(crate) sentence: String,
    pub(crate) reason: &'static str,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: &'static str, sentence: impl Into<String>) -> Self {
        Self { status, reason, sentence: sentence.into() }
    }

    /// The request itself is not what it should be.
    pub(crate) fn malformed(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", sentence)
    }

    /// More bytes than a request may have.
    pub(crate) fn body_too_large(limit: u64) -> Self {
        let sentence =
            format!("the body has more than {limit} bytes, which is the limit; send fewer or smaller photos");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", sentence)
    }

    /// More work waits than the queue holds.
    pub(crate) fn queue_full() -> Self {
        let sentence = "the queue is full; try again after the seconds in Retry-After";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "queue-full", sentence)
    }

    /// The server ends.
    pub(crate) fn draining() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "draining", "the server is shutting down")
    }

    /// A fault of the server itself.
    pub(crate) fn fault(what: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", what)
    }

    /// Seconds for the header `Retry-After`, where trying again later may help.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
            .then_some(RETRY_AFTER)
    }
}

/// What is wrong with a photograph, in the words of `foliar predict`.
impl From<&Reason> for Refusal {
    fn from(reason: &Reason) -> Self {
        let status = match reason {
            Reason::TooLarge { .. } | Reason::TooManyPixels { .. } | Reason::TooMuchMemory { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Reason::NotAPicture { .. } | Reason::Unsupported { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Reason::Empty => StatusCode::BAD_REQUEST,
            Reason::NoMemory { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, reason.code(), reason.to_string())
    }
}
