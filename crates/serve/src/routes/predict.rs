//! `POST /v1/predict`: the rows of `foliar predict --format jsonl`.

use foliar_model::{Answer, Row};
use foliar_vision::Reason;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use serde::Serialize;

use super::{json_answer, photos};
use crate::shared::Shared;
use crate::work::{Found, Task};
use foliar_http::Refusal;
use foliar_http::query::Query;

/// Classes in a row unless another number is asked for, as of `foliar predict`.
const TOP: usize = 3;

#[derive(Serialize)]
struct Answered<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// Digest of the bundle.
    model: &'a str,
}

pub(super) async fn predict(
    shared: &Shared,
    query: &Query,
    head: &Parts,
    body: &mut Incoming,
) -> Result<super::Answer, Refusal> {
    let model = shared.model(query.get("model"))?;
    let card = &shared.cards[model];
    let top = top(query.get("top"), card.classes.len())?;
    let photos = photos::read(shared, query, head, body).await?;
    let found = shared.ask(model, photos.sources, photos.share, Task::Predict).await?;
    let mut rows = Vec::with_capacity(found.len());
    for (path, found) in photos.names.into_iter().zip(found) {
        let (result, remarks) = match found {
            Ok(Found { prediction, remarks, .. }) => {
                (Answer::new(&prediction, top, &card.classes), remarks.iter().map(Reason::code).collect())
            }
            Err(failure) => {
                let refusal = photos::refusal(&failure);
                if !photos.is_form {
                    return Err(refusal);
                }
                shared.metrics.refused(refusal.reason);
                (Err(refusal.sentence), Vec::new())
            }
        };
        rows.push(Answered { row: Row { path, result, remarks }, model: &card.digest });
    }
    if photos.is_form {
        return json_answer(&rows);
    }
    match rows.first() {
        Some(Answered { row: Row { result: Err(sentence), .. }, .. }) => {
            Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "not-finite", sentence))
        }
        Some(row) => json_answer(row),
        None => Err(Refusal::malformed("there is no photo in the request")),
    }
}

/// How many classes a row has.
fn top(text: Option<&str>, classes: usize) -> Result<usize, Refusal> {
    let top = match text {
        None => TOP,
        Some("all") => classes,
        Some(text) => text
            .parse()
            .ok()
            .filter(|&top| top > 0)
            .ok_or_else(|| Refusal::malformed(format!("?top={text} must be a number from 1, or all")))?,
    };
    Ok(top.min(classes))
}
