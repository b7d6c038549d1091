//! The HTTP client of the program in the place of the one that `object_store` would bring.
//!
//! A request blocks its thread until the whole body is there, so that a body that breaks off is a failed request, which is made again.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use ureq::http::{Request, Response, StatusCode};
use ureq::{Agent, Error as UreqError};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for the beginning of an answer, and for its next bytes.
const SILENCE: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const MOST: u64 = 4 << 30;
/// Connections that are kept for the next requests.
const KEPT: usize = 32;

/// Makes clients over one agent, which keeps connections.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    agent: Agent,
}

impl Connector {
    pub(crate) fn new() -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("foliar/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .max_idle_connections(KEPT)
            .max_idle_connections_per_host(KEPT)
            .build()
            .new_agent();
        Self { agent }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// The region of the bucket, where a store says that it is not the one of the request.
#[derive(Debug, thiserror::Error)]
#[error("the bucket is in the region {0}")]
pub(crate) struct OtherRegion(pub(crate) String);

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = bytes(body);
        let request = Request::from_parts(parts, &body[..]);
        let mut response = self.agent.run(request).map_err(failed)?;
        if response.status() == StatusCode::MOVED_PERMANENTLY
            && let Some(region) =
                response.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok())
        {
            return Err(HttpError::new(HttpErrorKind::Unknown, OtherRegion(region.to_owned())));
        }
        let body = response.body_mut().with_config().limit(MOST).read_to_vec().map_err(failed)?;
        let (parts, _) = response.into_parts();
        Ok(Response::from_parts(parts, HttpResponseBody::from(body)))
    }
}

/// The bytes of a request.
fn bytes(body: HttpRequestBody) -> Bytes {
    use futures_util::FutureExt as _;
    if let Some(bytes) = body.as_bytes() {
        return bytes.clone();
    }
    // They are in memory, so that nothing is waited for.
    let collected = http_body_util::BodyExt::collect(body).now_or_never();
    collected.and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

/// What is worth another request.
fn failed(error: UreqError) -> HttpError {
    let kind = match &error {
        UreqError::Timeout(_) => HttpErrorKind::Timeout,
        UreqError::HostNotFound | UreqError::ConnectionFailed => HttpErrorKind::Connect,
        // Whatever breaks a connection, a handshake or a body.
        UreqError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            HttpErrorKind::Connect
        }
        UreqError::Io(_) | UreqError::Protocol(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new_boxed(kind, Box::<dyn Error + Send + Sync>::from(error))
}
