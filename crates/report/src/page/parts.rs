//! Parts that several pages are made of.

use foliar_doctor::Severity;
use maud::{Markup, html};

use crate::estimate::Estimate;
use crate::layout::number::Number;
use crate::remark::Remark;

/// A number with its name and what more there is to say of it.
pub(crate) struct KeyFigure {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Empty: nothing.
    pub(crate) note: String,
}

/// The few numbers that carry a verdict.
pub(crate) fn key_figures(figures: &[KeyFigure]) -> Markup {
    if figures.is_empty() {
        return html! {};
    }
    html! {
        dl.key-figures {
            @for figure in figures {
                div {
                    dt { (figure.name) }
                    dd { strong { (figure.value) } @if !figure.note.is_empty() { span { (figure.note) } } }
                }
            }
        }
    }
}

/// Stands where a table has no value.
pub(crate) fn gap() -> String {
    "–".to_owned()
}

/// `90.3 %` and, where it has an interval, `88.5 to 91.9 %`.
pub(crate) fn estimate(number: Number, estimate: Estimate) -> Markup {
    html! {
        (number.shown(estimate.value))
        @if estimate.has_interval() { span.interval { (estimate.span(number)) } }
    }
}

/// The word for a weight, and the class of its colour.
pub(crate) fn severity(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Note => ("Note", "note"),
        Severity::Warning => ("Warning", "warning"),
        Severity::Error => ("Error", "error"),
    }
}

/// Remarks as cards, in their order.
pub(crate) fn remarks(remarks: &[Remark]) -> Markup {
    html! {
        ul.findings role="list" {
            @for remark in remarks {
                @let (word, colour) = severity(remark.severity);
                li class={ "finding " (colour) } {
                    h3 { span.badge { (word) } " " (remark.title) }
                    p { (prose(&remark.text)) }
                }
            }
        }
    }
}

/// A name of a file or a class, which may be broken after its signs.
pub(crate) fn breakable(name: &str) -> Markup {
    html! {
        @for part in name.split_inclusive(['_', '-', '/', '.']) { (part) wbr; }
    }
}

/// A sentence in which what stands between backticks is code, and options of the command line stay whole.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 {
                code { (part) }
            } @else {
                @for word in part.split_inclusive(' ') {
                    @if word.trim_start_matches('(').starts_with("--") { span.option { (word) } } @else { (word) }
                }
            }
        }
    }
}
