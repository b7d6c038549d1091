//! A remark: something a reader should know, with its weight.

use foliar_doctor::Severity;

/// Something a reader should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// An error stands against relying on the rest; a warning limits it; a note is worth knowing.
    pub severity: Severity,
    /// A few words that begin with a capital: `Near duplicates cross the split`.
    pub title: String,
    /// One or two sentences: what was measured, and what to do.
    pub text: String,
}

impl Remark {
    /// A remark of this weight.
    pub fn new(severity: Severity, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity, title: title.into(), text: text.into() }
    }

    /// The title within a sentence. An abbreviation keeps its capitals.
    pub(crate) fn title_within(&self) -> String {
        let mut letters = self.title.chars();
        match (letters.next(), letters.clone().next()) {
            (Some(first), Some(second)) if !second.is_uppercase() => {
                first.to_lowercase().chain(letters).collect()
            }
            _ => self.title.clone(),
        }
    }
}
