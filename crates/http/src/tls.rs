//! TLS of a server, by rustls.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{Error, ServerConfig};

/// The certificate of a server, and its key. TLS 1.2 and 1.3 are spoken.
#[derive(Clone)]
pub struct Tls(pub(crate) TlsAcceptor);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Why a server cannot speak TLS with what it was given.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificates.
    #[error("it holds no certificate in PEM (lines between BEGIN CERTIFICATE and END CERTIFICATE)")]
    NoCertificate,
    /// The file of certificates.
    #[error("it is no certificate in PEM: {0}")]
    Certificate(String),
    /// The file of the key.
    #[error("it holds no private key in PEM without a password (PKCS #8, PKCS #1 or SEC1)")]
    NoKey,
    /// The file of the key.
    #[error("it is no private key in PEM: {0}")]
    Key(String),
    /// Both.
    #[error("the certificate and the key cannot be used together: {0}")]
    Pair(Error),
}

impl TlsError {
    /// Whether the fault lies in the file of the key alone.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        matches!(self, Self::NoKey | Self::Key(_))
    }
}

impl Tls {
    /// Reads PEM text: `certificates` is that of the server and then those that lead from it to an authority; `key` has no password.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn of_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| TlsError::Certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            PemError::NoItemsFound => TlsError::NoKey,
            error => TlsError::Key(error.to_string()),
        })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config).into()))
    }
}
