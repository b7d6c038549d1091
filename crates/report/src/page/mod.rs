//! What all pages share: one HTML file that needs nothing else, light and dark, wide and narrow, on screen and on paper.

pub(crate) mod parts;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::Theme;

/// The browser may load nothing, run nothing and send nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A whole document.
pub(crate) struct Page<'a> {
    /// Of the browser's tab.
    pub(crate) title: &'a str,
    /// In the page.
    pub(crate) heading: &'a str,
    pub(crate) style: &'a str,
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
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
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
