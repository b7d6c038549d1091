//! Findings as text: what is so, what says so, and what to do.

use std::io::{self, Write};

use foliar_results::{Finding, Severity};

/// Each finding as a paragraph, in their order.
pub(crate) fn print<Id>(out: &mut impl Write, findings: &[Finding<Id>]) -> io::Result<()> {
    for finding in findings {
        let weight = match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        writeln!(out)?;
        wrap(out, &format!("{weight}: {}", finding.claim), "", "  ")?;
        for line in &finding.evidence {
            wrap(out, line, "  - ", "    ")?;
        }
        if !finding.advice.is_empty() {
            wrap(out, &finding.advice, "  > ", "    ")?;
        }
    }
    Ok(())
}

/// `text` in lines of at most 100 columns, or those of the terminal, broken between words but not before a per cent sign; the first begins with `first`, the
/// others with `rest`.
pub(crate) fn wrap(out: &mut impl Write, text: &str, first: &str, rest: &str) -> io::Result<()> {
    let width = crate::wrap::of_text();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.replace(" %", "\u{a0}%").split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            writeln!(out, "{line}")?;
            rest.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&word.replace('\u{a0}', " "));
        is_empty = false;
    }
    writeln!(out, "{line}")
}
