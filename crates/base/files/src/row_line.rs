//! Where a row of a table stands, for sentences about it.

/// The line, from 1, in which a row stands whose reader was at `byte` of `text`, in line `line`, when it went on to it: blank lines before
/// the row are passed over, and so is what is left of the end of the line before.
#[must_use]
pub fn row_line(text: &[u8], byte: u64, line: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    line + blank.filter(|&&byte| byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_ends_of_lines_are_counted() {
        for end in ["\n", "\r\n"] {
            let text = ["class", "rust", "", "", "blight"].join(end);
            let behind = |word: &str| (text.find(word).map_or(0, |at| at + word.len())) as u64;
            // A reader stops before or behind the end of a line of two bytes, and has counted it in the second case only.
            let stops = (end.len() - 1) as u64;
            assert_eq!(row_line(text.as_bytes(), behind("class") + stops, 1), 2);
            assert_eq!(row_line(text.as_bytes(), behind("rust") + end.len() as u64, 3), 5);
            assert_eq!(row_line(text.as_bytes(), 0, 1), 1);
            assert_eq!(row_line(text.as_bytes(), 1_000, 7), 7);
        }
    }
}
