//! A diagnosis as a page: verdict, findings, curves and numbers, from one file that needs nothing else.
//!
//! ```text
//! RunLog, Diagnosis ──> doctor_fragment ──> doctor_page
//!                           │    verdict, key figures, findings     (summary, findings)
//!                           │    losses and accuracies as pictures  (figures, series)
//!                           └    every number that was understood   (tables)
//! ```
//!
//! Whatever comes from the log is text: it passes through the escaping of `maud` or of the SVG writer and can neither
//! open an element nor an address. Pictures are drawn for wide and narrow, light and dark pages; the style shows the one
//! that fits.

pub(crate) mod figures;
pub(crate) mod findings;
mod series;
mod summary;
mod tables;
pub(crate) mod words;

use foliar_doctor::Diagnosis;
use foliar_logread::RunLog;
use maud::{Markup, html};

use crate::error::ReportError;
use crate::page::{Page, Policy};

/// Style of a [`doctor_fragment`], to be put into a `<style>` of the page that shows it.
pub const DOCTOR_STYLE: &str = concat!(include_str!("../page/base.css"), include_str!("style.css"));

/// A diagnosis as one HTML document: light and dark, wide and narrow, on screen and on paper, without scripts, fonts or
/// anything else from elsewhere.
///
/// # Errors
/// None on whatever numbers a log holds; [`ReportError`] is that of the pictures.
pub fn doctor_page(log: &RunLog, diagnosis: &Diagnosis) -> Result<String, ReportError> {
    let page = Page {
        title: &format!("Training log: {}", summary::headline(diagnosis)),
        heading: "What this training log says",
        style: DOCTOR_STYLE,
        policy: Policy::Still,
        article: fragment(log, diagnosis)?,
        footer: "Written by foliar doctor. Losses are in nats, per photo unless they are called printed.",
    };
    Ok(page.into_string())
}

/// What [`doctor_page`] shows between its title and its end: one `<article>` with headings from the second level, for a
/// page that has a first-level heading and [`DOCTOR_STYLE`].
///
/// # Errors
/// As for [`doctor_page`].
pub fn doctor_fragment(log: &RunLog, diagnosis: &Diagnosis) -> Result<String, ReportError> {
    fragment(log, diagnosis).map(Markup::into_string)
}

fn fragment(log: &RunLog, diagnosis: &Diagnosis) -> Result<Markup, ReportError> {
    Ok(html! {
        article.foliar-article.foliar-doctor {
            (summary::verdict(log, diagnosis))
            (findings::findings("Findings", &diagnosis.findings))
            (figures::figures(&diagnosis.series)?)
            (tables::numbers(&diagnosis.series))
            (tables::reading(log))
        }
    })
}
