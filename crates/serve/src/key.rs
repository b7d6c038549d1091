//! The key that clients must show.

use std::fmt;

use foliar_http::Refusal;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap};

/// A secret that clients send as `Authorization: Bearer SECRET`. Kept as its digest; compared in constant time.
#[derive(Clone)]
pub struct Key(blake3::Hash);

impl Key {
    /// Shortest secret, in characters: shorter ones can be tried out.
    pub const SHORTEST: usize = 16;

    /// The first line of `text` without blanks around it; `None` if it is shorter than [`Key::SHORTEST`] or holds anything but visible
    /// ASCII characters, which headers cannot.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let secret = text.lines().next()?.trim();
        let fits = secret.len() >= Self::SHORTEST && secret.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(blake3::hash(secret.as_bytes())))
    }

    /// Whether the value of a header `Authorization` shows this key.
    pub(crate) fn is_shown_by(&self, authorization: &[u8]) -> bool {
        let Some((scheme, secret)) = authorization.split_at_checked("Bearer ".len()) else { return false };
        // `Hash` compares in constant time.
        scheme.eq_ignore_ascii_case(b"Bearer ") && blake3::hash(secret.trim_ascii()) == self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Refuses a request that does not show the key, if there is one.
pub(crate) fn check_key(headers: &HeaderMap, key: Option<&Key>) -> Result<(), Refusal> {
    let Some(key) = key else { return Ok(()) };
    match headers.get(AUTHORIZATION) {
        Some(value) if key.is_shown_by(value.as_bytes()) => Ok(()),
        _ => {
            let sentence = "send the key of this server as the header `Authorization: Bearer KEY`";
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "no-key", sentence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_whole_or_not_at_all() {
        let key = Key::new("  correct-horse-battery \nsecond line").unwrap();
        for (header, shown) in [
            ("Bearer correct-horse-battery", true),
            ("bearer correct-horse-battery", true),
            ("Bearer correct-horse-batter", false),
            ("Bearer correct-horse-battery2", false),
            ("Basic correct-horse-battery", false),
            ("Bearer ", false),
            ("", false),
            ("correct-horse-battery", false),
        ] {
            assert_eq!(key.is_shown_by(header.as_bytes()), shown, "{header}");
        }
        assert!(
            Key::new("short").is_none()
                && Key::new("").is_none()
                && Key::new("a key with blanks in it").is_none()
        );
    }
}
