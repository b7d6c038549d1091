//! Reads text of any shape, piece by piece.
//!
//! Each line goes to the first reader that it fits: an object that is still open, a table whose names are
//! known, an object that begins, names beside numbers, the names of a table to come. What they find goes to
//! one [`Assembler`], so that a log may change its shape as often as it likes.

use std::borrow::Cow;

use crate::answers::AnswersReader;
use crate::assemble::Assembler;
use crate::clean::{clean, without_bar};
use crate::common_prefix::CommonPrefix;
use crate::fragment::is_gap;
use crate::kaldi;
use crate::label::{Tail, understand};
use crate::latex;
use crate::lines::Line;
use crate::literal::Literal;
use crate::meaning::{self, Field, Meaning};
use crate::notation;
use crate::number::Style;
use crate::own::OwnReader;
use crate::paired::PairedColumns;
use crate::prefix::begins_with_stamp;
use crate::quoted::unquoted;
use crate::repr::as_records;
use crate::run_log::{RunLog, Split};
use crate::sentence::Sentences;
use crate::settle::settle;
use crate::sideways::Sideways;
use crate::table::{Delimiter, Table, names_columns, stacked};
use crate::template::Taken;
use crate::title::Title;
use crate::token::Tokens;
use crate::unfold;

/// A longer line may be several rows of a table.
const LONGEST_ROW: usize = 1000;
/// A longer line is cut before each epoch.
const LONGEST_RECORD: usize = 2000;
/// Lines without success that are tried as the names of a table.
const MOST_HEADERS: u32 = 1000;
/// Lines between the names of a table and its first row, such as rules.
const FARTHEST_ROW: usize = 3;
/// Tables that may take turns.
const MOST_TABLES: usize = 4;
/// Rows of numbers that are a table without its names.
const FEWEST_NAMELESS: usize = 3;
/// A longer text before an array calls nothing: `torch.tensor(`.
const LONGEST_CALL: usize = 20;
/// Lines that an object may stay open without a record.
const LONGEST_OBJECT: usize = 100_000;

/// How many measurements each kind of text gave.
#[derive(Debug, Default)]
struct Tally {
    sentences: u64,
    bars: u64,
    table: u64,
    delimiter: Option<Delimiter>,
    literal: u64,
}

/// Takes a log in pieces of any size.
#[derive(Debug)]
pub(crate) struct TextReader {
    assembler: Assembler,
    sentences: Sentences,
    literal: Literal,
    /// The tables whose names are known, the last used first.
    tables: Vec<Table>,
    /// A table on its side.
    sideways: Sideways,
    /// A line that may hold the names of a table, and how many lines ago it was.
    header: Option<(String, usize)>,
    /// Whether a prefix stood before the names of the newest table, and so stands before its rows.
    prefixed: bool,
    style: Style,
    cleaned: Vec<u8>,
    tokens: Tokens,
    tally: Tally,
    line: usize,
    open_since: usize,
    /// The last line that was cut into rows, from 1.
    unfolded: usize,
    understood: usize,
    ignored: usize,
    /// Lines that may yet be tried as the names of a table.
    header_chances: u32,
    /// Lines that foliar wrote.
    own: OwnReader,
    /// A table whose cells hold a value of training and one of validation.
    paired: PairedColumns,
    /// Right answers an epoch without a name, as long as nothing was measured.
    answers: AnswersReader,
    /// Whether the lines set arguments of a call in a source.
    arguments: bool,
    /// The line before, where it may name the array below it.
    above: Option<String>,
    /// Numbers a line, and how many lines in a row were nothing but so many, before anything was understood.
    nameless: (usize, usize),
}

impl Default for TextReader {
    fn default() -> Self {
        Self {
            assembler: Assembler::new(),
            sentences: Sentences::default(),
            literal: Literal::default(),
            tables: Vec::new(),
            sideways: Sideways::default(),
            header: None,
            prefixed: false,
            style: Style::default(),
            cleaned: Vec::new(),
            tokens: Tokens::default(),
            tally: Tally::default(),
            line: 0,
            open_since: 0,
            unfolded: 0,
            understood: 0,
            ignored: 0,
            header_chances: MOST_HEADERS,
            own: OwnReader::default(),
            paired: PairedColumns::default(),
            answers: AnswersReader::default(),
            arguments: false,
            above: None,
            nameless: (0, 0),
        }
    }
}

impl TextReader {
    /// Takes what follows as the rows of a table with these names.
    pub(crate) fn begin_table(&mut self, header: &str) {
        self.header = Some((header.to_owned(), 0));
    }

    /// Takes what follows as a file of this name.
    pub(crate) fn title(&mut self, title: Title) {
        self.assembler.title = title;
    }

    /// Takes what follows as the next part of one run, of this name.
    pub(crate) fn next_part(&mut self, title: Title) {
        self.tally.literal += self.literal.end(&mut self.assembler) as u64;
        self.literal.abandon();
        self.tables.clear();
        self.header = None;
        self.sentences.restart();
        self.assembler.next_part(title);
        self.line = 0;
    }

    /// Takes the next line, or the next piece of a long one.
    pub(crate) fn line(&mut self, line: &Line<'_>) {
        self.style = line.style;
        if let Some(values) = self.numeric_row(line) {
            self.tally.table += values as u64;
            self.understood += usize::from(values > 0);
            self.ignored += usize::from(values == 0);
            self.line += line.ends;
            return;
        }
        let mut cleaned = std::mem::take(&mut self.cleaned);
        let inner = unquoted(line.text);
        if inner.is_some() {
            self.literal.abandon();
        }
        let text = match &inner {
            Some(inner) => clean(inner, &mut cleaned),
            None => line.common.strip_before(clean(line.text, &mut cleaned)),
        };
        self.own.line(text, self.line + 1);
        let row = kaldi::sentence(text)
            .or_else(|| latex::row(text))
            .or_else(|| self.paired.line(text))
            .or_else(|| notation::usual(text));
        let text = row.as_deref().unwrap_or(text);
        if text.len() > LONGEST_RECORD && !self.literal.is_open() {
            for record in unfold::epochs(text) {
                self.text(record, line.common);
            }
        } else {
            self.text(text, line.common);
        }
        self.cleaned = cleaned;
        self.line += line.ends;
    }

    /// Reads a row of plain numbers of the newest table, where no line but a row of it may be meant.
    fn numeric_row(&mut self, line: &Line<'_>) -> Option<usize> {
        let between = self.above.is_some()
            || self.arguments
            || self.header.is_some()
            || self.literal.is_open()
            || self.sideways.is_open()
            || self.assembler.values() == 0;
        if between || !line.common.is_empty() {
            return None;
        }
        self.tables.first_mut()?.numeric_row(line.text, self.line + 1, &mut self.assembler)
    }

    /// Reads one line of visible text.
    fn text(&mut self, text: &str, common: &CommonPrefix) {
        if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return;
        }
        let bare = common.strip(text);
        if is_gap(bare.as_bytes()) {
            self.assembler.restart();
            self.sentences.restart();
        }
        if self.assembler.values() == 0 {
            self.answers.line(bare, self.line + 1);
        }
        // Most lines of a long log begin with a number, and name nothing.
        let plain =
            self.above.is_none() && !self.arguments && bare.starts_with(|first: char| first.is_ascii_digit());
        let values = if plain { self.dispatch(text, bare) } else { self.worded(text, bare) };
        if values > 0 {
            self.understood += 1;
        } else if !is_rule(bare) {
            self.ignored += 1;
        }
    }

    /// Reads a line that may name the array below it, hold the one that was named above, or be an argument of a call in a source.
    fn worded(&mut self, text: &str, bare: &str) -> usize {
        if self.is_argument(bare) {
            return 0;
        }
        let values = match self.array_below(bare) {
            Some(values) => values,
            None => self.dispatch(text, bare),
        };
        self.above = may_name(bare).then(|| bare.trim_end_matches([' ', ':', '=']).to_owned());
        values
    }

    /// Whether a line sets an argument of a call whose object was opened above, as JavaScript does: `train(set, {`, `error: 0.005,`.
    fn is_argument(&mut self, bare: &str) -> bool {
        let text = bare.trim();
        if text.ends_with("({") || text.ends_with(", {") || text.ends_with(",{") {
            self.arguments = text.contains('(') && !self.literal.is_open() && !text.contains(['"', '\'']);
            return self.arguments;
        }
        if !self.arguments {
            return false;
        }
        let key = text.split(':').next().unwrap_or_default();
        let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.arguments &= plain && text.contains(':') || text.is_empty();
        self.arguments
    }

    /// An array of numbers below a line that names it: `Training loss:`, then `[2.31 1.82 1.41]` or `array([2.31, 1.82])`.
    fn array_below(&mut self, bare: &str) -> Option<usize> {
        let above = self.above.take().filter(|_| !self.literal.is_open())?;
        let open = bare.find('[').filter(|&open| open < LONGEST_CALL)?;
        let called = bare[..open].trim_start().strip_suffix('(').unwrap_or_else(|| bare[..open].trim_start());
        let plain = called.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        let named = format!("{above} = {}", &bare[open..]);
        Literal::named_list(&named).filter(|_| plain)?;
        self.object_in(&named)
    }

    /// Reads a line that is `bare` without its prefix; returns how many numbers were understood.
    fn dispatch(&mut self, text: &str, bare: &str) -> usize {
        if self.literal.is_open() {
            if is_foreign(bare) {
                return 0;
            }
            if self.line - self.open_since < LONGEST_OBJECT {
                return self.object(bare);
            }
            self.literal.abandon();
        }
        if let Some(values) = self.sideways.row(bare, self.style, self.line + 1, &mut self.assembler) {
            self.tally.table += values as u64;
            return values;
        }
        let tabular = !self.tables.is_empty() || self.header.is_some();
        let cut = text.strip_suffix(bare).unwrap_or_default();
        let marked = !cut.is_empty() && !cut.contains(|letter: char| letter.is_alphanumeric());
        // A time may be a column of a table whose names stand alone.
        if let Some(taken) = (tabular && !self.prefixed && !marked).then(|| self.row(text)).flatten() {
            return taken;
        }
        let other = self.prefixed || bare.len() < text.len();
        if let Some(taken) = (tabular && other).then(|| self.row(bare)).flatten() {
            return taken;
        }
        if let Some(records) = as_records(bare) {
            return self.object(&records);
        }
        let bracketed = memchr::memchr2(b'{', b'[', bare.as_bytes()).is_some();
        match bracketed.then(|| self.object_in(bare)).flatten() {
            Some(taken) => taken,
            // The mark of a comment before the names of a table stands for nothing before its rows.
            None => self.sentence(bare, bare.len() < text.len() && !marked),
        }
    }

    /// A line that holds an object, or a list under a name.
    fn object_in(&mut self, text: &str) -> Option<usize> {
        if let Some(start) = Literal::start(text) {
            let before = if start > 0 { self.sentence(&text[..start], false) } else { 0 };
            // `epoch 3 acc: {..}` tells scores alone, as an evaluation does.
            let scored = matches!(understand(&text[..start], false).tail, Tail::Value(named) if named.meaning.quantity.is_share());
            self.literal.inline = before > 0 && !scored;
            return Some(
                before
                    + match enclosed(&text[..start], &text[start..]) {
                        Some(record) => self.object(&record),
                        None => self.object(&text[start..]),
                    },
            );
        }
        let (start, name) = Literal::named_list(text)?;
        // `info.val =` above `objective: [...]`, as MATLAB shows a structure.
        let unsplit = matches!(meaning::field(name), Field::Value(Meaning { split: None, quantity, .. }) if quantity.has_split());
        let name = match self.sentences.around().filter(|_| unsplit) {
            Some(Split::Train) => Cow::Owned(format!("train {name}")),
            Some(Split::Validation) => Cow::Owned(format!("val {name}")),
            Some(Split::Test) => Cow::Owned(format!("test {name}")),
            None => Cow::Borrowed(name),
        };
        self.literal.begin(&name, &mut self.assembler);
        self.object(&text[start..]);
        Some(1)
    }

    /// A row of the table that was begun, or the first of one.
    fn row(&mut self, text: &str) -> Option<usize> {
        let visible = without_bar(text);
        let line = self.line + 1;
        // Below the names of its other columns stand rows that fit a table that goes on.
        let goes_on = self.header.is_some() && self.tables.first().is_some_and(Table::goes_on)
            || self.begins_table(visible);
        for index in 0..if goes_on { 0 } else { self.tables.len() } {
            let table = &mut self.tables[index];
            if table.is_header(visible) {
                if table.counts() {
                    self.assembler.restart();
                    self.sentences.restart();
                }
                self.tables[..=index].rotate_right(1);
                return Some(0);
            }
            if let Some(values) = table.row(visible, self.style, line, &mut self.assembler) {
                self.tables[..=index].rotate_right(1);
                self.tally.table += values as u64;
                return Some(values);
            }
        }
        let (header, age) = self.header.as_mut()?;
        if is_rule(text) {
            return Some(0);
        }
        *age += 1;
        let old = *age > FARTHEST_ROW;
        let begun = Table::begin(header, visible, self.style, &mut self.assembler);
        if old || begun.is_some() {
            self.header = None;
        }
        let mut table = begun?;
        if let Some(before) = self.tables.first() {
            table.go_on(before);
        }
        self.header_chances = MOST_HEADERS;
        if table.counts() {
            self.assembler.restart();
            self.sentences.restart();
        }
        let values = table.row(visible, self.style, line, &mut self.assembler)?;
        self.tally.table += values as u64;
        self.tally.delimiter = self.tally.delimiter.or(Some(table.delimiter));
        self.tables.insert(0, table);
        self.tables.truncate(MOST_TABLES);
        Some(values)
    }

    /// Whether names stand right above `row` that it fits: then it is none of the tables before, though it may have as many cells.
    fn begins_table(&mut self, row: &str) -> bool {
        let Some((header, 0)) = &self.header else { return false };
        if self.tables.is_empty() || self.tables.iter().any(|table| table.is_header(row)) {
            return false;
        }
        Table::begin(header, row, self.style, &mut self.assembler).is_some()
    }

    fn object(&mut self, text: &str) -> usize {
        if !self.literal.is_open() {
            self.open_since = self.line;
        }
        let (mut at, mut found) = (0, 0);
        loop {
            let around = self.sentences.around();
            let (read, values) = self.literal.read(&text[at..], around, self.line + 1, &mut self.assembler);
            at += read;
            found += values;
            match Literal::start(text.get(at..).unwrap_or_default()) {
                Some(next) if read > 0 && !self.literal.is_open() => at += next,
                _ => break,
            }
        }
        self.tally.literal += found as u64;
        found
    }

    /// The rows of a table that was pasted as one line. A row is not cut again.
    fn rows_in<'a>(&mut self, text: &'a str) -> Option<Vec<&'a str>> {
        let may_be = self.unfolded != self.line + 1 && (self.tables.is_empty() || text.len() > LONGEST_ROW);
        let rows = may_be.then(|| unfold::records(text)).flatten()?;
        self.unfolded = self.line + 1;
        Some(rows)
    }

    /// Names beside numbers, or the names of a table to come; `prefixed` says that something stood before them.
    fn sentence(&mut self, text: &str, prefixed: bool) -> usize {
        let mut tokens = std::mem::take(&mut self.tokens);
        tokens.cut(text.as_bytes(), self.style);
        let line = self.line + 1;
        if self.tally.sentences == 0 && self.nameless.1 < FEWEST_NAMELESS {
            let count = if tokens.are_numbers() { tokens.numbers.len() } else { 0 };
            let lines = if count == self.nameless.0 { self.nameless.1 } else { 0 };
            self.nameless = (count, if count > 1 { lines + 1 } else { 0 });
        }
        let taken = match self.sentences.known(&tokens, line, &mut self.assembler) {
            Some(taken) => taken,
            None if self.header_chances > 0 && names_columns(text) => {
                self.expect_table(text, prefixed);
                self.tokens = tokens;
                return 0;
            }
            None if self.sentences.is_worth_learning(&tokens) => {
                if let Some(rows) = self.rows_in(text) {
                    self.tokens = tokens;
                    return rows.into_iter().map(|row| self.dispatch(row, row)).sum();
                }
                self.sentences.learn(text, &tokens, line, &mut self.assembler)
            }
            None => Taken::default(),
        };
        self.tokens = tokens;
        self.tally.sentences += taken.values as u64;
        if taken.bar {
            self.tally.bars += taken.values as u64;
        }
        if taken.may_be_header && self.header_chances > 0 {
            self.expect_table(without_bar(text), prefixed);
        }
        taken.values + taken.counters
    }

    /// Takes a line as the names of a table to come, or as their second line.
    fn expect_table(&mut self, line: &str, prefixed: bool) {
        self.header_chances -= 1;
        let header = match self.header.take() {
            Some((above, age)) if age <= FARTHEST_ROW => {
                stacked(&above, line).unwrap_or_else(|| line.to_owned())
            }
            _ => line.to_owned(),
        };
        self.header = Some((header, 0));
        self.prefixed = prefixed;
    }

    /// The log, once all lines were taken; `None` if it holds no number of a training.
    pub(crate) fn finish(mut self) -> Result<RunLog, String> {
        let own = std::mem::take(&mut self.own);
        own.finish(self.finish_other())
    }

    /// The log as that of any program.
    fn finish_other(mut self) -> Result<RunLog, String> {
        self.tally.literal += self.literal.end(&mut self.assembler) as u64;
        let format = self.format();
        let (understood, ignored) = (self.understood, self.ignored);
        if self.assembler.values() == 0 {
            std::mem::take(&mut self.answers).finish(&mut self.assembler);
        }
        let numbers = self.assembler.values() > 0;
        let (untitled, listed) = (self.assembler.untitled, self.assembler.lists());
        let mut log = settle(self.assembler);
        if log.series.is_empty() {
            let (columns, rows) = self.nameless;
            return Err(match numbers {
                _ if rows >= FEWEST_NAMELESS => {
                    format!("nothing says what its rows of {columns} numbers are; give their names in a line above them, as in `epoch,train_loss,val_loss,val_acc`")
                }
                _ if untitled => {
                    "what its values are is not said; name the file after them, as in `val_loss.csv`, or their column".to_owned()
                }
                _ if listed => "it compares runs, models or folds, with one result each; give the log of one of them".to_owned(),
                true => "none of its numbers is named as a loss, an accuracy or another score".to_owned(),
                false => "no number stands beside a name".to_owned(),
            });
        }
        log.format = format.to_owned();
        log.understood_lines = understood;
        log.ignored_lines = ignored;
        Ok(log)
    }

    fn format(&self) -> &'static str {
        let tally = &self.tally;
        if tally.table > tally.sentences && tally.table > tally.literal {
            return match tally.delimiter {
                Some(Delimiter::Comma | Delimiter::Semicolon) => "CSV",
                Some(Delimiter::Tab) => "TSV",
                Some(Delimiter::Pipe) => "table with rules",
                Some(Delimiter::Spaces | Delimiter::Wide) | None => "aligned table",
            };
        }
        if tally.literal > tally.sentences {
            return if self.literal.double_quotes { "JSON" } else { "Python dicts" };
        }
        if tally.bars * 2 > tally.sentences { "progress bars" } else { "lines of names and numbers" }
    }
}

/// `Losses {'ner': 11.2}` as a record with the object under its name; `None` where `before` ends with no name of a measurement, or
/// the object does not end with its line.
fn enclosed(before: &str, object: &str) -> Option<String> {
    let Tail::Value(named) = understand(before, false).tail else { return None };
    let plain = !named.text.contains(['"', '\\']) && named.meaning.quantity.has_split();
    let mut depth = 0_usize;
    let end = object.find(|letter| {
        depth = match letter {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        letter == '}' && depth == 0
    })?;
    (plain && object.starts_with('{')).then(|| format!("{{\"{}\": {}}}", named.text, &object[..=end]))
}

/// Whether a line within an object is none of it: what a library writes to the terminal meanwhile.
fn is_foreign(text: &str) -> bool {
    let text = text.trim_start();
    let letter = |letter: char| letter.is_ascii_alphabetic();
    let word = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let prose =
        word.len() < text.len() && word.strip_prefix(' ').is_some_and(|next| next.starts_with(letter));
    prose
        || text.starts_with(['/', '`'])
        || text.starts_with("warnings.")
        || text
            .strip_prefix('[')
            .is_some_and(|inner| inner.starts_with(|first: char| first.is_ascii_uppercase()))
        || begins_with_stamp(text)
}

/// Whether a line may name the array below it: short, a name of a measurement on photos, and no number.
fn may_name(text: &str) -> bool {
    const LONGEST: usize = 40;
    let text = text.trim();
    text.len() <= LONGEST
        && text.starts_with(|first: char| first.is_alphabetic())
        && !text.bytes().any(|byte| byte.is_ascii_digit())
        && matches!(meaning::field(text.trim_end_matches([':', '='])), Field::Value(Meaning { quantity, .. }) if quantity.has_split())
}

/// Whether a line only separates others: dashes, strokes and crosses.
fn is_rule(text: &str) -> bool {
    text.bytes().all(|byte| {
        matches!(byte, b'-' | b'=' | b'|' | b'+' | b':' | b'_' | b'*' | b'#' | b' ' | b'\t' | b'.')
    })
}
