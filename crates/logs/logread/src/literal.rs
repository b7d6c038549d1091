//! Objects as JSON and Python write them, read as they come.
//!
//! An object that lies in an array or at the top is a record. One that is the value of a key belongs to the
//! record around it, and its keys get the outer key before them: `{"val": {"loss": 0.5}}` has the key
//! `val/loss`. Arrays of numbers are columns: `{"loss": [2.3, 1.1]}` is two records. Reading goes on over
//! line breaks.

mod curves;
mod lists;
mod records;
mod scalars;

use std::collections::HashMap;
use std::ops::Range;

use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::number::Number;
use crate::run_log::Split;
use crate::schema::Schema;

/// Nesting beyond this is no log.
const DEEPEST: usize = 24;
/// Keys of one record that are kept.
const MOST_FIELDS: usize = 300;
/// Elements of one array that are kept.
const LONGEST_ARRAY: usize = 200_000;
/// Shapes of records that are remembered.
const MOST_SHAPES: usize = 1024;
/// Bytes that one record may have.
const LONGEST_RECORD: usize = 8 << 20;

/// The elements of an array; `None` for `null`.
type List = Vec<Option<Number>>;
/// Arrays under their names.
type Columns = Vec<(String, List)>;
/// Values by their steps.
type Map = Vec<(f64, Option<Number>)>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Object,
    Array,
    /// What a call such as `tensor(0.5, device='cuda')` encloses.
    Call,
}

#[derive(Debug)]
struct Level {
    kind: Kind,
    /// Bytes of the path that belong to the levels around.
    path: usize,
    /// Bytes of the path up to and with this level's own key.
    base: usize,
    /// Fields of the record that belong to the levels around.
    fields: usize,
    /// Columns of the record that belong to the levels around.
    columns: usize,
    /// Maps of the record that belong to the levels around.
    maps: usize,
    /// Whether it is a record of its own when it closes.
    record: bool,
    /// Numbers of an array.
    numbers: List,
    /// The arrays of numbers in an array.
    rows: Vec<List>,
}

/// A key and its value; key and text lie in [`Literal::keys`].
#[derive(Clone, Debug)]
struct Field {
    key: Range<usize>,
    text: Range<usize>,
    cell: Cell,
}

/// Reads objects.
#[derive(Debug, Default)]
pub(crate) struct Literal {
    levels: Vec<Level>,
    /// The keys around, joined by slashes.
    path: String,
    /// Whether a colon came after the last word.
    valued: bool,
    /// The last word or string, until it is known to be a key.
    word: String,
    keys: String,
    fields: Vec<Field>,
    /// Numbers under keys that are numbers, by the name of the object they are in: `{"loss": {"0": 2.1, "1": 1.5}}`.
    maps: Vec<(String, Map)>,
    columns: Columns,
    shapes: HashMap<u64, Schema>,
    texts: HashMap<u64, Cell>,
    /// Arrays that stood under a name outside of any object.
    lists: Columns,
    /// Whether the outermost level stands for such a name.
    named: bool,
    bytes: usize,
    line: usize,
    /// Whether the text so far ends right after a number.
    after_number: bool,
    /// Whether the object stands in a line that tells other values before it, so that it is no record by itself.
    pub(crate) inline: bool,
    /// Records so far that had measurements.
    pub(crate) records: u64,
    /// Whether any string was quoted as JSON does.
    pub(crate) double_quotes: bool,
}

impl Literal {
    /// Whether an object is open.
    pub(crate) fn is_open(&self) -> bool {
        !self.levels.is_empty()
    }

    /// Forgets an object that was begun.
    pub(crate) fn abandon(&mut self) {
        self.levels.clear();
        self.path.clear();
        self.fields.clear();
        self.keys.clear();
        self.columns.clear();
        self.maps.clear();
        self.word.clear();
        self.valued = false;
        self.named = false;
        self.bytes = 0;
    }

    /// Where in `text` an object or an array of objects begins.
    pub(crate) fn start(text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        let next = |at: usize| bytes[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
        let first = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
        if bytes[first] == b'[' && matches!(next(first), None | Some(b'{')) {
            return Some(first);
        }
        let opens = |at: &usize| match next(*at) {
            Some(b'"' | b'\'') => true,
            None => *at == first,
            _ => false,
        };
        (0..bytes.len()).filter(|&at| bytes[at] == b'{').find(opens)
    }

    /// Reads `text` until its end or the end of the object; returns how many bytes were read and how many
    /// measurements were found.
    pub(crate) fn read(
        &mut self,
        text: &str,
        around: Option<Split>,
        line: usize,
        into: &mut Assembler,
    ) -> (usize, usize) {
        let bytes = text.as_bytes();
        let before = into.values();
        self.line = line;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = match byte {
                b'{' => self.open(Kind::Object, at),
                b'[' => self.open(Kind::Array, at),
                b'(' => self.open(self.parenthesis(), at),
                b'}' | b']' | b')' => self.close(at, around, into),
                b':' => {
                    self.key();
                    at + 1
                }
                b',' => {
                    self.end_value();
                    at + 1
                }
                b'"' | b'\'' => self.string(text, at),
                _ if byte.is_ascii_whitespace() => at + 1,
                _ => self.bare(text, at),
            };
            if self.levels.is_empty() {
                break;
            }
        }
        self.after_number = bytes.last().is_some_and(u8::is_ascii_digit);
        self.bytes += at;
        if self.bytes > LONGEST_RECORD {
            self.abandon();
        }
        (at, (into.values() - before) as usize)
    }

    fn open(&mut self, kind: Kind, at: usize) -> usize {
        if self.levels.len() >= DEEPEST {
            self.abandon();
            return at + 1;
        }
        let path = self.path.len();
        let keyed = self.valued && kind != Kind::Call;
        if keyed {
            if !self.path.is_empty() {
                self.path.push('/');
            }
            let word = std::mem::take(&mut self.word);
            self.path.push_str(&word);
        }
        // A key that is an epoch's number makes a record of its value.
        let numbered = keyed && kind == Kind::Object && records::epoch_of(&self.path[path..]).is_some();
        let record = kind == Kind::Object && (!keyed || numbered);
        let (fields, columns, maps) = (self.fields.len(), self.columns.len(), self.maps.len());
        let base = self.path.len();
        self.levels.push(Level {
            kind,
            path,
            base,
            fields,
            columns,
            maps,
            record,
            numbers: Vec::new(),
            rows: Vec::new(),
        });
        if kind != Kind::Call {
            self.valued = false;
            self.word.clear();
        }
        if record && self.levels.len() > 1 {
            self.bytes = 0;
        }
        at + 1
    }

    fn close(&mut self, at: usize, around: Option<Split>, into: &mut Assembler) -> usize {
        self.end_value();
        let Some(level) = self.levels.pop() else { return at + 1 };
        match level.kind {
            Kind::Call => return at + 1,
            Kind::Array if self.levels.last().is_some_and(|outer| outer.kind == Kind::Array) => {
                if let Some(outer) = self.levels.last_mut().filter(|outer| outer.rows.len() < LONGEST_ARRAY) {
                    outer.rows.push(level.numbers);
                }
            }
            Kind::Array if !level.rows.is_empty() => {
                let name = self.inner_path().to_owned();
                curves::take_rows(&name, &level.rows, around, self.line, into);
            }
            Kind::Array if level.numbers.len() > 1 && !self.path.is_empty() => {
                if self.columns.len() < MOST_FIELDS {
                    let name = self.inner_path().to_owned();
                    self.columns.push((name, level.numbers));
                }
            }
            Kind::Array => {}
            Kind::Object if self.named => {}
            Kind::Object if level.record => self.record(&level, around, into),
            Kind::Object => {}
        }
        if self.named && self.levels.len() <= 1 {
            self.lists.append(&mut self.columns);
            self.levels.clear();
        }
        self.path.truncate(level.path);
        self.valued = false;
        self.word.clear();
        if self.levels.is_empty() {
            self.abandon();
        }
        at + 1
    }

    /// A tuple of numbers in an array, as `[(1, 0.31), (2, 0.48)]`, is an array; else a parenthesis belongs to a call.
    fn parenthesis(&self) -> Kind {
        match self.levels.last() {
            Some(Level { kind: Kind::Array, numbers, .. }) if self.word.is_empty() && numbers.is_empty() => {
                Kind::Array
            }
            _ => Kind::Call,
        }
    }

    fn key(&mut self) {
        self.valued =
            matches!(self.levels.last(), Some(Level { kind: Kind::Object, .. })) && !self.word.is_empty();
    }

    fn end_value(&mut self) {
        if !matches!(self.levels.last(), Some(Level { kind: Kind::Call, .. })) {
            self.valued = false;
            self.word.clear();
        }
    }
}
