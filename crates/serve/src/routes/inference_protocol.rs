//! The Open Inference Protocol, version 2, as KServe, Triton and Seldon speak it.

mod data;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use foliar_model::{AbstentionReason, Prediction};
use foliar_vision::Rgb;
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

use self::data::{Data, Shape};
use super::{json_answer, photos};
use crate::model::Card;
use crate::shared::Shared;
use crate::work::{Source, Task};
use foliar_http::Refusal;
use foliar_http::body;

#[derive(Deserialize)]
struct Inference {
    #[serde(default)]
    id: Option<String>,
    inputs: Vec<Tensor>,
}

#[derive(Deserialize)]
struct Tensor {
    name: String,
    shape: Shape,
    datatype: String,
    data: Data,
}

/// `GET /v2/models/NAME`.
pub(super) fn describe(shared: &Shared, name: &str) -> Result<super::Answer, Refusal> {
    let card = &shared.cards[shared.model(Some(name))?];
    let classes = card.classes.len();
    let mut outputs = vec![
        json!({"name": "answer", "datatype": "BYTES", "shape": [-1]}),
        json!({"name": "reason", "datatype": "BYTES", "shape": [-1]}),
        json!({"name": "probabilities", "datatype": "FP32", "shape": [-1, classes]}),
    ];
    if card.has_sets {
        outputs.push(json!({"name": "set", "datatype": "BOOL", "shape": [-1, classes]}));
    }
    if card.has_distance {
        outputs.push(json!({"name": "distance", "datatype": "FP32", "shape": [-1]}));
    }
    json_answer(&json!({
        "name": card.name,
        "versions": [card.digest],
        "platform": "foliar",
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]}],
        "outputs": outputs,
    }))
}

/// `POST /v2/models/NAME/infer`.
pub(super) async fn infer(
    shared: &Shared,
    name: &str,
    head: &Parts,
    body: &mut Incoming,
) -> Result<super::Answer, Refusal> {
    let model = shared.model(Some(name))?;
    let card = &shared.cards[model];
    photos::check_encoding(&head.headers)?;
    let (bytes, share) =
        body::read(body, shared.options.body, shared.options.patience(), &shared.budget).await?;
    // A large body takes a tenth of a second, in which other connections must not wait.
    let queue = shared.options.queue;
    let parsed = tokio::task::spawn_blocking(move || (parse(&bytes, queue), share)).await;
    let (parsed, share) = parsed.map_err(|error| Refusal::fault(error.to_string()))?;
    let (id, sources) = parsed?;
    let found = shared.ask(model, sources, share, Task::Predict).await?;
    let found = found.into_iter().map(|found| found.map_err(|failure| photos::refusal(&failure)));
    let predictions: Vec<Prediction> =
        found.map(|found| Ok(found?.prediction)).collect::<Result<_, Refusal>>()?;
    if predictions.iter().any(|prediction| !prediction.logits.iter().all(|logit| logit.is_finite())) {
        let sentence = "the network's outputs are not finite numbers";
        return Err(Refusal::new(hyper::StatusCode::UNPROCESSABLE_ENTITY, "not-finite", sentence));
    }
    let mut answer = json!({
        "model_name": card.name,
        "model_version": card.digest,
        "outputs": outputs(card, &predictions),
    });
    if let Some(id) = id {
        answer["id"] = id.into();
    }
    json_answer(&answer)
}

/// The name of a request, if it has one, and its photographs.
fn parse(bytes: &[u8], most: usize) -> Result<(Option<String>, Vec<Source>), Refusal> {
    let Inference { id, inputs } = serde_json::from_slice(bytes)
        .map_err(|error| Refusal::malformed(format!("the body is no inference request: {error}")))?;
    Ok((id, sources(inputs, most)?))
}

/// The photographs of an input `image`: files in base64 (`BYTES`, `[n]`), or the pixels of one (`UINT8`, `[height, width, 3]`).
fn sources(inputs: Vec<Tensor>, most: usize) -> Result<Vec<Source>, Refusal> {
    let wrong = |what: &str| Err(Refusal::malformed(format!("the input image {what}")));
    let mut inputs = inputs.into_iter();
    let (Some(Tensor { name, shape: Shape(shape), datatype, data }), None) = (inputs.next(), inputs.next())
    else {
        return Err(Refusal::malformed("there must be one input, image"));
    };
    if name != "image" {
        return Err(Refusal::malformed(format!("there is no input {name:?}; there is image")));
    }
    match (datatype.as_str(), data) {
        ("BYTES", Data { texts, bytes }) if bytes.is_empty() => {
            let count = texts.len();
            if shape.iter().try_fold(1_u64, |all, &side| all.checked_mul(side)) != Some(count as u64)
                || count == 0
            {
                return wrong("has not as many elements as its shape says");
            }
            if count > most {
                return wrong("holds more photos than the queue");
            }
            let decode = |text: String| match BASE64_STANDARD.decode(text) {
                Ok(bytes) => Ok(Source::File { name: None, bytes: Bytes::from(bytes) }),
                Err(error) => Err(Refusal::malformed(format!("the input image is not base64: {error}"))),
            };
            texts.into_iter().map(decode).collect()
        }
        ("UINT8", Data { texts, bytes }) if texts.is_empty() => {
            let [height, width] = match shape[..] {
                [height, width, 3] | [1, height, width, 3] => [height, width],
                _ => return wrong("of UINT8 has the shape [height, width, 3]"),
            };
            let sides = (u32::try_from(width), u32::try_from(height));
            let (Ok(width), Ok(height)) = sides else { return wrong("is too large") };
            let pixels = u64::from(width) * u64::from(height);
            if pixels == 0 || pixels.checked_mul(3) != Some(bytes.len() as u64) {
                return wrong("has not as many elements as its shape says");
            }
            Ok(vec![Source::Pixels(Rgb::new(width, height, bytes))])
        }
        _ => wrong("must be BYTES with base64 texts, or UINT8 with numbers from 0 to 255"),
    }
}

fn outputs(card: &Card, predictions: &[Prediction]) -> Vec<Value> {
    let (count, classes) = (predictions.len(), card.classes.len());
    let answer = |prediction: &Prediction| match prediction.abstention() {
        None => card.classes[prediction.predicted()].clone(),
        Some(_) => String::new(),
    };
    let reason = |prediction: &Prediction| prediction.abstention().map_or("", AbstentionReason::name);
    let answers: Vec<String> = predictions.iter().map(answer).collect();
    let reasons: Vec<&str> = predictions.iter().map(reason).collect();
    let probabilities: Vec<f32> =
        predictions.iter().flat_map(|prediction| prediction.probabilities()).map(|p| p as f32).collect();
    let mut outputs = vec![
        json!({"name": "answer", "datatype": "BYTES", "shape": [count], "data": answers}),
        json!({"name": "reason", "datatype": "BYTES", "shape": [count], "data": reasons}),
        json!({"name": "probabilities", "datatype": "FP32", "shape": [count, classes], "data": probabilities}),
    ];
    if card.has_sets {
        let set: Vec<bool> = predictions
            .iter()
            .flat_map(|prediction| {
                let set = prediction.set().unwrap_or_default();
                (0..classes).map(move |class| set.contains(&class))
            })
            .collect();
        outputs.push(json!({"name": "set", "datatype": "BOOL", "shape": [count, classes], "data": set}));
    }
    if card.has_distance {
        // JSON has no infinity.
        let distance = |prediction: &Prediction| {
            (prediction.distance().unwrap_or(f64::INFINITY) as f32).clamp(0.0, f32::MAX)
        };
        let distances: Vec<f32> = predictions.iter().map(distance).collect();
        outputs.push(json!({"name": "distance", "datatype": "FP32", "shape": [count], "data": distances}));
    }
    outputs
}
