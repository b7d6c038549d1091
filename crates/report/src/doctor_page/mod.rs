//! A diagnosis as a page: verdict, findings, curves and numbers, from one file that needs nothing else.
//!
//! ```text
//! RunLog, Diagnosis ──> doctor_fragment ──> doctor_page
//!                           │    verdict, key figures, findings     (summary, findings)
//!                           │    losses and accuracies as pictures  (figures, series)
//!                           └    every number that was understood   (tables)
//! several, Comparison ──> doctor_comparison_page: side by side, then each of them  (comparison)
//! ```
//!
//! Whatever comes from the log is text: it passes through the escaping of `maud` or of the SVG writer and can neither
//! open an element nor an address. Pictures are drawn for wide and narrow, light and dark pages; the style shows the one
//! that fits.

pub(crate) mod comparison;
pub(crate) mod figures;
pub(crate) mod findings;
pub(crate) mod series;
mod summary;
pub(crate) mod tables;
pub(crate) mod words;

use foliar_doctor::{Comparison, Diagnosis};
use foliar_logread::RunLog;
use maud::{Markup, html};

use crate::error::ReportError;
use crate::page::{Page, Policy};

/// Style of a [`doctor_fragment`], to be put into a `<style>` of the page that shows it.
pub const DOCTOR_STYLE: &str = concat!(include_str!("../page/base.css"), include_str!("style.css"));

/// A log that was diagnosed, to be shown beside others.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosedLog<'a> {
    /// How people call it, such as its path.
    pub name: &'a str,
    /// As it was read.
    pub log: &'a RunLog,
    /// What was found in it.
    pub diagnosis: &'a Diagnosis,
}

/// A diagnosis as one HTML document: light and dark, wide and narrow, on screen and on paper, without scripts, fonts or
/// anything else from elsewhere.
///
/// # Errors
/// None on whatever numbers a log holds; [`ReportError`] is that of the pictures.
pub fn doctor_page(log: &RunLog, diagnosis: &Diagnosis) -> Result<String, ReportError> {
    let title = format!("Training log: {}", summary::headline(diagnosis));
    Ok(document(&title, "What this training log says", fragment(log, diagnosis, "doctor")?))
}

/// Several diagnoses as one HTML document, such as [`doctor_page`] is: side by side, then each of them. `comparison` is that of
/// the same logs in the same order.
///
/// # Errors
/// As for [`doctor_page`].
pub fn doctor_comparison_page(
    logs: &[DiagnosedLog<'_>],
    comparison: &Comparison,
) -> Result<String, ReportError> {
    let title = format!("{} training logs", logs.len());
    Ok(document(&title, "What these training logs say", comparison::fragment(logs, comparison)?))
}

fn document(title: &str, heading: &str, article: Markup) -> String {
    let footer = "Written by foliar doctor. Losses are in nats, per photo unless they are called printed.";
    Page { title, heading, style: DOCTOR_STYLE, policy: Policy::Still, article, footer }.into_string()
}

/// What [`doctor_page`] shows between its title and its end: one `<article>` with headings from the second level, for a
/// page that has a first-level heading and [`DOCTOR_STYLE`].
///
/// # Errors
/// As for [`doctor_page`].
pub fn doctor_fragment(log: &RunLog, diagnosis: &Diagnosis) -> Result<String, ReportError> {
    fragment(log, diagnosis, "doctor").map(Markup::into_string)
}

/// What [`doctor_comparison_page`] shows between its title and its end, as [`doctor_fragment`] is of [`doctor_page`].
///
/// # Errors
/// As for [`doctor_page`].
pub fn doctor_comparison_fragment(
    logs: &[DiagnosedLog<'_>],
    comparison: &Comparison,
) -> Result<String, ReportError> {
    comparison::fragment(logs, comparison).map(Markup::into_string)
}

/// One diagnosis as an article; `id` begins the names of its parts.
fn fragment(log: &RunLog, diagnosis: &Diagnosis, id: &str) -> Result<Markup, ReportError> {
    Ok(html! {
        article.foliar-article.foliar-doctor {
            (parts(log, diagnosis, id)?)
        }
    })
}

fn parts(log: &RunLog, diagnosis: &Diagnosis, id: &str) -> Result<Markup, ReportError> {
    Ok(html! {
        (summary::verdict(log, diagnosis, id))
        (findings::findings("Findings", diagnosis, id))
        (figures::figures(&diagnosis.series, id)?)
        (tables::numbers(&diagnosis.series, id))
        (tables::reading(log, id))
    })
}
