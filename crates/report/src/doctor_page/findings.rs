//! Findings as cards, the most important first.

use foliar_doctor::{Alternative, Diagnosis, Evidence, Explanation, Finding};
use maud::{Markup, html};

use super::words::weight;
use crate::page::parts::prose;

/// All findings, in their order, below a heading. `id` begins the names of the parts.
pub(crate) fn findings(heading: &str, diagnosis: &Diagnosis, id: &str) -> Markup {
    html! {
        section aria-labelledby={ (id) "-findings" } {
            h2 id={ (id) "-findings" } { (heading) }
            ol.findings role="list" {
                @for (place, finding) in diagnosis.findings.iter().enumerate() {
                    li { (card(finding, diagnosis.explanations.get(place), place == 0, id)) }
                }
            }
        }
    }
}

fn card(finding: &Finding, explanation: Option<&Explanation>, is_main: bool, id: &str) -> Markup {
    let (word, colour) = weight(finding);
    let heading = format!("{id}-{}", finding.id.name());
    html! {
        article class={ "finding " (colour) } aria-labelledby=(heading) {
            header {
                h3 id=(heading) { span.badge { (word) } " " (finding.id.title()) }
                p.aside { code { (finding.id.name()) } " " span { (sureness(finding.confidence)) } }
            }
            div.body {
                div {
                    p.claim { (prose(&finding.claim)) }
                    @if !finding.advice.is_empty() {
                        h4 { "What to do" }
                        p { (prose(&finding.advice)) }
                    }
                }
                (evidence(&finding.evidence))
            }
            @if let Some(code) = &finding.code {
                pre tabindex="0" role="region" aria-label="Code that mends it" { code { (code) } }
            }
            @if let Some(explanation) = explanation { (alternatives(&explanation.alternatives, is_main)) }
        }
    }
}

/// What else explains the same numbers, and what would tell; folded up unless `open`.
fn alternatives(alternatives: &[Alternative], open: bool) -> Markup {
    if alternatives.is_empty() {
        return html! {};
    }
    html! {
        details open=[open.then_some("")] {
            summary { "What else it could be" }
            ul.evidence.alternatives role="list" {
                @for other in alternatives {
                    li {
                        span.line { (share(other.share)) }
                        " "
                        span { (sentence(other.cause)) ". " (prose(other.test)) }
                    }
                }
            }
        }
    }
}

fn evidence(evidence: &[Evidence]) -> Markup {
    if evidence.is_empty() {
        return html! {};
    }
    html! {
        details open="" {
            summary { "Evidence" }
            ul.evidence role="list" {
                @for piece in evidence {
                    li {
                        span.line { @if let Some(line) = piece.line { "line " (line) } @else { "whole log" } }
                        " "
                        span { (prose(&piece.text)) }
                    }
                }
            }
        }
    }
}

/// A probability in per cent.
pub(crate) fn share(share: f64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * share)
}

/// Words with a capital at their beginning.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Confidence in words that promise no more than it holds.
pub(crate) fn sureness(confidence: f64) -> String {
    let share = (confidence.clamp(0.0, 1.0) * 100.0).round().min(99.0);
    format!("{share}\u{a0}% sure")
}
