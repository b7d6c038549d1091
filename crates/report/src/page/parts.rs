//! Parts that several pages are made of.

use foliar_doctor::Severity;
use maud::{Markup, html};

use crate::layout::number::Number;
use foliar_results::{Estimate, Finding, FindingId, Rating};

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
    let Estimate { value, low, high } = estimate;
    let span = number.span(low, high);
    html! {
        (number.shown(value))
        @if !span.is_empty() { span.interval { (span) } }
    }
}

/// `90.3 % (88.5 to 91.9 %)`, as it stands in a sentence.
pub(crate) fn with_interval(number: Number, estimate: Estimate) -> String {
    let Estimate { value, low, high } = estimate;
    let span = number.span(low, high);
    let span = if span.is_empty() { span } else { format!(" ({span})") };
    format!("{}{span}", number.shown(value))
}

/// The word for a weight, and the class of its colour.
pub(crate) fn severity(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Note => ("Note", "note"),
        Severity::Warning => ("Warning", "warning"),
        Severity::Error => ("Error", "error"),
    }
}

/// A finding as a card.
pub(crate) struct FindingCard<'a> {
    pub(crate) severity: Severity,
    pub(crate) title: &'a str,
    /// What is so.
    pub(crate) text: String,
    /// Examples, which are folded away; may be empty.
    pub(crate) examples: &'a [String],
    /// What to do; may be empty.
    pub(crate) advice: &'a str,
}

/// Findings as cards, in their order.
pub(crate) fn findings<'a>(cards: impl IntoIterator<Item = FindingCard<'a>>) -> Markup {
    html! {
        ul.findings role="list" {
            @for FindingCard { severity: weight, title, text, examples, advice } in cards {
                @let (word, colour) = severity(weight);
                li class={ "finding " (colour) } {
                    h3 { span.badge { (word) } " " (prose(title)) }
                    @if !text.is_empty() { p { (prose(&text)) } }
                    @if !advice.is_empty() { p.advice { (prose(advice)) } }
                    @if !examples.is_empty() {
                        details {
                            summary { "Evidence" }
                            ul.evidence { @for line in examples { li { (breakable(line)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The findings of an evaluation as cards.
pub(crate) fn finding_cards(findings: &[Finding<FindingId>]) -> impl Iterator<Item = FindingCard<'_>> {
    findings.iter().map(|finding| FindingCard {
        severity: finding.severity,
        title: &finding.claim,
        text: finding.evidence.join(" "),
        examples: &[],
        advice: &finding.advice,
    })
}

/// The colour of a rating.
pub(crate) fn rating(rating: Rating) -> &'static str {
    match rating {
        Rating::Sound => "healthy",
        Rating::Unknown => "note",
        Rating::Limited => "warning",
        Rating::Unsound => "error",
    }
}

/// A name of a file or a class, or a sentence with such names, which may be broken after their signs; numbers such as 0.88 stay whole.
pub(crate) fn breakable(text: &str) -> Markup {
    let mut parts: Vec<&str> = Vec::new();
    let mut from = 0;
    for (at, sign) in text.match_indices(['_', '-', '/', '.']) {
        let end = at + sign.len();
        let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        let number =
            sign == "." && digit(text[..at].chars().next_back()) && digit(text[end..].chars().next());
        if !number && end < text.len() {
            parts.push(&text[from..end]);
            from = end;
        }
    }
    html! { @for part in parts { (part) wbr; } (text[from..]) }
}

/// A sentence in which what stands between backticks is code, and options of the command line and numbers with their unit
/// stay whole.
pub(crate) fn prose(text: &str) -> Markup {
    let text = text.replace(" %", "\u{a0}%").replace("± ", "±\u{a0}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_broken_and_numbers_not() {
        for (text, expected) in [
            ("Bean_rust", "Bean_<wbr>rust"),
            ("a/b.jpg", "a/<wbr>b.<wbr>jpg"),
            ("of Bean_rust 0.88, of its own 0.09", "of Bean_<wbr>rust 0.88, of its own 0.09"),
            ("end_", "end_"),
            ("1.jpg", "1.<wbr>jpg"),
            ("ü.é_", "ü.<wbr>é_"),
        ] {
            assert_eq!(breakable(text).into_string(), expected);
        }
    }
}
