//! The few protocol buffer messages that a file of scalars needs (`tensorflow/core/util/event.proto` and
//! `tensorflow/core/framework/summary.proto`).
//!
//! | message           | field          | number | wire type |
//! | ----------------- | -------------- | -----: | --------- |
//! | `Event`           | `wall_time`    |      1 | f64       |
//! |                   | `step`         |      2 | varint    |
//! |                   | `file_version` |      3 | bytes     |
//! |                   | `summary`      |      5 | bytes     |
//! | `Summary`         | `value`        |      1 | bytes     |
//! | `Value`           | `tag`          |      1 | bytes     |
//! |                   | `simple_value` |      2 | f32       |
//! |                   | `metadata`     |      9 | bytes     |
//! | `SummaryMetadata` | `plugin_data`  |      1 | bytes     |
//! | `PluginData`      | `plugin_name`  |      1 | bytes     |

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// The `Event` that opens a file.
pub(super) fn version(wall_time: f64) -> Vec<u8> {
    let mut event = Vec::new();
    put_f64(&mut event, 1, wall_time);
    put_bytes(&mut event, 3, b"brain.Event:2");
    event
}

/// An `Event` with a value for each tag.
pub(super) fn scalars(wall_time: f64, step: u32, values: &[(&str, f32)]) -> Vec<u8> {
    let mut plugin = Vec::new();
    put_bytes(&mut plugin, 1, b"scalars");
    let mut metadata = Vec::new();
    put_bytes(&mut metadata, 1, &plugin);

    let mut summary = Vec::new();
    for (tag, number) in values {
        let mut value = Vec::new();
        put_bytes(&mut value, 1, tag.as_bytes());
        put_f32(&mut value, 2, *number);
        put_bytes(&mut value, 9, &metadata);
        put_bytes(&mut summary, 1, &value);
    }

    let mut event = Vec::new();
    put_f64(&mut event, 1, wall_time);
    put_key(&mut event, 2, VARINT);
    put_varint(&mut event, u64::from(step));
    put_bytes(&mut event, 5, &summary);
    event
}

/// The step of an `Event`, 0 where it has none; `None` if the bytes are no message.
pub(super) fn step(mut event: &[u8]) -> Option<u64> {
    let mut step = 0;
    while !event.is_empty() {
        let key = take_varint(&mut event)?;
        match (key & 7) as u8 {
            VARINT => {
                let value = take_varint(&mut event)?;
                if key >> 3 == 2 {
                    step = value;
                }
            }
            FIXED64 => event = event.get(8..)?,
            FIXED32 => event = event.get(4..)?,
            BYTES => {
                let length = usize::try_from(take_varint(&mut event)?).ok()?;
                event = event.get(length..)?;
            }
            _ => return None,
        }
    }
    Some(step)
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_key(out: &mut Vec<u8>, field: u8, wire_type: u8) {
    put_varint(out, u64::from(field << 3 | wire_type));
}

fn put_f64(out: &mut Vec<u8>, field: u8, value: f64) {
    put_key(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_f32(out: &mut Vec<u8>, field: u8, value: f32) {
    put_key(out, field, FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    put_key(out, field, BYTES);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
