//! Lines that repeat what other lines said: the best epoch again, and summaries.
//!
//! ```text
//! Early stopping, best iteration is:
//! [52]    valid_0's multi_logloss: 0.61
//!
//! wandb: Run summary:
//! wandb:   epoch 8
//! wandb: val_acc 0.74
//! ```
//!
//! Their values count only where nothing else tells the same quantity, and their epochs and steps not at all.

use crate::token::Tokens;

/// How long a repetition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    /// The next line.
    Line,
    /// All lines until one without numbers.
    Block,
}

const LINES: [&str; 3] = ["best iteration", "best epoch", "best model"];
const BLOCKS: [&str; 2] = ["run summary", "following results"];

/// What a line without numbers announces.
pub(crate) fn announced(text: &str, tokens: &Tokens) -> Option<Aside> {
    const LONGEST: usize = 160;
    if !tokens.numbers.is_empty() || text.len() > LONGEST || !text.trim_end().ends_with(':') {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let holds = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    if holds(&BLOCKS) { Some(Aside::Block) } else { holds(&LINES).then_some(Aside::Line) }
}

/// Whether a text speaks of the best epoch so far: `Current best model is epoch_3, acc1=`.
pub(crate) fn names_the_best(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["best model", "best_model", "best checkpoint"].iter().any(|phrase| text.contains(phrase))
}
