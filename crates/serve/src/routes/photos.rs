//! The photographs of a request.

use std::path::{Path, PathBuf};

use foliar_vision::{Reason, portable_name};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::http::request::Parts;

use crate::multipart;
use crate::shared::Shared;
use crate::work::{Failure, Source};
use foliar_http::Refusal;
use foliar_http::body::{self, Share};
use foliar_http::query::Query;

/// The photographs of a request.
pub(super) struct Photos {
    /// How each is called in answers.
    pub(super) names: Vec<String>,
    pub(super) sources: Vec<Source>,
    /// Whether they came as a form, which may hold several.
    pub(super) is_form: bool,
    /// What they take of the budget for bodies.
    pub(super) share: Share,
}

/// Reads them: the body is one, or a form with several.
pub(super) async fn read(
    shared: &Shared,
    query: &Query,
    head: &Parts,
    body: &mut Incoming,
) -> Result<Photos, Refusal> {
    check_encoding(&head.headers)?;
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multipart::boundary(kind).transpose()?;
    let (bytes, share) =
        body::read(body, shared.options.body, shared.options.patience(), &shared.budget).await?;
    let files: Vec<(Option<String>, _)> = match &boundary {
        None => vec![(query.get("name").map(str::to_owned), bytes)],
        Some(boundary) => multipart::parts(&bytes, boundary, shared.options.queue)?
            .into_iter()
            .map(|part| (part.name, part.bytes))
            .collect(),
    };
    let names = files.iter().enumerate().map(|(place, (name, _))| match name {
        Some(name) => portable_name(Path::new(name)),
        None if boundary.is_some() => format!("photo-{}", place + 1),
        None => "photo".to_owned(),
    });
    let names = names.collect();
    let source = |(name, bytes): (Option<String>, _)| Source::File { name: name.map(PathBuf::from), bytes };
    let sources = files.into_iter().map(source).collect();
    Ok(Photos { names, sources, is_form: boundary.is_some(), share })
}

/// Refuses a compressed body: a few bytes could become any number.
pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            let sentence = "a compressed body is not read; send the photo as it is";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-encoding", sentence))
        }
        _ => Ok(()),
    }
}

/// What is told of a photograph that failed.
pub(super) fn refusal(failure: &Failure) -> Refusal {
    match failure {
        Failure::Photo(reason) => of_photo(reason),
        Failure::Fault(what) => Refusal::fault(what),
    }
}

/// What is wrong with a photograph, in the words of `foliar predict`.
fn of_photo(reason: &Reason) -> Refusal {
    let status = match reason {
        Reason::TooLarge { .. } | Reason::TooManyPixels { .. } | Reason::TooMuchMemory { .. } => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        Reason::NotAPicture { .. } | Reason::Unsupported { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::Empty => StatusCode::BAD_REQUEST,
        Reason::NoMemory { .. } => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Refusal::new(status, reason.code(), reason.to_string())
}
