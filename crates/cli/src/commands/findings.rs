//! Findings as text: what is so, what says so, and what to do.

use std::io::{self, Write};

use foliar_results::{Finding, Severity};

use crate::wrap::paragraph;

/// Each finding as a paragraph, in their order.
pub(crate) fn print<Id>(out: &mut impl Write, findings: &[Finding<Id>]) -> io::Result<()> {
    for finding in findings {
        let weight = match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        writeln!(out)?;
        paragraph(out, &format!("{weight}: {}", finding.claim), "", "  ")?;
        for line in &finding.evidence {
            paragraph(out, line, "  - ", "    ")?;
        }
        if !finding.advice.is_empty() {
            paragraph(out, &finding.advice, "  > ", "    ")?;
        }
    }
    Ok(())
}
