//! From a request to its answer.

mod explain;
mod inference_protocol;
mod photos;
mod predict;

use std::sync::LazyLock;
use std::time::Instant;

use foliar_export::ServerPage;
use foliar_http::access::{check_host, check_origin};
use foliar_http::body::discard;
use foliar_http::query::{Query, decoded};
use foliar_http::{Answer, Refusal, answer, guard, json_answer, refused};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use crate::key::check_key;
use crate::shared::Shared;

const OPENAPI: &str = include_str!("openapi.json");

/// The page for people, and what it may do: run its one script, and ask this server.
static PAGE: LazyLock<Option<(Bytes, HeaderValue)>> = LazyLock::new(|| {
    let page = ServerPage::new().ok()?;
    let policy = HeaderValue::from_str(&format!("{}; frame-ancestors 'none'", page.policy)).ok()?;
    Some((Bytes::from(page.html), policy))
});

/// Answers a request, whatever it is.
pub(crate) async fn handle(shared: &Shared, request: Request<Incoming>) -> Answer {
    let start = Instant::now();
    let (head, mut body) = request.into_parts();
    let mut answer = match route(shared, &head, &mut body).await {
        Ok(answer) => answer,
        Err(refusal) => {
            shared.metrics.refused(refusal.reason);
            refused(&refusal)
        }
    };
    shared.metrics.request(answer.status().as_u16(), start.elapsed());
    if !body.is_end_stream() {
        tokio::spawn(discard(body));
    }
    guard(&mut answer);
    if shared.is_draining() {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Route {
    Page,
    OpenApi,
    Live,
    Ready,
    Metrics,
    Model,
    Predict,
    Explain,
    Protocol,
    ProtocolModel(String),
    ProtocolReady(String),
    ProtocolInfer(String),
}

impl Route {
    fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/" => Self::Page,
            "/openapi.json" => Self::OpenApi,
            "/livez" | "/v2/health/live" => Self::Live,
            "/readyz" | "/ping" | "/v2/health/ready" => Self::Ready,
            "/metrics" => Self::Metrics,
            "/v1/model" => Self::Model,
            "/v1/predict" | "/invocations" => Self::Predict,
            "/v1/explain" => Self::Explain,
            "/v2" => Self::Protocol,
            _ => {
                let rest = path.strip_prefix("/v2/models/")?;
                let (name, what) = rest.split_once('/').map_or((rest, ""), |(name, what)| (name, what));
                let name = decoded(name)?;
                match what {
                    "" => Self::ProtocolModel(name),
                    "ready" => Self::ProtocolReady(name),
                    "infer" => Self::ProtocolInfer(name),
                    _ => return None,
                }
            }
        })
    }

    fn takes_post(&self) -> bool {
        matches!(self, Self::Predict | Self::Explain | Self::ProtocolInfer(_))
    }

    /// Whether it tells nothing of the classifier, so that it needs no key: what machines ask to see whether the server lives.
    fn is_open(&self) -> bool {
        matches!(self, Self::Page | Self::OpenApi | Self::Live | Self::Ready)
    }

    /// Fields of the query that it understands.
    fn fields(&self) -> &'static [&'static str] {
        match self {
            Self::Model => &["model"],
            Self::Predict => &["model", "top", "name"],
            Self::Explain => &["model", "class", "name", "method"],
            _ => &[],
        }
    }
}

async fn route(shared: &Shared, head: &Parts, body: &mut Incoming) -> Result<Answer, Refusal> {
    check_host(&head.uri, &head.headers, &shared.options.hosts)?;
    check_origin(&head.headers, &shared.options.hosts)?;
    let path = head.uri.path();
    let Some(route) = Route::of(path) else {
        let sentence = format!("there is nothing at {path:?}; /openapi.json lists what there is");
        return Err(Refusal::new(StatusCode::NOT_FOUND, "not-found", sentence));
    };
    if !route.is_open() {
        check_key(&head.headers, shared.options.key.as_ref())?;
    }
    let method = &head.method;
    let fits = if route.takes_post() {
        method == Method::POST
    } else {
        method == Method::GET || method == Method::HEAD
    };
    if !fits {
        return Err(Refusal::method(method, if route.takes_post() { "POST" } else { "GET, HEAD" }));
    }
    let query = Query::parse(head.uri.query().unwrap_or_default(), route.fields())?;
    match route {
        Route::Page => {
            let (html, policy) = PAGE.as_ref().ok_or_else(|| Refusal::fault("the page cannot be made"))?;
            let mut page = answer(StatusCode::OK, "text/html; charset=utf-8", html.clone());
            page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy.clone());
            Ok(page)
        }
        Route::OpenApi => Ok(answer(StatusCode::OK, "application/json", OPENAPI)),
        Route::Live => {
            shared.check_health()?;
            Ok(answer(StatusCode::OK, "application/json", "{\"live\":true}"))
        }
        Route::Ready => {
            shared.check_health()?;
            if shared.is_draining() {
                return Err(Refusal::draining());
            }
            Ok(answer(StatusCode::OK, "application/json", "{\"ready\":true}"))
        }
        Route::Metrics => {
            let text = shared.metrics.text(shared.waiting());
            Ok(answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
        }
        Route::Model => {
            let mut description = shared.cards[shared.model(query.get("model"))?].description.clone();
            let names: Vec<&str> = shared.cards.iter().map(|card| card.name.as_str()).collect();
            description["models"] = json!(names);
            json_answer(&description)
        }
        Route::Predict => predict::predict(shared, &query, head, body).await,
        Route::Explain => explain::explain(shared, &query, head, body).await,
        Route::Protocol => {
            let server = json!({"name": "foliar", "version": env!("CARGO_PKG_VERSION"), "extensions": []});
            json_answer(&server)
        }
        Route::ProtocolModel(name) => inference_protocol::describe(shared, &name),
        Route::ProtocolReady(name) => {
            let place = shared.model(Some(&name))?;
            json_answer(&json!({"name": shared.cards[place].name, "ready": true}))
        }
        Route::ProtocolInfer(name) => inference_protocol::infer(shared, &name, head, body).await,
    }
}
