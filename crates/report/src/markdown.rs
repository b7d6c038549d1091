//! Text as Markdown, in which nothing that came from elsewhere is markup.

/// The text with everything escaped that Markdown or HTML would take for its own, in one line.
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A block that is shown as it is, behind a fence longer than any within.
pub(crate) fn fenced(kind: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{kind}\n{}\n{fence}\n", text.trim_end())
}

/// A table with its first column to the left and numbers to the right; nothing without rows.
pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<String> = rows.into_iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    if rows.is_empty() {
        return String::new();
    }
    let line: Vec<&str> =
        head.iter().enumerate().map(|(column, _)| if column == 0 { "---" } else { "---:" }).collect();
    format!("| {} |\n| {} |\n{}", head.join(" | "), line.join(" | "), rows.concat())
}

/// A sentence of this program, in which what stands between backticks is code.
pub(crate) fn prose(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return plain(text);
    }
    let parts = text.split('`').enumerate();
    parts.map(|(place, part)| if place % 2 == 1 { code(part) } else { plain(part) }).collect()
}

/// A name as code, behind as many backticks as it needs; nothing if it is empty.
pub(crate) fn code(name: &str) -> String {
    let name = name.split(char::is_control).collect::<Vec<_>>().join(" ");
    let name = name.trim();
    if name.is_empty() {
        return String::new();
    }
    let longest = name.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if name.starts_with('`') || name.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{name}{gap}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_end_the_code_that_they_are() {
        assert_eq!(code("val_acc"), "`val_acc`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("two\nlines"), "`two lines`");
        assert_eq!(prose("use `--val-size` for <b>"), "use `--val-size` for \\<b\\>");
        assert_eq!(prose("one ` alone"), "one \\` alone");
    }
}
