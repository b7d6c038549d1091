//! A store by what the environment says.

use std::env;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::connector::Connector;
use super::profile::{Settings, profile};
use crate::address::{Address, Scheme};
use crate::error::ObjectError;

/// Attempts after the first one: with doubled pauses some ten seconds.
const RETRIES: usize = 7;
/// How long a machine of a cloud may take to say that it is one.
const PATIENCE: Duration = Duration::from_millis(500);

/// An open store, and what is said of it where it refuses something.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// No credentials were found.
    pub(crate) anonymous: bool,
    /// Where it is asked, if not at the provider's own address.
    pub(crate) endpoint: Option<String>,
}

fn retry() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(10),
        base: 2.0,
    };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: Duration::from_secs(60) }
}

/// The variable, if it is there and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn any_variable(names: &[&str]) -> bool {
    names.iter().any(|name| variable(name).is_some())
}

/// Whether the service is there that gives credentials to machines of a cloud.
fn metadata_service(place: impl Iterator<Item = SocketAddr>) -> bool {
    place.into_iter().any(|place| TcpStream::connect_timeout(&place, PATIENCE).is_ok())
}

/// Opens the bucket of `address`.
pub(crate) fn build(address: &Address) -> Result<Setup, ObjectError> {
    match address.scheme {
        Scheme::S3 => s3(address),
        Scheme::Gs => gs(address),
        Scheme::Az => az(address),
    }
}

fn refused(address: &Address, error: &object_store::Error) -> ObjectError {
    ObjectError::store(address.to_string(), format!("the settings of the store make no sense: {error}"))
}

fn s3(address: &Address) -> Result<Setup, ObjectError> {
    let (name, profile) = profile();
    let given = |setting: &str| profile.get(setting).filter(|value| !value.is_empty());
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(&address.bucket)
        .with_retry(retry())
        .with_http_connector(Connector::new())
        .with_allow_http(true);
    if !any_variable(&["AWS_REGION", "AWS_DEFAULT_REGION"])
        && let Some(region) = given("region")
    {
        builder = builder.with_region(region);
    }
    let endpoint =
        ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].iter().find_map(|name| variable(name));
    let endpoint = endpoint.or_else(|| given("endpoint_url").cloned());
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let elsewhere = [
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    // A profile that is asked for by its name comes before keys of the environment in no program of AWS, and so not here.
    let mut anonymous = false;
    if !any_variable(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
        && !asked_anonymously("AWS_SKIP_SIGNATURE")
    {
        match keys(&profile) {
            Some((id, secret)) => {
                builder = builder.with_access_key_id(id).with_secret_access_key(secret);
                if let Some(token) = given("aws_session_token") {
                    builder = builder.with_token(token);
                }
            }
            None if any_variable(&elsewhere) => {}
            None if env::var_os("AWS_PROFILE").is_some() => {
                let what = format!(
                    "the profile {name} of AWS has no keys of its own; `aws configure export-credentials --profile {name} --format env` prints \
                     some for the environment"
                );
                return Err(ObjectError::store(address.to_string(), what));
            }
            None => {
                anonymous = env::var("AWS_EC2_METADATA_DISABLED")
                    .is_ok_and(|value| value.eq_ignore_ascii_case("true"))
                    || !metadata_service([SocketAddr::from(([169, 254, 169, 254], 80))].into_iter())
            }
        }
    }
    let builder = if anonymous { builder.with_skip_signature(true) } else { builder };
    let store = builder.build().map_err(|error| refused(address, &error))?;
    Ok(Setup { store: Arc::new(store), anonymous, endpoint })
}

/// Whether a variable says that nothing is to be signed.
fn asked_anonymously(name: &str) -> bool {
    variable(name)
        .is_some_and(|value| ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str()))
}

/// The keys of a profile.
fn keys(profile: &Settings) -> Option<(&String, &String)> {
    Some((profile.get("aws_access_key_id")?, profile.get("aws_secret_access_key")?))
}

fn gs(address: &Address) -> Result<Setup, ObjectError> {
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(&address.bucket)
        .with_retry(retry())
        .with_http_connector(Connector::new());
    // Named so by Google's own libraries; there any token will do.
    let emulator = variable("STORAGE_EMULATOR_HOST")
        .map(|host| if host.contains("://") { host } else { format!("http://{host}") });
    if let Some(emulator) = &emulator {
        builder = builder.with_base_url(emulator).with_bearer_token("emulator");
    }
    let named = [
        GoogleConfigKey::ServiceAccount,
        GoogleConfigKey::ServiceAccountKey,
        GoogleConfigKey::ApplicationCredentials,
    ];
    let login =
        env::home_dir().unwrap_or_default().join(".config/gcloud/application_default_credentials.json");
    let found = named.iter().any(|key| builder.get_config_value(key).is_some()) || login.exists();
    let machine =
        || metadata_service(("metadata.google.internal", 80).to_socket_addrs().into_iter().flatten());
    let asked = emulator.is_some() || asked_anonymously("GOOGLE_SKIP_SIGNATURE");
    let anonymous = !asked && !found && !machine();
    let builder = if anonymous { builder.with_skip_signature(true) } else { builder };
    let store = builder.build().map_err(|error| refused(address, &error))?;
    Ok(Setup { store: Arc::new(store), anonymous, endpoint: emulator })
}

fn az(address: &Address) -> Result<Setup, ObjectError> {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_container_name(&address.bucket)
        .with_retry(retry())
        .with_http_connector(Connector::new())
        .with_allow_http(true);
    // As Azure's own program names them.
    for (name, key) in [
        ("AZURE_STORAGE_ACCOUNT", AzureConfigKey::AccountName),
        ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
    ] {
        if builder.get_config_value(&key).is_none()
            && let Some(value) = variable(name)
        {
            builder = builder.with_config(key, value);
        }
    }
    let emulator =
        builder.get_config_value(&AzureConfigKey::UseEmulator).is_some_and(|value| value == "true");
    if !emulator && builder.get_config_value(&AzureConfigKey::AccountName).is_none() {
        let what = "the name of the storage account is not known; set AZURE_STORAGE_ACCOUNT, and AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN";
        return Err(ObjectError::store(address.to_string(), what));
    }
    let named = [
        AzureConfigKey::AccessKey,
        AzureConfigKey::SasKey,
        AzureConfigKey::Token,
        AzureConfigKey::ClientSecret,
        AzureConfigKey::FederatedTokenFile,
        AzureConfigKey::MsiEndpoint,
    ];
    let found = emulator || named.iter().any(|key| builder.get_config_value(key).is_some());
    let asked = builder.get_config_value(&AzureConfigKey::SkipSignature).is_some_and(|value| value == "true")
        || builder.get_config_value(&AzureConfigKey::UseAzureCli).is_some_and(|value| value == "true");
    let anonymous =
        !asked && !found && !metadata_service([SocketAddr::from(([169, 254, 169, 254], 80))].into_iter());
    let builder = if anonymous { builder.with_skip_signature(true) } else { builder };
    let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
    let store = builder.build().map_err(|error| refused(address, &error))?;
    Ok(Setup { store: Arc::new(store), anonymous, endpoint })
}
