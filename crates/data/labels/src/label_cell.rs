//! Cells that hold several labels, and what stands between them.

use std::collections::BTreeSet;

/// What data frames, spreadsheets and people write where there is nothing.
const NOTHING: [&str; 12] = ["", "NaN", "nan", "NA", "N/A", "#N/A", "<NA>", "null", "NULL", "?", "-", "--"];

/// How the cells of a column hold labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelCells {
    /// One label a cell.
    One,
    /// Labels with this character between them.
    Several(char),
    /// Lists as programs write them: `['rust', 'scab']`, and `{"choices": ["rust"]}` of Label Studio.
    Lists,
}

impl LabelCells {
    /// How these cells are to be read. Names may hold blanks and commas: a cell is taken apart only where each part of it is
    /// the whole of another cell, or at bars and semicolons, which no name holds.
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let whole: BTreeSet<&str> = cells.filter(|cell| !cell.is_empty()).collect();
        if !whole.is_empty() && whole.iter().all(|cell| inside(cell).is_some()) {
            return Self::Lists;
        }
        for between in ['|', ';'] {
            if whole.iter().any(|cell| cell.contains(between)) {
                return Self::Several(between);
            }
        }
        let parts_are_cells = |cell: &&&str, between| {
            let parts = parts(cell, between);
            parts.len() > 1 && parts.iter().all(|part| whole.contains(part))
        };
        for between in [' ', ',', '+', '/', '&'] {
            if whole.iter().any(|cell| parts_are_cells(&cell, between)) {
                return Self::Several(between);
            }
        }
        Self::One
    }

    /// The labels of a cell.
    pub(crate) fn labels(self, cell: &str) -> Vec<String> {
        let found: Vec<&str> = match self {
            Self::One if NOTHING.contains(&cell.trim()) => Vec::new(),
            Self::One => vec![cell.trim()],
            Self::Several(between) => parts(cell, between),
            Self::Lists => {
                let quotes = |part: &&str| !part.is_empty();
                inside(cell)
                    .unwrap_or_default()
                    .split(',')
                    .map(|part| part.trim().trim_matches(['"', '\'']).trim())
                    .filter(quotes)
                    .collect()
            }
        };
        found.into_iter().filter(|label| !label.is_empty()).map(str::to_owned).collect()
    }
}

/// Whether a cell is a list without anything in it.
pub(crate) fn is_empty_list(cell: &str) -> bool {
    inside(cell).is_some_and(|inside| inside.trim().is_empty())
}

/// What a list holds.
fn inside(cell: &str) -> Option<&str> {
    let choices = || {
        let inside = cell.strip_prefix('{')?.strip_suffix('}')?.trim_start().strip_prefix("\"choices\"")?;
        inside.trim_start().strip_prefix(':').map(str::trim)
    };
    choices().unwrap_or(cell).strip_prefix('[')?.strip_suffix(']')
}

fn parts(cell: &str, between: char) -> Vec<&str> {
    cell.split(between).map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_words_stay_whole() {
        for (cells, expected) in [
            (&["Bean rust", "Bean healthy", "healthy"][..], LabelCells::One),
            (&["Pepper,_bell", "Tomato"], LabelCells::One),
            (&["scab", "rust", "scab rust"], LabelCells::Several(' ')),
            (&["scab", "rust", "scab, rust"], LabelCells::Several(',')),
            (&["scab|rust"], LabelCells::Several('|')),
            (&["['scab']", "['scab', 'rust']"], LabelCells::Lists),
            (&["{\"choices\": [\"scab\"]}", "{\"choices\":[\"rust\",\"scab\"]}"], LabelCells::Lists),
            (&["", ""], LabelCells::One),
        ] {
            assert_eq!(LabelCells::of(cells.iter().copied()), expected, "{cells:?}");
        }
        assert_eq!(LabelCells::Lists.labels("['scab', \"rust\"]"), ["scab", "rust"]);
        assert_eq!(LabelCells::Lists.labels("{\"choices\": [\"leaf scab\"]}"), ["leaf scab"]);
        assert_eq!(LabelCells::Several(' ').labels("scab  rust "), ["scab", "rust"]);
        assert!(LabelCells::One.labels("").is_empty() && LabelCells::Lists.labels("[]").is_empty());
    }
}
