//! Cells of tables for spreadsheets, which take a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula
//! and run it: a file may be called `=HYPERLINK(...)`.
//!
//! Such a cell, unless it is a number, gets an apostrophe before it, which spreadsheets take for "this is text". A cell that already
//! begins with apostrophes and goes on like a formula gets one more, so that taking one away gives back every cell as it was.

use std::borrow::Cow;

/// Whether the cell is written with an apostrophe before it.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
        && cell.parse::<f64>().is_err()
}

/// The cell as it is written.
pub fn defused(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was, from what [`defused`] has written. Cells of other programs, which need no apostrophe, stay as they are.
pub fn original(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_read_back() {
        for cell in
            ["=1+1", "+A1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "-", "'=1", "''@x", "-a/b.jpg"]
        {
            let written = defused(cell);
            assert!(written.starts_with('\''), "{written}");
            assert_eq!(original(&written), cell);
        }
        for cell in ["", "rust/a.jpg", "-1.5", "+2e-3", "-inf", "1", "'quoted'", "a=b", "''", "'"] {
            assert_eq!(defused(cell), cell);
            assert_eq!(original(cell), cell);
        }
    }
}
