//! Tables: a line of names and lines of as many numbers.
//!
//! Cells are separated by commas, semicolons, tabs or upright strokes, or by spaces alone. In the last case a
//! name may be two words, `train loss`; the number of cells below tells.

mod numeric;

use crate::across;
use crate::assemble::Assembler;
use crate::cell::{Cell, begins_number, cell, is_blank};
use crate::column_use::Use;
use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::number::Style;
use crate::run_log::Split;
use crate::schema::Schema;
use crate::split_word::split_word;

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delimiter {
    Tab,
    Pipe,
    Comma,
    Semicolon,
    Spaces,
    /// Two spaces and more, where cells hold single ones: `2.1 sec  1000 obs/sec`.
    Wide,
}

impl Delimiter {
    fn mark(self) -> &'static str {
        match self {
            Self::Tab => "\t",
            Self::Pipe => "|",
            Self::Comma => ",",
            Self::Semicolon => ";",
            Self::Spaces => " ",
            Self::Wide => "  ",
        }
    }
}

const DELIMITERS: [Delimiter; 6] = [
    Delimiter::Tab,
    Delimiter::Pipe,
    Delimiter::Comma,
    Delimiter::Semicolon,
    Delimiter::Spaces,
    Delimiter::Wide,
];

/// More columns than this are a matrix, not a table of metrics.
const MOST_COLUMNS: usize = 400;

/// A table whose names are known.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) delimiter: Delimiter,
    header: String,
    schema: Schema,
    /// What its rows were measured on, where their names do not say.
    around: Option<Split>,
    cells: Vec<Cell>,
    spans: Vec<(usize, usize)>,
    /// The photos of the columns after the first, where each row is a measurement.
    across: Vec<Split>,
    /// Whether the columns go on in the next table, as the stroke at the end of the names says.
    wrapped: bool,
    /// The epoch of each index so far, or of the table that this one goes on.
    epochs: Vec<(f64, f64)>,
    /// Where the names stand in the header, if each is one word and aligned with its cells.
    places: Vec<(usize, usize)>,
}

impl Table {
    /// The table that `header` begins, if `row` can be its first row.
    pub(crate) fn begin(header: &str, row: &str, style: Style, into: &mut Assembler) -> Option<Self> {
        let mut places = Vec::new();
        split_spaces(header, &mut places);
        if !places.iter().all(|&(start, end)| is_known(&header[start..end])) {
            places.clear();
        }
        if let Some(table) = Self::begin_across(header, row, style, into) {
            return Some(table);
        }
        for delimiter in DELIMITERS {
            let mut spans = Vec::new();
            split(row, delimiter, &mut spans);
            let count = spans.len();
            let share = if delimiter == Delimiter::Spaces { 2.0 / 3.0 } else { 0.5 };
            let numbers = numbers_among(row, &spans, style);
            if !(2..=MOST_COLUMNS).contains(&count) || numbers == 0.0 {
                continue;
            }
            let timed = spans.last().is_some_and(|&(start, end)| {
                !matches!(cell(&row[start..end], style), Cell::Number(number) if number.measures())
            });
            let mut found = names(header, delimiter, count, timed);
            if found.is_none()
                && delimiter == Delimiter::Spaces
                && let Some(aligned) = by_place(row, &spans, &places, style)
            {
                spans = aligned;
                found = names(header, delimiter, spans.len(), false);
            }
            // Names with commas may stand above cells that tabs or spaces part.
            if found.is_none() && matches!(delimiter, Delimiter::Tab | Delimiter::Spaces) && numbers == 1.0 {
                found = names(header, Delimiter::Comma, count, false);
            }
            let Some(mut names) = found else { continue };
            // Nothing says what a name means that comes again.
            for index in (1..names.len()).rev() {
                if names[..index].contains(&names[index]) {
                    names[index].clear();
                }
            }
            let schema = Schema::new(names.iter().map(String::as_str), into);
            // Where a row is a measurement, its name, split and run are words.
            if schema.says_anything(into) && (numbers >= share || schema.is_long()) {
                let evaluates = into.epochs_named && !schema.counts() && schema.evaluates(into);
                let around = evaluates.then_some(Split::Validation);
                let header = header.to_owned();
                let (cells, across) = (Vec::new(), Vec::new());
                let (wrapped, epochs) = (header.trim_end().ends_with('\\'), Vec::new());
                return Some(Self {
                    delimiter,
                    header,
                    schema,
                    around,
                    cells,
                    spans,
                    across,
                    wrapped,
                    epochs,
                    places,
                });
            }
        }
        None
    }

    /// The table with a column for each kind of photos that `header` begins, if `row` can be its first row.
    fn begin_across(header: &str, row: &str, style: Style, into: &mut Assembler) -> Option<Self> {
        let mut spans = Vec::new();
        let (delimiter, across) = DELIMITERS.into_iter().find_map(|delimiter| {
            split(header, delimiter, &mut spans);
            let cells: Vec<&str> = spans.iter().map(|&(start, end)| &header[start..end]).collect();
            Some((delimiter, across::photos(&cells)?))
        })?;
        split(row, delimiter, &mut spans);
        let named = spans.first().is_some_and(|&(start, end)| is_known(&row[start..end]));
        let numbers = numbers_among(row, &spans, style) * spans.len() as f64;
        if spans.len() != across.len() + 1 || !named || numbers < across.len() as f64 - 0.5 {
            return None;
        }
        let schema = Schema::new(std::iter::empty(), into);
        let (header, cells, places) = (header.to_owned(), Vec::new(), Vec::new());
        let (wrapped, epochs) = (false, Vec::new());
        Some(Self { delimiter, header, schema, around: None, cells, spans, across, wrapped, epochs, places })
    }

    /// Whether `text` is the line of names again.
    pub(crate) fn is_header(&self, text: &str) -> bool {
        self.header == text
    }

    /// Whether its rows say to which epoch or step they belong.
    pub(crate) fn counts(&self) -> bool {
        self.schema.counts()
    }

    /// Whether its columns go on in the next table.
    pub(crate) fn goes_on(&self) -> bool {
        self.wrapped
    }

    /// Takes this table for the other columns of `before`, if that one says that it goes on.
    pub(crate) fn go_on(&mut self, before: &Self) {
        if before.wrapped && !self.schema.counts() {
            self.epochs.clone_from(&before.epochs);
        }
    }

    /// Whether its rows are of classes of photos: `Class  Images  P  R`.
    fn tells_classes(&self) -> bool {
        self.header.split_ascii_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case("class"))
    }

    /// Takes a row; `None` if `text` is none of this table.
    pub(crate) fn row(
        &mut self,
        text: &str,
        style: Style,
        line: usize,
        into: &mut Assembler,
    ) -> Option<usize> {
        split(text, self.delimiter, &mut self.spans);
        if self.delimiter == Delimiter::Spaces
            && self.spans.len() < self.schema.uses.len()
            && self.places.len() == self.schema.uses.len()
            && let Some(aligned) = by_place(text, &self.spans, &self.places, style)
        {
            self.spans = aligned;
        }
        if !self.across.is_empty() {
            let (&(start, end), rest) = self.spans.split_first()?;
            self.cells.clear();
            self.cells.extend(rest.iter().map(|&(start, end)| cell(&text[start..end], style)));
            let fits = rest.len() == self.across.len();
            return fits
                .then(|| across::row(&text[start..end], &self.cells, &self.across, line, into))
                .flatten();
        }
        let (count, columns) = (self.spans.len(), self.schema.uses.len());
        let fits = match self.delimiter {
            Delimiter::Spaces | Delimiter::Wide => count == columns,
            _ => count == columns || (count >= 2 && count < columns && count + 1 >= columns),
        };
        if !fits {
            return None;
        }
        let style = match self.delimiter {
            Delimiter::Comma => Style::default(),
            _ => style,
        };
        let filled =
            || self.spans.iter().map(|&(start, end)| &text[start..end]).filter(|cell| !is_blank(cell));
        let numbers = filled().filter(|cell| begins_number(cell)).count();
        let worded = self.delimiter == Delimiter::Spaces && !self.schema.is_long();
        if numbers == 0 || worded && numbers * 2 < filled().count() {
            return None;
        }
        // `all  14  3` below `Epoch  box  cls`, each a row of a table of its own.
        let word = |&(start, end): &(usize, usize)| {
            let cell = &text[start..end];
            !is_blank(cell) && cell.bytes().all(|byte| byte.is_ascii_alphabetic()) && !begins_number(cell)
        };
        if self.delimiter == Delimiter::Spaces
            && self.schema.uses.first() == Some(&Use::Epoch)
            && self.spans.first().is_some_and(word)
        {
            return None;
        }
        // `3/30` stands under the name of a counter.
        let share = |&(start, end): &(usize, usize)| {
            text[start..end].split_once('/').is_some_and(|(left, right)| {
                let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                digits(left) && digits(right)
            })
        };
        let named = matches!(self.schema.uses.first(), Some(Use::Value { .. })) && self.tells_classes();
        if named && self.spans.first().is_some_and(share) {
            return None;
        }
        self.cells.clear();
        self.cells.extend(self.spans.iter().map(|&(start, end)| cell(&text[start..end], style)));
        if let (Some(Cell::Number(index)), Some(Use::Value { .. } | Use::Ignore)) =
            (self.cells.first(), self.schema.uses.first())
        {
            let index = index.value;
            if self.schema.counts() {
                let epoch = self.schema.epoch(&self.cells).filter(|_| self.wrapped);
                self.epochs.extend(epoch.map(|epoch| (index, epoch)));
            } else if let Some((_, epoch)) = self.epochs.iter().find(|(other, _)| *other == index) {
                into.epoch(*epoch);
            }
        }
        let text = |index: usize| self.spans.get(index).map_or("", |&(start, end)| &text[start..end]);
        Some(self.schema.row(&self.cells, text, self.around, line, into))
    }
}

/// The cells of a row that leaves some empty, each under the name it stands below; `None` if that is not certain.
fn by_place(
    row: &str,
    cells: &[(usize, usize)],
    names: &[(usize, usize)],
    style: Style,
) -> Option<Vec<(usize, usize)>> {
    if cells.len() < 2 || cells.len() >= names.len() || cells[0].0 >= names[0].1 {
        return None;
    }
    let mut placed = vec![(0, 0); names.len()];
    let mut free = 0;
    for &(start, end) in cells {
        let numeric = matches!(cell(&row[start..end], style), Cell::Number(_));
        let column = free + names[free..].iter().position(|name| start < name.1 && name.0 < end)?;
        let next = names.get(column + 1).is_none_or(|next| end <= next.0);
        if !(numeric && next) {
            return None;
        }
        placed[column] = (start, end);
        free = column + 1;
    }
    Some(placed)
}

/// The names in a header that stands over `count` cells, the last of which may be only `timed`.
fn names(header: &str, delimiter: Delimiter, count: usize, timed: bool) -> Option<Vec<String>> {
    let header = header.trim_start().trim_start_matches(['#', '%']).trim_end_matches([' ', '\\']);
    let header = undecorated(header);
    let mut spans = Vec::new();
    split(header, delimiter, &mut spans);
    let mut names: Vec<String> = spans.iter().map(|&(start, end)| header[start..end].to_owned()).collect();
    let textual = names.iter().filter(|name| is_name(name)).count();
    if textual * 2 < names.len() || textual < 2 {
        return None;
    }
    if names.len() == count {
        return Some(names);
    }
    // What pandas prints with two spaces between its columns has an index too.
    if delimiter == Delimiter::Wide && names.len() + 1 == count && names.len() > 2 {
        names.insert(0, String::new());
        return Some(names);
    }
    if delimiter != Delimiter::Spaces {
        return None;
    }
    if names.len() + 1 == count {
        // What pandas prints has a column of indices without a name; what fastai printed, one of times: `(00:13)`.
        names.insert(if timed { names.len() } else { 0 }, String::new());
        return Some(names);
    }
    let wide: Vec<String> =
        header.split("  ").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if wide.len() == count {
        return Some(wide);
    }
    join_words(names, count)
}

/// A header without the marks that are drawn around it: `***loss,acc***`.
fn undecorated(header: &str) -> &str {
    const FEWEST: usize = 3;
    let marks = ['*', '=', '-', '~', '#', '+', '_'];
    let inner = header.trim_matches(marks);
    if header.len() >= inner.len() + 2 * FEWEST { inner.trim() } else { header }
}

/// How many names are left when all neighbours that belong together are joined.
pub(crate) fn count_names(words: &[&str]) -> usize {
    let joined = words.windows(2).filter(|pair| {
        let folded = fold::words(pair[0], 6);
        let senses = senses(&folded);
        senses_of(&format!("{} {}", pair[0], pair[1])) == 1
            || senses.len() == 1 && matches!(senses[0].concept, Concept::Split(_))
    });
    words.len() - joined.count()
}

/// Joins neighbours such as `train` and `loss` until `count` names are left.
fn join_words(words: Vec<String>, count: usize) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let mut surplus = words.len().checked_sub(count)?;
    for word in words {
        let begins = |name: &str| {
            let folded = fold::words(name, 6);
            let senses = senses(&folded);
            let phrase = senses_of(&format!("{name} {word}"));
            phrase == 1 && senses.len() == 1
                || senses.last().is_some_and(|sense| {
                    matches!(
                        sense.concept,
                        Concept::Split(_) | Concept::Filler | Concept::Part | Concept::Spoiler
                    )
                })
        };
        match names.last_mut().filter(|name| surplus > 0 && begins(name)) {
            Some(name) => {
                name.push(' ');
                name.push_str(&word);
                surplus -= 1;
            }
            None => names.push(word),
        }
    }
    (names.len() == count).then_some(names)
}

fn senses_of(name: &str) -> usize {
    senses(&fold::words(name, 6)).len()
}

fn is_name(cell: &str) -> bool {
    let letters = cell.bytes().any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    letters && cell.len() <= 120 && !matches!(crate::cell::cell(cell, Style::default()), Cell::Number(_))
}

/// Which share of the cells that are not empty are numbers; 0 if fewer than two are.
fn numbers_among(row: &str, spans: &[(usize, usize)], style: Style) -> f64 {
    let (mut numbers, mut filled) = (0_usize, 0_u32);
    for &(start, end) in spans {
        if start < end {
            filled += 1;
            numbers += usize::from(matches!(cell(&row[start..end], style), Cell::Number(_)));
        }
    }
    if numbers < 2 { 0.0 } else { numbers as f64 / f64::from(filled) }
}

/// Cuts a line into trimmed cells, as byte ranges.
fn split(text: &str, delimiter: Delimiter, spans: &mut Vec<(usize, usize)>) {
    spans.clear();
    let mark = match delimiter {
        Delimiter::Tab => b'\t',
        Delimiter::Pipe => b'|',
        Delimiter::Comma => b',',
        Delimiter::Semicolon => b';',
        Delimiter::Spaces => return split_spaces(text, spans),
        Delimiter::Wide => return split_wide(text, spans),
    };
    let bytes = text.as_bytes();
    let (mut start, mut end) = (0, bytes.len());
    if delimiter == Delimiter::Pipe {
        let trimmed = text.trim();
        start = text.len() - text.trim_start().len();
        end = start + trimmed.len();
        start += usize::from(trimmed.starts_with('|'));
        end -= usize::from(trimmed.ends_with('|') && end > start);
    }
    let mut quoted = false;
    let mut from = start;
    for (at, &byte) in bytes.iter().enumerate().take(end).skip(start) {
        match byte {
            b'"' => quoted = !quoted,
            _ if byte == mark && !quoted => {
                spans.push(trim(text, from, at));
                from = at + 1;
            }
            _ => {}
        }
    }
    spans.push(trim(text, from.min(end), end));
}

fn split_spaces(text: &str, spans: &mut Vec<(usize, usize)>) {
    let mut from = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte == b' ' || byte == b'\t', from) {
            (false, None) => from = Some(at),
            (true, Some(start)) => {
                spans.push((start, at));
                from = None;
            }
            _ => {}
        }
    }
    if let Some(start) = from {
        spans.push((start, text.len()));
    }
}

/// Cuts at two spaces and more.
fn split_wide(text: &str, spans: &mut Vec<(usize, usize)>) {
    split_spaces(text, spans);
    spans.dedup_by(|next, before| {
        let joined = next.0 == before.1 + 1 && text.as_bytes()[before.1] == b' ';
        if joined {
            before.1 = next.1;
        }
        joined
    });
}

/// Without the white space and quotation marks around it.
fn trim(text: &str, start: usize, end: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (start, end);
    let outer = |byte: u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'*');
    while start < end && outer(bytes[start]) {
        start += 1;
    }
    while end > start && outer(bytes[end - 1]) {
        end -= 1;
    }
    (start, end)
}

/// A header of two lines: cell upon cell, where strokes divide both alike, as `Mini-batch` over `Accuracy`, or words for photos
/// over groups of names that come again.
pub(crate) fn stacked(above: &str, below: &str) -> Option<String> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    split(above, Delimiter::Pipe, &mut first);
    split(below, Delimiter::Pipe, &mut second);
    let named = |text: &str, spans: &[(usize, usize)]| {
        spans.iter().filter(|span| is_name(&text[span.0..span.1])).count()
    };
    // A header of one line may be followed by another table's.
    let partial = named(below, &second) < second.len();
    if !(first.len() == second.len() && first.len() > 2 && partial && named(above, &first) == first.len()) {
        return grouped(above, below);
    }
    let cells = first.iter().zip(&second).map(|(a, b)| format!("{} {}", &above[a.0..a.1], &below[b.0..b.1]));
    Some(format!("|{}|", cells.collect::<Vec<_>>().join("|")))
}

/// `train` and `validate` over `loss`, `accuracy`, `loss`, `accuracy`: each name comes once for each group, in their order.
fn grouped(above: &str, below: &str) -> Option<String> {
    let delimiter = *DELIMITERS
        .iter()
        .find(|delimiter| **delimiter == Delimiter::Spaces || below.contains(delimiter.mark()))?;
    let (mut groups, mut spans) = (Vec::new(), Vec::new());
    split(above, delimiter, &mut spans);
    for span in spans.iter().map(|span| &above[span.0..span.1]).filter(|cell| !cell.is_empty()) {
        split_word(span)?;
        if groups.last() != Some(&span) {
            groups.push(span);
        }
    }
    split(below, delimiter, &mut spans);
    let names: Vec<&str> = spans.iter().map(|span| &below[span.0..span.1]).collect();
    let times = |name: &str| names.iter().filter(|other| **other == name).count();
    let again = |name: &str| is_name(name) && times(name) > 1;
    if groups.len() < 2 || !names.iter().any(|name| again(name)) {
        return None;
    }
    let mut cells = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        if !again(name) {
            cells.push((*name).to_owned());
            continue;
        }
        let before = names[..index].iter().filter(|other| *other == name).count();
        (times(name) == groups.len()).then_some(())?;
        cells.push(format!("{} {name}", groups[before]));
    }
    Some(match delimiter {
        Delimiter::Spaces => cells.join("  "),
        Delimiter::Pipe => format!("|{}|", cells.join("|")),
        _ => cells.join(delimiter.mark()),
    })
}

/// Whether a line holds nothing but the names of columns, even if digits are in them: `epoch,train/loss,lr/0`.
pub(crate) fn names_columns(text: &str) -> bool {
    const LONGEST_NAME: usize = 80;
    let mut spans = Vec::new();
    [Delimiter::Tab, Delimiter::Comma, Delimiter::Semicolon].into_iter().any(|delimiter| {
        split(text, delimiter, &mut spans);
        let cells = || spans.iter().map(|&(start, end)| &text[start..end]).filter(|cell| !cell.is_empty());
        let is_column = |cell: &str| {
            cell.len() <= LONGEST_NAME
                && is_name(cell)
                && !cell.contains([':', '='])
                && !cell.split(' ').any(|word| word.parse::<f64>().is_ok())
        };
        spans.len() > 2 && cells().all(is_column) && cells().filter(|cell| is_known(cell)).count() > 1
    })
}

/// Whether a name means something in training.
fn is_known(name: &str) -> bool {
    use crate::meaning::{Field, Quantity, field};
    match field(name) {
        Field::Epoch | Field::Step => true,
        Field::Value(meaning) => meaning.quantity != Quantity::Unknown,
        Field::Fact(_) => false,
    }
}

/// Whether a line without measurements may hold the names of a table.
pub(crate) fn may_be_header(text: &str) -> bool {
    let cells = || text.split([',', ';', '|', '\t', ' ']).filter(|name| !name.is_empty()).take(60);
    cells().count() > 1
        && (cells().any(is_known) || cells().all(|cell| split_word(cell).is_some()))
        && !cells().any(|cell| cell.starts_with(|first: char| first.is_ascii_digit()))
}
