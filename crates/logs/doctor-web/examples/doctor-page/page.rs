//! The parts of the page, put together.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("../../page/page.html");
const SCRIPT: &str = include_str!("../../page/page.js");
const STYLE: &str = include_str!("../../page/page.css");

/// The page around a module.
///
/// Its policy allows the one script by its digest, and no address at all: whatever a log holds, the browser
/// runs nothing else and sends nothing anywhere.
pub(crate) fn page(module: &[u8]) -> io::Result<String> {
    let script_digest = STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{script_digest}' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'"
    );
    let style = format!("{}{STYLE}", foliar_report::DOCTOR_STYLE);
    let parts = [
        ("{policy}", policy),
        ("{style}", style),
        ("{engine}", packed(module)?),
        ("{script}", SCRIPT.to_owned()),
    ];
    let mut page = String::new();
    let mut rest = PAGE;
    for (place, part) in parts {
        let (before, after) =
            rest.split_once(place).ok_or_else(|| io::Error::other(format!("no {place} in the page")))?;
        page.push_str(before);
        page.push_str(&part);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// Base64 of gzip, the same for the same bytes.
fn packed(module: &[u8]) -> io::Result<String> {
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    writer.write_all(module)?;
    Ok(STANDARD.encode(writer.finish()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_in_their_places_and_nothing_is_loaded() {
        let page = page(b"module").unwrap();
        for place in ["{policy}", "{style}", "{engine}", "{script}"] {
            assert!(!page.contains(place));
        }
        assert!(page.contains(&format!("id=\"engine\">{}</script>", packed(b"module").unwrap())));
        assert_eq!(page.matches("</script>").count(), 2, "no part ends its script");
        for word in ["http://", "https://", " src=", " href=", "url(", "@import"] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn the_policy_names_the_script() {
        let page = page(b"module").unwrap();
        let script = page.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        assert!(page.contains(&format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))));
    }
}
