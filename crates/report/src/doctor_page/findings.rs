//! Findings as cards, the most important first.

use foliar_doctor::{Evidence, Finding};
use maud::{Markup, html};

use super::words::weight;
use crate::page::parts::coded;

/// All findings, in their order, below a heading. `id` begins the names of the parts.
pub(crate) fn findings(heading: &str, findings: &[Finding], id: &str) -> Markup {
    html! {
        section aria-labelledby={ (id) "-findings" } {
            h2 id={ (id) "-findings" } { (heading) }
            ol.findings role="list" {
                @for finding in findings { li { (card(finding, id)) } }
            }
        }
    }
}

fn card(finding: &Finding, id: &str) -> Markup {
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
                    p.claim { (coded(&finding.claim)) }
                    @if !finding.advice.is_empty() {
                        h4 { "What to do" }
                        p { (coded(&finding.advice)) }
                    }
                }
                (evidence(&finding.evidence))
            }
            @if let Some(code) = &finding.code {
                pre tabindex="0" role="region" aria-label="Code that mends it" { code { (code) } }
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
                        span { (piece.text) }
                    }
                }
            }
        }
    }
}

/// Confidence in words that promise no more than it holds.
pub(crate) fn sureness(confidence: f64) -> String {
    let share = (confidence.clamp(0.0, 1.0) * 100.0).round().min(99.0);
    format!("{share}\u{a0}% sure")
}
