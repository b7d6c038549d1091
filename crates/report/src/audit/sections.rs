//! Parts of an audit, for its own page and for that of a classifier.

use maud::{Markup, html};

use super::view::{AuditView, Pair, Poor, Probe, SplitCheck, Suspect};
use crate::layout::number::Number;
use crate::page::gallery::{gallery, photo};
use crate::page::parts::{breakable, estimate, remarks};

/// Classes beyond this are counted only.
const MOST_CLASSES: usize = 200;

pub(crate) fn duplicates(view: &AuditView) -> Markup {
    let card = |pair: &Pair| {
        html! {
            div.side-by-side { (photo(&pair.one)) (photo(&pair.other)) }
            @if pair.is_crossing() { span.badge.error { "across the split" } }
            @if pair.is_conflicting() { span.badge.warning { "two labels" } }
            @if !pair.how.is_empty() { p { (pair.how) } }
        }
    };
    let note = "Photographs that are the same or nearly the same, side by side.";
    gallery("audit-duplicates", "Near duplicates", note, &view.duplicates, card)
}

pub(crate) fn suspects(view: &AuditView) -> Markup {
    let card = |suspect: &Suspect| {
        html! {
            (photo(&suspect.photo))
            p { "Rather " strong { (breakable(&suspect.proposed)) } "?" }
            @if !suspect.reason.is_empty() { p { (breakable(&suspect.reason)) } }
        }
    };
    let note = "Photographs that look like another class than their folder says, the surest first. Look before you change a label.";
    gallery("audit-suspects", "Labels that may be wrong", note, &view.suspects, card)
}

pub(crate) fn poor(view: &AuditView) -> Markup {
    let card = |poor: &Poor| html! { (photo(&poor.photo)) p { (poor.reason) } };
    gallery(
        "audit-poor",
        "Photographs of poor quality",
        "Photographs that may teach or test little.",
        &view.poor,
        card,
    )
}

/// What was found, the probes, the split check and the counts.
pub(crate) fn findings(view: &AuditView) -> Markup {
    html! {
        section aria-labelledby="audit-findings" {
            h2 #audit-findings { "What the photographs are like" }
            p.about { (census(view)) }
            @if !view.remarks.is_empty() { (remarks(&view.remarks)) }
            div.tables {
                @if !view.probes.is_empty() { (probes(&view.probes)) }
                @if let Some(check) = &view.split_check { (split_check(check)) }
                @if !view.classes.is_empty() { (classes(&view.classes)) }
            }
        }
    }
}

/// `2,191 photographs of 15 classes, 4 files that can not be used; ...`
pub(crate) fn census(view: &AuditView) -> String {
    let shown = |number: u64| Number::Count.shown(number as f64);
    let mut words = format!("{} photographs of {} classes", shown(view.photographs), view.classes.len());
    if view.unusable > 0 {
        words += &format!(", and {} files that can not be used", shown(view.unusable));
    }
    if let Some(groups) = &view.groups {
        words += &format!(
            ". They come in {} groups of what belongs together, the largest of {}",
            shown(groups.count),
            shown(groups.largest)
        );
        if !groups.how.is_empty() {
            words += &format!(" (found by {})", groups.how);
        }
    }
    words + "."
}

fn probes(probes: &[Probe]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="What tells the class without the leaf" {
            table {
                caption { span { "What tells the class without the leaf: accuracy of a simple classifier that sees nothing else." } }
                thead {
                    tr {
                        th scope="col" { "Sees only" }
                        th scope="col" { "Accuracy" }
                        th scope="col" { "Guessing" }
                    }
                }
                tbody {
                    @for probe in probes {
                        tr.alarming[probe.alarming] {
                            th scope="row" { (probe.name) @if probe.alarming { " " span.badge.warning { "far above guessing" } } }
                            td { (estimate(Number::Percent, probe.accuracy)) }
                            td { (Number::Percent.shown(probe.chance)) }
                        }
                    }
                }
            }
        }
    }
}

fn split_check(check: &SplitCheck) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="What a random split flatters" {
            table {
                caption { span { "What a random split flatters: the same classifier under two ways of splitting." } }
                thead { tr { th scope="col" { "Split" } th scope="col" { "Accuracy" } } }
                tbody {
                    tr { th scope="row" { "at random" } td { (estimate(Number::Percent, check.random)) } }
                    tr { th scope="row" { "what belongs together on one side" } td { (estimate(Number::Percent, check.grouped)) } }
                }
            }
        }
    }
}

fn classes(classes: &[(String, u64)]) -> Markup {
    let most = classes.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1) as f64;
    html! {
        div.scroll tabindex="0" role="region" aria-label="Photographs of each class" {
            table.sortable.counts {
                thead { tr { th scope="col" { "Class" } th scope="col" { "Photographs" } } }
                tbody {
                    @for (class, count) in classes.iter().take(MOST_CLASSES) {
                        tr {
                            th scope="row" { (breakable(class)) }
                            td data-value=(count) style={ "--share:" (format!("{:.3}", *count as f64 / most)) } {
                                (Number::Count.shown(*count as f64))
                            }
                        }
                    }
                }
            }
        }
    }
}
