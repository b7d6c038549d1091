//! Values may be cut off: the text breaks off within a line, or lines were broken at a width.
//!
//! Idea: the reader leaves out a number of which other lines show more digits, and says where it did so, or where it could not
//! decide. Limits: a cut between two numbers of a line, or of a log of one line, leaves no trace.

use crate::context::Context;
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let line = context.log.cut_line?;
    Some(Finding {
        id: Id::CutValues,
        severity: Severity::Note,
        claim: format!(
            "Line {line} looks cut off: its last number may lack digits, or go on in the next line."
        ),
        evidence: vec![Evidence::at(line, "other lines of this kind are longer")],
        confidence: 0.8,
        advice:
            "Give the log as the program wrote it, in whole lines: the file itself, not what a window shows."
                .to_owned(),
        code: None,
    })
}
