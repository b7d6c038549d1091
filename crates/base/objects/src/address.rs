//! Addresses of objects and of what lies below them.

use std::fmt;
use std::path::Path;

use crate::error::ObjectError;

/// The kinds of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `s3://`: Amazon S3, and what speaks its protocol.
    S3,
    /// `gs://`: Google Cloud Storage.
    Gs,
    /// `az://`: Azure Blob Storage; the bucket is a container.
    Az,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::S3, Self::Gs, Self::Az];

    /// What an address begins with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::S3 => "s3://",
            Self::Gs => "gs://",
            Self::Az => "az://",
        }
    }
}

/// `SCHEME://BUCKET/KEY`. The key is taken as it is: nothing in it is percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The kind of store.
    pub scheme: Scheme,
    /// The bucket, or container; not empty.
    pub bucket: String,
    /// What comes after it, without a slash at its beginning and its end; may be empty.
    pub key: String,
}

impl Address {
    /// Whether `text` begins as an address of an object store does, whatever follows.
    #[must_use]
    pub fn is_meant(text: &Path) -> bool {
        text.to_str().is_some_and(|text| Scheme::ALL.iter().any(|scheme| text.starts_with(scheme.prefix())))
    }

    /// The address that `text` is; `None` if it begins as none.
    ///
    /// # Errors
    /// An address without a bucket.
    pub fn parse(text: &Path) -> Result<Option<Self>, ObjectError> {
        let Some(text) = text.to_str() else { return Ok(None) };
        let found =
            Scheme::ALL.into_iter().find_map(|scheme| Some((scheme, text.strip_prefix(scheme.prefix())?)));
        let Some((scheme, rest)) = found else { return Ok(None) };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            let what = format!("it names no bucket; an address is {}BUCKET/FOLDER", scheme.prefix());
            return Err(ObjectError::store(text, what));
        }
        Ok(Some(Self { scheme, bucket: bucket.to_owned(), key: key.trim_matches('/').to_owned() }))
    }

    /// The address of `name` below this one.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let key = if self.key.is_empty() { name.to_owned() } else { format!("{}/{name}", self.key) };
        Self { key, ..self.clone() }
    }

    /// The address of another key of the bucket.
    #[must_use]
    pub fn with_key(&self, key: String) -> Self {
        Self { key, ..self.clone() }
    }

    /// What follows the last slash of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.scheme.prefix(), self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, bucket, key, shown) in [
            ("s3://farm/2026/leaf 1#.jpg", "farm", "2026/leaf 1#.jpg", "s3://farm/2026/leaf 1#.jpg"),
            ("gs://farm", "farm", "", "gs://farm/"),
            ("az://farm/a/b/", "farm", "a/b", "az://farm/a/b"),
        ] {
            let address = Address::parse(Path::new(text)).unwrap().unwrap();
            assert_eq!((&*address.bucket, &*address.key, &*address.to_string()), (bucket, key, shown));
        }
        for text in ["photos/s3://farm", "/s3://x", "s3:/farm/a", "http://farm/a", "S3.jpg"] {
            assert_eq!(Address::parse(Path::new(text)).unwrap(), None, "{text}");
        }
        assert!(Address::parse(Path::new("s3:///a")).unwrap_err().to_string().contains("no bucket"));
        let root = Address::parse(Path::new("s3://farm")).unwrap().unwrap();
        assert_eq!(root.join("a").join("b.jpg").to_string(), "s3://farm/a/b.jpg");
        assert_eq!(root.join("a").join("b.jpg").name(), "b.jpg");
    }
}
