//! Errors of stores in words: what is wrong and what to do.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use super::builder::Setup;
use super::connector::OtherRegion;
use crate::address::{Address, Scheme};
use crate::error::{ObjectError, Scope};

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A list that only shows that the store is there.
    Ask,
    List,
    Read,
    Write,
}

impl Action {
    /// The permission that it needs, as the provider calls it.
    fn permission(self, scheme: Scheme) -> &'static str {
        match (scheme, self) {
            (Scheme::S3, Self::List | Self::Ask) => "s3:ListBucket",
            (Scheme::S3, Self::Read) => "s3:GetObject",
            (Scheme::S3, Self::Write) => "s3:PutObject",
            (Scheme::Gs, Self::List | Self::Ask) => "storage.objects.list",
            (Scheme::Gs, Self::Read) => "storage.objects.get",
            (Scheme::Gs, Self::Write) => "storage.objects.create",
            (Scheme::Az, Self::List | Self::Ask | Self::Read) => "the role Storage Blob Data Reader",
            (Scheme::Az, Self::Write) => "the role Storage Blob Data Contributor",
        }
    }
}

/// What to set so that a store knows who asks.
fn credentials(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE",
        Scheme::Gs => "GOOGLE_APPLICATION_CREDENTIALS",
        Scheme::Az => "AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN",
    }
}

/// The text between `<name>` and its end.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    after.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
}

/// The status of the answer, where there was one.
fn status(text: &str) -> Option<u16> {
    let (_, after) = text.split_once("non-2xx status code: ")?;
    after.get(..3)?.parse().ok()
}

/// The first cause of this kind.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

pub(crate) fn explain(
    error: &object_store::Error,
    address: &Address,
    action: Action,
    setup: &Setup,
) -> ObjectError {
    let (scope, what) = said(error, address, action, setup);
    // Of a list, all of it fails.
    let scope = if matches!(action, Action::Read | Action::Ask) { scope } else { Scope::Store };
    ObjectError { address: address.to_string(), what, scope }
}

fn said(error: &object_store::Error, address: &Address, action: Action, setup: &Setup) -> (Scope, String) {
    let scheme = address.scheme;
    let text = error.to_string();
    if let Some(OtherRegion(region)) = cause(error) {
        return (Scope::Store, format!("the bucket is in the region {region}; set AWS_REGION={region}"));
    }
    let code = element(&text, "Code").unwrap_or_default();
    let status = status(&text);
    match code {
        "NoSuchBucket" | "ContainerNotFound" | "InvalidBucketName" => {
            let at = setup.endpoint.as_ref().map_or_else(String::new, |endpoint| format!(" at {endpoint}"));
            return (Scope::Store, format!("there is no bucket {}{at}; check its name", address.bucket));
        }
        "InvalidAccessKeyId" => {
            return (
                Scope::Store,
                format!("the store does not know the access key; check {}", credentials(scheme)),
            );
        }
        "SignatureDoesNotMatch" | "AuthenticationFailed" => {
            return (Scope::Store, format!("the secret key does not fit; check {}", credentials(scheme)));
        }
        "ExpiredToken" | "ExpiredTokenException" | "InvalidToken" | "TokenRefreshRequired" => {
            return (
                Scope::Store,
                format!("the credentials have expired; get new ones: {}", credentials(scheme)),
            );
        }
        "RequestTimeTooSkewed" => {
            return (Scope::Store, "the clock of this machine is wrong; set it".to_owned());
        }
        "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException" => {
            let region = element(&text, "Region").unwrap_or("its region");
            return (Scope::Store, format!("the bucket is in another region; set AWS_REGION={region}"));
        }
        _ => {}
    }
    if text.contains("redirect without LOCATION") {
        return (Scope::Store, "the bucket is in another region, or AWS_ENDPOINT_URL is not the one of its store; set AWS_REGION".to_owned());
    }
    if let object_store::Error::InvalidPath { .. } = error {
        let what = "an object has a key with an empty part, a part that is `.` or `..`, or a control character, which is not supported; \
                    rename it, or give a folder beside it";
        return (Scope::Store, what.to_owned());
    }
    match status {
        Some(404) => (Scope::Missing, "there is no such object".to_owned()),
        Some(401 | 403) if setup.anonymous => {
            let what = format!(
                "no credentials were found, and the bucket is not public; set {}",
                credentials(scheme)
            );
            (Scope::Store, what)
        }
        Some(401) => (
            Scope::Store,
            format!("the store does not accept the credentials; check {}", credentials(scheme)),
        ),
        Some(403) => {
            let permission = action.permission(scheme);
            (Scope::Object, format!("permission denied; these credentials need {permission}"))
        }
        Some(status) => {
            let code = if code.is_empty() { String::new() } else { format!(" {code}") };
            (
                Scope::Unknown,
                format!("the store answered {status}{code}, also when it was asked again; try later"),
            )
        }
        None => match cause::<HttpError>(error) {
            Some(http) => (Scope::Unknown, unreachable(http, scheme, setup)),
            None => (Scope::Store, text),
        },
    }
}

/// A store that does not answer.
fn unreachable(error: &HttpError, scheme: Scheme, setup: &Setup) -> String {
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let what = match error.kind() {
        HttpErrorKind::Timeout => "did not answer in time",
        HttpErrorKind::Connect => "cannot be reached",
        _ => "broke off",
    };
    let place = match (&setup.endpoint, scheme) {
        (Some(endpoint), _) => format!("the store at {endpoint}"),
        (None, _) => "the store".to_owned(),
    };
    let hint = match scheme {
        Scheme::S3 => "AWS_ENDPOINT_URL and AWS_REGION",
        Scheme::Gs => "the proxy",
        Scheme::Az => "AZURE_STORAGE_ACCOUNT",
    };
    format!("{place} {what}, also when it was asked again: {reason}; check the network and {hint}")
}
