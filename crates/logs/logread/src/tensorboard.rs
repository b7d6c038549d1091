//! Event files of TensorBoard.
//!
//! Of each record the checksums are verified; reading ends at the first that is damaged or cut short, as
//! everything after it may be shifted. Scalars are in `simple_value` or, as TensorFlow 2 writes them, in a
//! tensor of one element (`tensorflow/core/framework/summary.proto`, `tensor.proto`):
//!
//! | message   | field           | number | wire type        |
//! | --------- | --------------- | -----: | ---------------- |
//! | `Event`   | `step`          |      2 | varint           |
//! |           | `summary`       |      5 | bytes            |
//! | `Summary` | `value`         |      1 | bytes            |
//! | `Value`   | `tag`           |      1 | bytes            |
//! |           | `simple_value`  |      2 | f32              |
//! |           | `tensor`        |      8 | bytes            |
//! | `Tensor`  | `dtype`         |      1 | varint           |
//! |           | `content`       |      4 | bytes            |
//! |           | `float_val`     |      5 | f32, packed or not |
//! |           | `double_val`    |      6 | f64, packed or not |

use foliar_runlog::tensorboard::record;

use crate::assemble::Assembler;
use crate::error::ReadError;
use crate::number::{Form, Number};
use crate::run_log::{RunLog, Split};
use crate::scalars::Place;
use crate::settle::settle;

/// Relative precision of the f32 values in the file.
const PRECISION: f64 = 6e-8;

/// Whether `bytes` begin with a whole record.
pub(crate) fn is_events(bytes: &[u8]) -> bool {
    record::first(bytes).is_some()
}

/// Reads scalars from the files of one run.
#[derive(Debug)]
pub(crate) struct EventReader {
    into: Assembler,
    records: usize,
}

impl EventReader {
    pub(crate) fn new() -> Self {
        Self { into: Assembler::new(), records: 0 }
    }

    /// Takes one file; `split` is what its folder says of its scalars.
    pub(crate) fn push(&mut self, mut bytes: &[u8], split: Option<Split>) {
        while let Some(data) = record::first(bytes) {
            bytes = &bytes[record::framed_length(data)..];
            self.records += 1;
            self.event(data, split);
        }
    }

    fn event(&mut self, event: &[u8], split: Option<Split>) {
        let mut step = 0;
        let mut summary: &[u8] = &[];
        for (number, value) in fields(event) {
            match (number, value) {
                (2, Wire::Varint(value)) => step = value,
                (5, Wire::Bytes(bytes)) => summary = bytes,
                _ => {}
            }
        }
        for (number, value) in fields(summary) {
            if let (1, Wire::Bytes(value)) = (number, value) {
                self.value(step, value, split);
            }
        }
    }

    fn value(&mut self, step: u64, value: &[u8], split: Option<Split>) {
        let mut tag = None;
        let mut scalar = None;
        for (number, value) in fields(value) {
            match (number, value) {
                (1, Wire::Bytes(bytes)) => tag = std::str::from_utf8(bytes).ok(),
                (2, Wire::Fixed32(bits)) => scalar = Some(f64::from(f32::from_bits(bits))),
                (8, Wire::Bytes(bytes)) => scalar = tensor(bytes),
                _ => {}
            }
        }
        let (Some(tag), Some(value)) = (tag, scalar) else { return };
        let number =
            Number { value, resolution: value.abs() * PRECISION, form: Form::Decimal, percent: false };
        self.into.scalar(Some(tag), split, "", Place::at_step(step as f64), number, 0);
    }

    /// The log. Scalars of one step lie in one row; the step is that of the file, which is an epoch where all
    /// steps count by one.
    pub(crate) fn finish(self) -> Result<RunLog, ReadError> {
        let mut log = settle(self.into);
        if log.series.is_empty() {
            let reason = "its TensorBoard events hold no loss, accuracy or other score".to_owned();
            return Err(ReadError::Nothing { reason });
        }
        log.format = "TensorBoard events".to_owned();
        log.understood_lines = self.records;
        Ok(log)
    }
}

/// The only element of a tensor of floats.
fn tensor(bytes: &[u8]) -> Option<f64> {
    const FLOAT: u64 = 1;
    const DOUBLE: u64 = 2;
    let mut kind = 0;
    let mut content: &[u8] = &[];
    for (number, value) in fields(bytes) {
        match (number, value) {
            (1, Wire::Varint(value)) => kind = value,
            (4..=6, Wire::Bytes(bytes)) => content = bytes,
            (5, Wire::Fixed32(bits)) => return Some(f64::from(f32::from_bits(bits))),
            (6, Wire::Fixed64(bits)) => return Some(f64::from_bits(bits)),
            _ => {}
        }
    }
    match kind {
        FLOAT => content.try_into().ok().map(|bytes| f64::from(f32::from_le_bytes(bytes))),
        DOUBLE => content.try_into().ok().map(f64::from_le_bytes),
        _ => None,
    }
}

/// The value of a field as protocol buffers encode it.
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a message until its end or the first that is malformed.
fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, Wire<'_>)> {
    std::iter::from_fn(move || {
        let key = varint(&mut message)?;
        let value = match key & 7 {
            0 => Wire::Varint(varint(&mut message)?),
            1 => Wire::Fixed64(u64::from_le_bytes(take(&mut message, 8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                Wire::Bytes(take(&mut message, length)?)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(take(&mut message, 4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((key >> 3, value))
    })
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
