//! Rows of a table in LaTeX: `1 & 0.512 & 81.2\% \\ \hline`.

/// The row with strokes between its cells and without commands; `None` if `line` is no such row.
pub(crate) fn row(line: &str) -> Option<String> {
    memchr::memchr(b'&', line.as_bytes())?;
    // Rules stand after the row, and before it in some hands.
    let mut text = line.trim();
    while let Some(rest) = RULES.iter().find_map(|rule| text.strip_suffix(rule).or(text.strip_prefix(rule))) {
        text = rest.trim();
    }
    let (cells, space) = text.rsplit_once("\\\\")?;
    let space = space.trim();
    if !(space.is_empty() || space.starts_with('[') && space.ends_with(']')) {
        return None;
    }
    let mut out = String::with_capacity(line.len() + 8);
    let mut letters = cells.chars().peekable();
    out.push_str("| ");
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.peek() {
                Some('%' | '&' | '#' | '_') => out.extend(letters.next()),
                // A command such as `\textbf` goes, and so do the brackets around its text.
                _ => while letters.next_if(char::is_ascii_alphabetic).is_some() {},
            },
            '{' | '}' | '$' => {}
            '~' => out.push(' '),
            '&' => out.push('|'),
            _ => out.push(letter),
        }
    }
    out.push_str(" |");
    Some(out)
}

const RULES: [&str; 4] = ["\\hline", "\\midrule", "\\toprule", "\\bottomrule"];

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn a_row_has_strokes_for_ampersands_and_no_commands() {
        let cases = [
            (r"1 & 0.512 & 81.2\% \\ \hline", Some("| 1 | 0.512 | 81.2%  |")),
            (r"\textbf{Epoch} & Val loss \\ \midrule", Some("| Epoch | Val loss  |")),
            (r"\hline 2 & $0.5$ \\[2pt]", Some("| 2 | 0.5  |")),
            (r"loss & 0.5", None),
            (r"a \\ b & c", None),
            (r"train & val", None),
        ];
        for (line, wanted) in cases {
            assert_eq!(row(line).as_deref(), wanted, "{line}");
        }
    }
}
