//! Strings, numbers and bare words within objects.

use super::{Kind, LONGEST_ARRAY, Level, Literal, MOST_SHAPES};
use crate::cell::Cell;
use crate::hash;
use crate::number::{self, Number, Style};
use crate::split_word::split_word;

impl Literal {
    /// A string; returns where it ends.
    pub(super) fn string(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        let quote = bytes[at];
        self.double_quotes |= quote == b'"';
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != quote {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(bytes.len());
        let content = text.get(at + 1..end).unwrap_or_default();
        if self.valued {
            let number = number::scan(content.as_bytes(), 0, Style::default())
                .filter(|found| found.1 == content.len())
                .map(|found| found.0);
            let cell = match number {
                Some(number) => Cell::Number(number),
                None => self.text_cell(content),
            };
            self.push(cell, if number.is_some() { "" } else { content });
        } else if !matches!(self.levels.last(), Some(Level { kind: Kind::Call, .. })) {
            self.word.clear();
            self.word.push_str(content);
        }
        end + 1
    }

    /// What a string that is no number says.
    fn text_cell(&mut self, content: &str) -> Cell {
        let key = hash::mix(hash::EMPTY, content.as_bytes());
        if let Some(&cell) = self.texts.get(&key) {
            return cell;
        }
        if self.texts.len() >= MOST_SHAPES {
            self.texts.clear();
        }
        let cell = split_word(content).map_or(Cell::Empty, Cell::Split);
        self.texts.insert(key, cell);
        cell
    }

    /// A number, or a word such as `None`, `tensor` or a key without quotation marks.
    pub(super) fn bare(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        if let Some((number, end)) = number::scan(bytes, at, Style::default()) {
            let ends = bytes.get(end).is_none_or(|byte| {
                matches!(byte, b',' | b'}' | b']' | b')' | b':' | b'%' | b'/') || byte.is_ascii_whitespace()
            });
            if ends && bytes[at] != b',' {
                self.number(number, text, at, end);
                return end;
            }
        }
        let length = bytes[at..]
            .iter()
            .take_while(|byte| {
                !matches!(byte, b',' | b'}' | b']' | b')' | b'(' | b':' | b'{' | b'[')
                    && !byte.is_ascii_whitespace()
            })
            .count()
            .max(1);
        let end = at + length;
        if !self.valued {
            self.word.clear();
            self.word.push_str(text.get(at..end).unwrap_or_default());
        }
        end
    }

    fn number(&mut self, number: Number, text: &str, at: usize, end: usize) {
        match self.levels.last_mut() {
            Some(level) if level.kind == Kind::Array => {
                if level.numbers.len() < LONGEST_ARRAY {
                    level.numbers.push(number);
                }
                return;
            }
            Some(level) if level.kind == Kind::Call => {
                // Of `tensor(0.5, device='cuda:0')` the first number is the value.
                if !level.numbers.is_empty() {
                    return;
                }
                level.numbers.push(number);
                let depth = self.levels.len();
                let outer = depth.checked_sub(2).and_then(|outer| self.levels.get_mut(outer));
                if let Some(array) = outer.filter(|outer| outer.kind == Kind::Array) {
                    if array.numbers.len() < LONGEST_ARRAY {
                        array.numbers.push(number);
                    }
                    return;
                }
            }
            _ => {}
        }
        if self.valued {
            self.push(Cell::Number(number), "");
        } else {
            self.word.clear();
            self.word.push_str(text.get(at..end).unwrap_or_default());
        }
    }
}
