//! The wire format of protocol buffers: fields of a message, one after the other.
//!
//! | wire type | number | what follows the key |
//! | --- | ---: | --- |
//! | varint | 0 | seven bits a byte, the lowest first |
//! | bytes | 2 | length as a varint, then a text, a message or raw data |
//! | 32 bits | 5 | little-endian |

const VARINT: u64 = 0;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// A message under construction.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The bytes of the message.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A whole number. Negative ones take ten bytes, as the format has it.
    pub(crate) fn int(&mut self, field: u64, value: i64) -> &mut Self {
        self.varint(field << 3 | VARINT);
        self.varint(value as u64);
        self
    }

    pub(crate) fn float(&mut self, field: u64, value: f32) -> &mut Self {
        self.varint(field << 3 | FIXED32);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(crate) fn bytes(&mut self, field: u64, bytes: &[u8]) -> &mut Self {
        self.varint(field << 3 | BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(&mut self, field: u64, text: &str) -> &mut Self {
        self.bytes(field, text.as_bytes())
    }

    pub(crate) fn message(&mut self, field: u64, message: &Message) -> &mut Self {
        self.bytes(field, &message.0)
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_encoding_guide_shows_them() {
        // developers.google.com/protocol-buffers/docs/encoding: 150 in field 1, "testing" in field 2, the same 150 in a message 3.
        let mut inner = Message::new();
        inner.int(1, 150);
        let mut outer = Message::new();
        outer.text(2, "testing").message(3, &inner).float(4, 1.0).int(5, -1);
        let expected = [
            &b"\x12\x07testing"[..],
            b"\x1a\x03\x08\x96\x01",
            b"\x25\x00\x00\x80\x3f",
            b"\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ];
        assert_eq!(outer.into_bytes(), expected.concat());
    }
}
