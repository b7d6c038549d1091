//! What the page may do: run its one script, style itself with its one style, and start what it holds.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest, Sha256};

/// A Content-Security-Policy.
pub(crate) struct Policy(String);

impl Policy {
    /// Of one file: it loads nothing at all.
    pub(crate) fn of_file(script: &str, style: &str) -> Self {
        Self::new(script, style, "img-src blob: data:; worker-src blob:")
    }

    /// Of a page in a folder, which also has icons, a manifest and a service worker.
    pub(crate) fn of_folder(script: &str, style: &str) -> Self {
        Self::new(script, style, "img-src 'self' blob: data:; worker-src 'self' blob:; manifest-src 'self'")
    }

    /// Of the page of a server, which may ask that server.
    pub(crate) fn of_server(script: &str, style: &str) -> Self {
        Self::new(script, style, "img-src blob: data:; connect-src 'self'")
    }

    fn new(script: &str, style: &str, more: &str) -> Self {
        let digest = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
        Self(format!(
            "default-src 'none'; script-src 'sha256-{}' 'wasm-unsafe-eval'; style-src 'sha256-{}'; {more}; base-uri 'none'; \
             form-action 'none'",
            digest(script),
            digest(style)
        ))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_allowed_by_their_digest_alone() {
        for policy in [Policy::of_file("a", "b"), Policy::of_folder("a", "b"), Policy::of_server("a", "b")] {
            let text = policy.text();
            // Digests of "a" and "b".
            assert!(
                text.contains("script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"),
                "{text}"
            );
            assert!(
                text.contains("style-src 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='"),
                "{text}"
            );
            assert!(text.starts_with("default-src 'none'; ") && !text.contains("unsafe-inline"));
        }
        assert!(!Policy::of_file("a", "b").text().contains("self"));
    }
}
