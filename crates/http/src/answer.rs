//! Answers to requests.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::refusal::Refusal;

/// An answer: its body is there as a whole.
pub type Answer = Response<Full<Bytes>>;

/// An answer with a body of the media type `kind`.
pub fn answer(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A JSON document.
///
/// # Errors
/// A [`Refusal::fault`] for a value that JSON cannot hold.
pub fn json_answer(value: &impl Serialize) -> Result<Answer, Refusal> {
    let bytes = serde_json::to_vec(value).map_err(|error| Refusal::fault(error.to_string()))?;
    Ok(answer(StatusCode::OK, "application/json", bytes))
}

/// A refusal as a JSON document, with the headers that belong to its status.
pub fn refused(refusal: &Refusal) -> Answer {
    let mut answer =
        answer(refusal.status, "application/json", serde_json::to_vec(refusal).unwrap_or_default());
    let mut insert = |name: HeaderName, value: HeaderValue| answer.headers_mut().insert(name, value);
    if let Some(seconds) = refusal.retry_after() {
        insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(allow) = refusal.allow {
        insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// What every answer says: it is not kept unless it says otherwise, and is what its type says.
pub fn guard(answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
