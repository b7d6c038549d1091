//! `POST /v1/explain`: where in a photograph the evidence for a class lies.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use foliar_explain::{overlay, png};
use foliar_model::AbstentionReason;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header;
use hyper::http::request::Parts;
use serde_json::json;

use super::{answer, json_answer, photos};
use crate::shared::Shared;
use crate::work::Task;
use foliar_http::Refusal;
use foliar_http::query::Query;

pub(super) async fn explain(
    shared: &Shared,
    query: &Query,
    head: &Parts,
    body: &mut Incoming,
) -> Result<super::Answer, Refusal> {
    let model = shared.model(query.get("model"))?;
    let card = &shared.cards[model];
    if let Some(method) = query.get("method").filter(|&method| method != "grad-cam") {
        let sentence =
            format!("?method={method} is not done by a server; grad-cam is, and `foliar explain` knows more");
        return Err(Refusal::malformed(sentence));
    }
    let class = query.get("class").map(|name| {
        card.classes.iter().position(|class| class == name).ok_or_else(|| {
            let classes = card.classes.join(", ");
            Refusal::malformed(format!("?class={name}: the classes of this classifier are {classes}"))
        })
    });
    let class = class.transpose()?;
    let accepted = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wants_json = accepted.contains("application/json");
    let mut photos = photos::read(shared, query, head, body).await?;
    if photos.sources.len() != 1 {
        return Err(Refusal::malformed("one photo is explained at a time"));
    }
    let found = shared.ask(model, photos.sources, photos.share, Task::Explain { class }).await?;
    let found = found.into_iter().next().ok_or_else(|| Refusal::fault("there is no answer"))?;
    let found = found.map_err(|failure| photos::refusal(&failure))?;
    let (photo, explanation) = found.explained.ok_or_else(|| Refusal::fault("there is no explanation"))?;
    let drawn = tokio::task::spawn_blocking(move || {
        let picture = png(&overlay(&photo, &explanation));
        picture.map(|picture| (picture, explanation))
    });
    let drawn = drawn.await.map_err(|error| Refusal::fault(error.to_string()))?;
    let (picture, explanation) = drawn.map_err(|error| Refusal::fault(error.to_string()))?;
    if !wants_json {
        return Ok(answer(StatusCode::OK, "image/png", picture));
    }
    json_answer(&json!({
        "path": photos.names.pop(),
        "class": card.classes[explanation.class],
        "probability": explanation.probabilities[explanation.class],
        "predicted": card.classes[explanation.predicted],
        "abstention": found.prediction.abstention().map(AbstentionReason::name),
        "background": explanation.background.map(|share| share.evidence),
        "area": explanation.background.map(|share| share.area),
        "mask_failure": explanation.leaf.failure,
        "picture": format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&picture)),
        "model": card.digest,
    }))
}
