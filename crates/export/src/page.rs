//! The classifier as a web page that works without a network: one file, or a folder for a web server.
//!
//! | part | what |
//! | --- | --- |
//! | `page.html`, `page.css`, `page.js` | what a reader sees and does |
//! | `engine.js`, `worker.js`, `engine.wasm.gz` | foliar's decoders and engine (crate `foliar-page`), in a thread of their own |
//! | `server.js` | in the place of those: for the page of a server, which answers |
//! | `languages.json` | every text, once for each language |
//! | the bundle | the classifier's file, without its recipe: the paths in it are nobody's business |
//! | `sw.js`, `manifest.webmanifest`, icons | in a folder: what keeps the page on a telephone |
//!
//! The policy of the page names its script and its style by their digests and allows no address at all, so that nothing can be
//! loaded and no photo can be sent.

mod icon;
mod policy;

use std::io::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::{Compression, GzBuilder};
use foliar_model::{Bundle, Precision};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use self::icon::icon;
use self::policy::Policy;
use crate::description::{Description, Origin};
use crate::error::ExportError;
use crate::options::WeightType;
use crate::stored::halves;

/// Names of the files of the folder, in the order in which [`Page::folder`] gives them.
pub const PAGE_FILES: [&str; 5] =
    ["icon-192.png", "icon-512.png", "manifest.webmanifest", "sw.js", "index.html"];

const PAGE: &str = include_str!("../page/page.html");
const STYLE: &str = include_str!("../page/page.css");
const SCRIPT: &str = concat!(include_str!("../page/engine.js"), include_str!("../page/page.js"));
const SERVER_SCRIPT: &str = concat!(include_str!("../page/server.js"), include_str!("../page/page.js"));
const WORKER: &str = include_str!("../page/worker.js");
const LANGUAGES: &str = include_str!("../page/languages.json");
const SERVICE_WORKER: &str = include_str!("../page/sw.js");
const ENGINE: &[u8] = include_bytes!("../page/engine.wasm.gz");
/// Bytes of the largest page: V8 holds strings of half a gigabyte, and Base64 is one.
const LARGEST: usize = 500_000_000;
/// Colour of the bars around an installed page.
const COLOUR: &str = "#1c5f3b";

/// A classifier that is to become a page.
pub struct Page {
    bundle: Vec<u8>,
    /// What the script knows of the classifier, as JSON.
    description: String,
}

/// The description, and what the page says besides.
#[derive(Serialize)]
struct About<'a> {
    #[serde(flatten)]
    description: Description<'a>,
    folds: Option<u32>,
    /// Whether its error rate is proven of the very model that answers.
    proven: bool,
    /// Whether it recognises photos of other things.
    detector: bool,
}

impl Page {
    /// The page of `bundle`, which answers at the bundle's risk.
    ///
    /// # Errors
    /// Weights that are beyond half precision, or too many for a page.
    pub fn new(bundle: &Bundle, origin: &Origin, weights: WeightType) -> Result<Self, ExportError> {
        let precision = match weights {
            WeightType::F32 => Precision::Single,
            WeightType::F16 => {
                let filters = bundle.state.tensors.iter().filter(|(_, tensor)| tensor.shape.len() > 1);
                filters.into_iter().try_for_each(|(name, tensor)| halves(name, &tensor.data).map(drop))?;
                Precision::Half
            }
        };
        let uncertainty = bundle.uncertainty.as_ref();
        let description = serde_json::to_string(&About {
            description: Description::new(bundle, origin, weights)?,
            folds: origin.figures.as_ref().and_then(|figures| figures.folds),
            proven: weights == WeightType::F32
                && uncertainty.is_some_and(|uncertainty| uncertainty.level().guaranteed),
            detector: uncertainty.is_some_and(|uncertainty| uncertainty.ood.is_some()),
        })?;
        let mut bundle = bundle.clone();
        bundle.provenance.recipe = Value::Null;
        let bundle = bundle.to_bytes(precision).map_err(ExportError::Page)?;
        if bundle.len() / 3 * 4 > LARGEST {
            return Err(ExportError::LargePage { bytes: bundle.len() / 3 * 4, limit: LARGEST });
        }
        Ok(Self { bundle, description })
    }

    /// The classifier that is in the page, as a bundle: the exported one, with its weights rounded if they were.
    #[must_use]
    pub fn bundle(&self) -> &[u8] {
        &self.bundle
    }

    /// One file with everything in it.
    ///
    /// # Errors
    /// None that is expected.
    pub fn file(&self) -> Result<Vec<u8>, ExportError> {
        self.html(&icon_link()?, &Policy::of_file(SCRIPT, STYLE))
    }

    /// The files of a folder for a web server, by name; the page comes last.
    ///
    /// # Errors
    /// None that is expected.
    pub fn folder(&self) -> Result<[(&'static str, Vec<u8>); 5], ExportError> {
        let [small, large, manifest, worker, page] = PAGE_FILES;
        let links = "<link rel=\"manifest\" href=\"manifest.webmanifest\">\n<link rel=\"icon\" href=\"icon-192.png\">\n\
                     <link rel=\"apple-touch-icon\" href=\"icon-192.png\">";
        let html = self.html(links, &Policy::of_folder(SCRIPT, STYLE))?;
        let icons = [(small, "192x192"), (large, "512x512")]
            .map(|(name, sizes)| json!({"src": name, "sizes": sizes, "type": "image/png", "purpose": "any maskable"}));
        let name = "What is on this leaf?";
        let manifest_text = serde_json::to_vec_pretty(&json!({
            "name": name, "short_name": "Leaf", "start_url": "./", "scope": "./", "display": "standalone",
            "background_color": COLOUR, "theme_color": COLOUR, "icons": icons,
        }))?;
        let sha256: String = Sha256::digest(&html).iter().map(|byte| format!("{byte:02x}")).collect();
        let worker_text = SERVICE_WORKER
            .replace("{digest}", &blake3::hash(&html).to_hex()[..16])
            .replace("{page}", &sha256);
        Ok([
            (small, icon(192)?),
            (large, icon(512)?),
            (manifest, manifest_text),
            (worker, worker_text.into_bytes()),
            (page, html),
        ])
    }

    fn html(&self, links: &str, policy: &Policy) -> Result<Vec<u8>, ExportError> {
        let data = |kind: &str, id: &str, text: &str| {
            format!("<script type=\"{kind}\" id=\"{id}\">{text}</script>\n")
        };
        let bytes = "application/octet-stream";
        let parts = [
            data("text/plain", "worker", WORKER),
            data(bytes, "engine", &BASE64_STANDARD.encode(ENGINE)),
            data(bytes, "bundle", &packed(&self.bundle)?),
        ];
        filled(links, policy, &self.description, SCRIPT, &parts.concat()).map(String::into_bytes)
    }
}

/// The page of a server of classifiers, which asks the server at `v1/` beside it.
pub struct ServerPage {
    /// The page.
    pub html: String,
    /// Its Content-Security-Policy, which stands in the page too.
    pub policy: String,
}

impl ServerPage {
    /// Puts it together.
    ///
    /// # Errors
    /// None that is expected.
    pub fn new() -> Result<Self, ExportError> {
        let policy = Policy::of_server(SERVER_SCRIPT, STYLE);
        let nothing_yet = json!({
            "foliar": env!("CARGO_PKG_VERSION"), "classes": [], "network": "", "train_photographs": 0, "bundle_blake3": "",
        });
        let html = filled(&icon_link()?, &policy, &nothing_yet.to_string(), SERVER_SCRIPT, "")?;
        Ok(Self { html, policy: policy.text().to_owned() })
    }
}

/// The page with its parts in their places.
fn filled(
    links: &str,
    policy: &Policy,
    description: &str,
    script: &str,
    data: &str,
) -> Result<String, ExportError> {
    let parts = [
        ("{policy}", policy.text()),
        ("{links}", links),
        ("{style}", STYLE),
        ("{languages}", &within_script(LANGUAGES)),
        ("{description}", &within_script(description)),
        ("{script}", script),
        ("{parts}", data),
    ];
    let mut page =
        String::with_capacity(data.len() + 2 * PAGE.len() + LANGUAGES.len() + script.len() + STYLE.len());
    let mut rest = PAGE;
    for (place, part) in parts {
        let (before, after) =
            rest.split_once(place).ok_or_else(|| ExportError::Page(format!("it has no {place}")))?;
        page.push_str(before);
        page.push_str(part);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// The icon of a page that has no other file.
fn icon_link() -> Result<String, ExportError> {
    Ok(format!("<link rel=\"icon\" href=\"data:image/png;base64,{}\">", BASE64_STANDARD.encode(icon(64)?)))
}

/// JSON that no text in it can end.
fn within_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Base64 of gzip, the same for the same bytes.
fn packed(bytes: &[u8]) -> Result<String, ExportError> {
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    let packed = writer.write_all(bytes).and_then(|()| writer.finish());
    Ok(BASE64_STANDARD.encode(packed.map_err(|error| ExportError::Page(error.to_string()))?))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use foliar_model::AbstentionReason;

    use super::*;

    fn languages() -> BTreeMap<String, BTreeMap<String, String>> {
        serde_json::from_str(LANGUAGES).unwrap()
    }

    /// The words in braces.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_says_everything() {
        let languages = languages();
        let english = &languages["en"];
        for (language, texts) in &languages {
            assert!(texts.keys().eq(english.keys()), "{language} has the keys of English");
            for (key, text) in texts {
                assert!(!text.trim().is_empty(), "{language}: {key}");
                assert_eq!(placeholders(text), placeholders(&english[key]), "{language}: {key}");
                let is_translated = language == "en" || text != &english[key];
                let words = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
                assert!(
                    is_translated || words.map(str::len).sum::<usize>() < 12,
                    "{language}: {key} is in English"
                );
            }
        }
        assert!(["en", "es", "fr", "hi", "sw"].iter().all(|language| languages.contains_key(*language)));
    }

    /// Every text that is asked for is there, and none is left over.
    #[test]
    fn the_page_asks_for_the_texts_that_there_are() {
        let english = &languages()["en"];
        let scripts = [SCRIPT, SERVER_SCRIPT, PAGE];
        let quoted: BTreeSet<&str> = scripts.iter().flat_map(|part| part.split('"')).collect();
        let reasons = [AbstentionReason::LowConfidence, AbstentionReason::OutOfDistribution]
            .map(AbstentionReason::name);
        for key in english.keys() {
            let is_used = quoted.contains(key.as_str()) || reasons.contains(&key.as_str()) || key == "name";
            assert!(is_used || SCRIPT.contains(&format!(" {key}:")), "{key} is not used");
        }
        assert!(reasons.iter().all(|reason| english.contains_key(*reason)));
        let attributes = ["data-text=\"", "data-label=\""].map(|attribute| PAGE.split(attribute).skip(1));
        let asked = attributes
            .into_iter()
            .flatten()
            .chain(SCRIPT.split(" t(\"").skip(1))
            .chain(SCRIPT.split("(t(\"").skip(1));
        for rest in asked {
            let key = rest.split('"').next().unwrap();
            assert!(english.contains_key(key), "there is no text {key}");
        }
    }

    #[test]
    fn no_part_can_end_another_or_loads_anything() {
        for part in [STYLE, SCRIPT, SERVER_SCRIPT, WORKER, &within_script("{\"a\": \"</script><!--\"}")] {
            assert!(!part.contains("</s") && !part.contains("<!--"));
        }
        for part in [PAGE, STYLE, SCRIPT, SERVER_SCRIPT, WORKER, LANGUAGES, SERVICE_WORKER] {
            for word in [
                "http:",
                "https:",
                " src=",
                "url(",
                "@import",
                "XMLHttpRequest",
                "WebSocket",
                "sendBeacon",
                "eval(",
            ] {
                assert!(!part.contains(word), "{word}");
            }
        }
        assert!([SCRIPT, WORKER].iter().all(|part| !part.contains("fetch(")));
    }

    #[test]
    fn a_page_is_recognised_by_its_beginning() {
        assert!(crate::is_exported_page(&PAGE.as_bytes()[..64]));
    }

    #[test]
    fn the_engine_is_small() {
        assert!(ENGINE.starts_with(&[0x1f, 0x8b]), "it is compressed");
        assert!(ENGINE.len() < 1_000_000, "{} bytes", ENGINE.len());
    }
}
