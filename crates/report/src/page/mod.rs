//! What all pages share: one HTML file that needs nothing else, light and dark, wide and narrow, on screen and on paper.

pub(crate) mod gallery;
pub(crate) mod parts;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::Theme;

/// What the browser may do with a page. It may load nothing from elsewhere and send nothing.
#[derive(Clone, Copy)]
pub(crate) enum Policy {
    /// Run nothing.
    Still,
    /// Show pictures that lie in the page, and run the one script that sorts tables.
    Pictured,
}

impl Policy {
    fn text(self) -> &'static str {
        match self {
            Self::Still => {
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
            }
            Self::Pictured => concat!(
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; ",
                "script-src 'sha256-gkPdELoOeaPPv7HM/KI6TAMC9obsXlbwHrWKmpWtsAw='; base-uri 'none'; form-action 'none'"
            ),
        }
    }
}

/// Sorts tables. Its digest stands in [`Policy::Pictured`].
const SORT: &str = include_str!("sort.js");

/// A whole document.
pub(crate) struct Page<'a> {
    /// Of the browser's tab.
    pub(crate) title: &'a str,
    /// In the page.
    pub(crate) heading: &'a str,
    pub(crate) style: &'a str,
    pub(crate) policy: Policy,
    pub(crate) article: Markup,
    pub(crate) footer: &'a str,
}

impl Page<'_> {
    pub(crate) fn into_string(self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(self.policy.text());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(self.style)) }
                }
                body.foliar-page {
                    main {
                        h1 { (self.heading) }
                        (self.article)
                    }
                    footer { p { (self.footer) } }
                    @if let Policy::Pictured = self.policy { script { (PreEscaped(SORT)) } }
                }
            }
        };
        page.into_string()
    }
}

/// The picture four times, of which the style shows one: drawn for wide and narrow pages, light and dark. A screen reader
/// hears `words`.
pub(crate) fn picture(
    words: &str,
    draw: impl Fn(Breadth, Theme) -> Result<Picture, ReportError>,
) -> Result<Markup, ReportError> {
    let drawn = |breadth, theme| draw(breadth, theme).map(|picture| PreEscaped(picture.svg()));
    Ok(html! {
        div.picture role="img" aria-label=(words) {
            div.wide.light aria-hidden="true" { (drawn(Breadth::Wide, Theme::Light)?) }
            div.wide.dark aria-hidden="true" { (drawn(Breadth::Wide, Theme::Dark)?) }
            div.narrow.light aria-hidden="true" { (drawn(Breadth::Narrow, Theme::Light)?) }
            div.narrow.dark aria-hidden="true" { (drawn(Breadth::Narrow, Theme::Dark)?) }
        }
    })
}

/// How much room a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    Wide,
    Narrow,
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_script_that_the_page_has() {
        let digest = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(SORT)));
        assert!(Policy::Pictured.text().contains(&digest), "the script's digest is {digest}");
        assert!(!Policy::Still.text().contains("script-src"));
    }
}
