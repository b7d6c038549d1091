//! A reader of pickles that knows tensors and containers and executes nothing.
//!
//! A pickle is a program for a stack machine (PEP 307, PEP 3154; opcodes in Python's `pickletools`). This machine has the
//! opcodes that build numbers, strings, tuples, lists and dicts. Of what a pickle may call it knows what [`Global`] names,
//! and makes a plain value of it. Any other class or function stays a name: where Python would call it, an [`Object`] lies
//! that remembers the name and what the pickle puts into it, and nothing is imported, called or built. What only a program
//! that means harm asks for ([`globals`]) is refused by name all the same, as is every opcode that no checkpoint needs.
//!
//! All values lie in one arena and refer to each other by index, so sharing costs nothing, cycles harm nothing and nothing
//! recurses. The arena, the stack and the memo are bounded by [`MOST`].

mod globals;
mod value;

use std::collections::BTreeMap;

use super::error::WeightsError;
use super::opcode;
use globals::Global;
pub(super) use value::{Id, Object, Storage, Value, View};

/// Most values, stack places, marks or memo entries that one pickle may need: some ten times what a checkpoint of a large network has.
const MOST: usize = 1 << 19;
/// Most bytes of a whole number: what has more is no number of a checkpoint.
const LARGEST_NUMBER: usize = 64;
/// Largest pickle in bytes.
const LARGEST: usize = 64 << 20;

/// The values of one pickle.
pub(super) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: Id,
}

impl<'a> Pickle<'a> {
    /// Reads the pickle that `bytes` begin with, and tells how many bytes it has.
    pub(super) fn read(bytes: &'a [u8]) -> Result<(Self, usize), WeightsError> {
        let mut machine = Machine {
            bytes: &bytes[..bytes.len().min(LARGEST)],
            at: 0,
            opcode: 0,
            start: 0,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
        };
        while machine.step()? {}
        let root = machine.pop()?;
        Ok((Self { values: machine.values, root }, machine.at))
    }

    pub(super) fn root(&self) -> Id {
        self.root
    }

    /// How many values there are; the [`Id`] of each is below.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn get(&self, id: Id) -> &Value<'a> {
        &self.values[id.0 as usize]
    }

    /// All storages that the pickle names, also those that no tensor of the state dict uses.
    pub(super) fn storages(&self) -> impl Iterator<Item = &Storage<'a>> {
        self.values.iter().filter_map(|value| match value {
            Value::Storage(storage) => Some(storage),
            _ => None,
        })
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    /// The byte that is read next.
    at: usize,
    /// The opcode that is being obeyed and where it stands, for errors.
    opcode: u8,
    start: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack at which marks lie.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
}

impl<'a> Machine<'a> {
    /// Obeys one opcode; false after the last one.
    fn step(&mut self) -> Result<bool, WeightsError> {
        self.start = self.at;
        self.opcode = self.byte()?;
        match self.opcode {
            0x80 => self.check_protocol()?,
            0x95 => {
                // The length of a frame, which only matters to a reader of streams.
                self.take(8)?;
            }
            b'.' => return Ok(false),

            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'K' => self.push_integer(1)?,
            b'M' => self.push_integer(2)?,
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Value::Integer(value.into()))?;
            }
            0x8a => self.push_long(1)?,
            0x8b => self.push_long(4)?,
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Value::Float(value))?;
            }
            // Python 2, which wrote the oldest weights, had byte strings for names.
            0x8c | b'U' => self.push_text(1)?,
            b'X' | b'T' => self.push_text(4)?,
            0x8d => self.push_text(8)?,
            b'C' => self.push_bytes(1)?,
            b'B' => self.push_bytes(4)?,
            0x8e | 0x96 => self.push_bytes(8)?,

            b')' => self.push(Value::Tuple(Vec::new()))?,
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(self.opcode - 0x84))?;
                self.push(Value::Tuple(items))?;
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Tuple(items))?;
            }
            b']' => self.push(Value::List(Vec::new()))?,
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push(Value::List(items))?;
            }
            b'a' => {
                let items = self.pop_many(1)?;
                self.append(items)?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b'd' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Dict(Vec::new()))?;
                self.set(items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set(items)?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(items)?;
            }

            0x8f => self.push(Value::Opaque)?,
            0x90 => {
                self.pop_to_mark()?;
                match self.top_value()? {
                    Value::Opaque | Value::Object(_) => {}
                    _ => return Err(self.damaged("it adds to what is no set")),
                }
            }
            0x91 => {
                self.pop_to_mark()?;
                self.push(Value::Opaque)?;
            }

            b'(' => {
                self.bounded(self.marks.len())?;
                self.marks.push(self.stack.len());
            }
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.pop_to_mark()?;
            }
            b'2' => {
                let top = self.top()?;
                self.push_id(top)?;
            }
            b'q' => self.memoise(1)?,
            b'r' => self.memoise(4)?,
            0x94 => self.remember(self.memo.len() as u32)?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,

            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push_global(module, name)?;
            }
            0x93 => {
                let name = self.pop_text()?;
                let module = self.pop_text()?;
                self.push_global(module, name)?;
            }
            b'Q' => self.persistent()?,
            b'R' => self.reduce()?,
            0x81 => self.new_object(1)?,
            0x92 => self.new_object(2)?,
            b'b' => self.build()?,
            _ => return Err(self.refused("something that no state dict needs".into())),
        }
        Ok(true)
    }

    fn check_protocol(&mut self) -> Result<(), WeightsError> {
        match self.byte()? {
            2..=5 => Ok(()),
            other => Err(self.refused(format!("protocol {other}, not 2 to 5"))),
        }
    }

    // Reading.

    fn take(&mut self, len: usize) -> Result<&'a [u8], WeightsError> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.bytes.len());
        let Some(end) = end else {
            if self.bytes.len() == LARGEST {
                return Err(WeightsError::TooMuch {
                    what: format!("a pickle beyond {LARGEST} bytes"),
                    limit: format!("{LARGEST} bytes"),
                });
            }
            return Err(self.damaged("it is cut off"));
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], WeightsError> {
        let mut array = [0; LEN];
        array.copy_from_slice(self.take(LEN)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, WeightsError> {
        self.array().map(|[byte]| byte)
    }

    /// A little-endian number of `len` bytes without sign.
    fn number(&mut self, len: usize) -> Result<u64, WeightsError> {
        Ok(self.take(len)?.iter().rev().fold(0, |sum, &digit| sum << 8 | u64::from(digit)))
    }

    fn text(&mut self, bytes: &'a [u8]) -> Result<&'a str, WeightsError> {
        std::str::from_utf8(bytes).map_err(|_| self.damaged("a string is not UTF-8"))
    }

    fn line(&mut self) -> Result<&'a str, WeightsError> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let line = self.take(len + 1)?;
        self.text(&line[..len])
    }

    // The stack and the memo.

    fn bounded(&self, count: usize) -> Result<(), WeightsError> {
        if count < MOST {
            return Ok(());
        }
        Err(WeightsError::TooMuch {
            what: "the number of values in the pickle".into(),
            limit: MOST.to_string(),
        })
    }

    fn push_id(&mut self, id: Id) -> Result<(), WeightsError> {
        self.bounded(self.stack.len())?;
        self.stack.push(id);
        Ok(())
    }

    fn push(&mut self, value: Value<'a>) -> Result<(), WeightsError> {
        self.bounded(self.values.len())?;
        let id = Id(self.values.len() as u32);
        self.values.push(value);
        self.push_id(id)
    }

    fn push_integer(&mut self, len: usize) -> Result<(), WeightsError> {
        let value = self.number(len)?;
        self.push(Value::Integer(value as i64))
    }

    /// A signed number of any length; one of more than 64 bits, such as a random seed, is no size of anything.
    fn push_long(&mut self, length_len: usize) -> Result<(), WeightsError> {
        let len = self.number(length_len)? as usize;
        let digits = self.take(len)?;
        if len > LARGEST_NUMBER {
            return Err(self.refused(format!("a number of {len} bytes")));
        }
        if len > 8 {
            return self.push(Value::Opaque);
        }
        let negative = digits.last().is_some_and(|&digit| digit >= 0x80);
        let mut whole = if negative { [0xFF; 8] } else { [0; 8] };
        whole[..len].copy_from_slice(digits);
        self.push(Value::Integer(i64::from_le_bytes(whole)))
    }

    fn push_text(&mut self, length_len: usize) -> Result<(), WeightsError> {
        let len = self.number(length_len)?;
        let bytes = self.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        // The byte strings of Python 2 were numbers of NumPy, too.
        if matches!(self.opcode, b'U' | b'T') && std::str::from_utf8(bytes).is_err() {
            return self.push(Value::Opaque);
        }
        let text = self.text(bytes)?;
        self.push(Value::Text(text))
    }

    fn push_bytes(&mut self, length_len: usize) -> Result<(), WeightsError> {
        let len = self.number(length_len)?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        self.push(Value::Opaque)
    }

    /// Height below which nothing may be popped: the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Id, WeightsError> {
        let above = &self.stack[self.floor().min(self.stack.len())..];
        above.last().copied().ok_or_else(|| self.damaged("it takes more from its stack than it put there"))
    }

    fn pop(&mut self) -> Result<Id, WeightsError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, WeightsError> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        Ok(items)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, WeightsError> {
        let mark = self.marks.pop().ok_or_else(|| self.damaged("a mark is missing"))?;
        Ok(self.stack.split_off(mark))
    }

    fn pop_text(&mut self) -> Result<&'a str, WeightsError> {
        let id = self.pop()?;
        match self.values[id.0 as usize] {
            Value::Text(text) => Ok(text),
            _ => Err(self.damaged("a name is not a string")),
        }
    }

    fn memoise(&mut self, len: usize) -> Result<(), WeightsError> {
        let key = self.number(len)?;
        self.remember(key as u32)
    }

    fn remember(&mut self, key: u32) -> Result<(), WeightsError> {
        self.bounded(self.memo.len())?;
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, len: usize) -> Result<(), WeightsError> {
        let key = self.number(len)? as u32;
        let id = self.memo.get(&key).copied();
        let id = id.ok_or_else(|| self.damaged("it recalls what it never remembered"))?;
        self.push_id(id)
    }

    // Containers.

    fn top_value(&mut self) -> Result<&mut Value<'a>, WeightsError> {
        let top = self.top()?;
        Ok(&mut self.values[top.0 as usize])
    }

    fn append(&mut self, items: Vec<Id>) -> Result<(), WeightsError> {
        match self.top_value()? {
            Value::List(list) => {
                list.extend(items);
                Ok(())
            }
            // A list of a class of its own; nothing is looked for in it.
            Value::Object(_) => Ok(()),
            _ => Err(self.damaged("it appends to what is no list")),
        }
    }

    /// Sets keys and values, which take turns in `items`.
    fn set(&mut self, items: Vec<Id>) -> Result<(), WeightsError> {
        let (pairs, []) = items.as_chunks() else {
            return Err(self.damaged("a key has no value"));
        };
        match self.top_value()? {
            Value::Dict(dict) | Value::Object(Object { items: dict, .. }) => {
                dict.extend(pairs.iter().map(|&[key, value]| (key, value)));
                Ok(())
            }
            _ => Err(self.damaged("it sets keys of what is no dict")),
        }
    }

    // What calls Python, were this Python.

    fn push_global(&mut self, module: &'a str, name: &'a str) -> Result<(), WeightsError> {
        match Global::find(module, name) {
            Some(global) => self.push(Value::Global(global)),
            None => {
                let whole: String = format!("{module}.{name}").chars().take(100).collect();
                Err(self.refused(format!("`{}`", whole.escape_debug())))
            }
        }
    }

    /// `("storage", type, key, device, length)`, in old files with `None` after it.
    fn persistent(&mut self) -> Result<(), WeightsError> {
        let id = self.pop()?;
        let storage = value::storage(&self.values, id);
        match storage {
            Some(storage) => self.push(storage),
            None => Err(self.refused("a persistent object that is no storage of a tensor".into())),
        }
    }

    fn reduce(&mut self) -> Result<(), WeightsError> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Global(global) = self.values[callable.0 as usize] else {
            return Err(self.refused("a call of what is no function".into()));
        };
        let made = value::call(&mut self.values, global, arguments);
        let made =
            made.ok_or_else(|| self.damaged(&format!("{global:?} has other arguments than PyTorch's")))?;
        self.push(made)
    }

    /// An object of a class, made of `arguments` values.
    fn new_object(&mut self, arguments: usize) -> Result<(), WeightsError> {
        self.pop_many(arguments)?;
        let class = self.pop()?;
        match self.values[class.0 as usize] {
            Value::Global(Global::Other(class)) => self.push(Value::Object(Object::new(class))),
            _ => Err(self.refused("an object of what is no class".into())),
        }
    }

    /// Attributes of an object. State dicts carry some (`_metadata`), which say nothing about the tensors.
    fn build(&mut self) -> Result<(), WeightsError> {
        let attributes = self.pop()?;
        match self.top_value()? {
            Value::Dict(_) | Value::Tensor(_) => Ok(()),
            Value::Object(object) => {
                object.attributes = Some(attributes);
                Ok(())
            }
            _ => Err(self.refused("attributes for what is no object".into())),
        }
    }

    // Errors.

    fn refused(&self, asked: String) -> WeightsError {
        WeightsError::Refused { opcode: opcode::name(self.opcode), asked, position: self.start }
    }

    fn damaged(&self, what: &str) -> WeightsError {
        let what = format!("{what} (opcode {} at byte {})", opcode::name(self.opcode), self.start);
        WeightsError::Damaged { part: "pickle", what }
    }
}

#[cfg(test)]
mod tests;
