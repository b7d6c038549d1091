//! Numbers of things in sentences.

/// `1 photo`, `2 photos`.
#[must_use]
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
