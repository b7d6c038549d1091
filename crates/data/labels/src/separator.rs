//! Which character stands between the cells of a table.

use foliar_files::row_line;

/// Separators, the more usual first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows that are looked at.
const LOOKED_AT: usize = 50;

/// The separator under which most of the first rows have as many cells as the header, and the header at least two; the one
/// with more cells where that decides nothing. A comma for a table of one column.
pub(crate) fn separator(text: &str) -> u8 {
    let scored = SEPARATORS.iter().filter_map(|&separator| {
        let mut lengths = records(text, separator).map(|record| record.len());
        let header = lengths.next().filter(|&cells| cells > 1)?;
        let alike = lengths.take(LOOKED_AT).filter(|&cells| cells == header).count();
        Some((alike, header, separator))
    });
    // The first of equals.
    let best = scored.reduce(|best, other| if (other.0, other.1) > (best.0, best.1) { other } else { best });
    best.map_or(b',', |(.., separator)| separator)
}

/// The rows of a text, cells without blanks around them, without rows that are empty. The position of a row is that of its line.
pub(crate) fn records(text: &str, separator: u8) -> impl Iterator<Item = csv::StringRecord> {
    let reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    // The bytes are text and rows may have any length, so no record is an error.
    let rows = reader.into_records().filter_map(Result::ok);
    rows.filter(|record| record.iter().any(|cell| !cell.is_empty())).map(|mut record| {
        if let Some(mut start) = record.position().cloned() {
            let line = row_line(text.as_bytes(), start.byte(), start.line());
            record.set_position(Some(start.set_line(line).clone()));
        }
        record
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["image,label", "", "a,1", " , ", "", "b,2", "\"c", "d\",3", "e,4"].join(end);
            let lines: Vec<u64> =
                records(&text, b',').filter_map(|row| Some(row.position()?.line())).collect();
            assert_eq!(lines, [1, 3, 6, 7, 9], "{end:?}");
        }
    }

    #[test]
    fn the_separator_is_the_one_that_the_rows_agree_on() {
        for (text, expected) in [
            ("path,group\na,b\n", b','),
            ("path;part\na,1.jpg;b\nc,2.jpg;d\n", b';'),
            ("path\tlabel\na\tb, c\n", b'\t'),
            ("image,labels\na.jpg,x;y\nb.jpg,z\n", b','),
            ("path|label\na|b\n", b'|'),
            ("path\na\n", b','),
            ("", b','),
            ("name;note\n\"a;b\";\"c,d,e\"\n", b';'),
        ] {
            assert_eq!(separator(text), expected, "{text}");
        }
    }
}
