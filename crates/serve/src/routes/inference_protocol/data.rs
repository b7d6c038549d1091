//! The elements of a tensor in JSON, nested or flat: a byte each in memory, where a value of JSON would take thirty.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};

/// Texts or bytes, in the order of the tensor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) texts: Vec<String>,
    pub(super) bytes: Vec<u8>,
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut data = Self::default();
        deserializer.deserialize_seq(Elements(&mut data))?;
        Ok(data)
    }
}

/// Takes elements, or arrays of them.
struct Elements<'a>(&'a mut Data);

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts, or numbers from 0 to 255, in arrays")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        let byte = u8::try_from(value);
        self.0.bytes.push(byte.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(value), &"0 to 255"))?);
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.0.texts.push(value.to_owned());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Elements(self.0))?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_flat_or_nested() {
        let read = |text: &str| serde_json::from_str::<Data>(text);
        assert_eq!(read("[[[1, 2], [3]], [255]]").unwrap().bytes, [1, 2, 3, 255]);
        assert_eq!(read("[\"a\", [\"b\"]]").unwrap().texts, ["a", "b"]);
        for text in ["[256]", "[-1]", "[1.5]", "[null]", "[{}]", "3", "\"a\""] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"[".repeat(1000)).is_err(), "no depth overflows the stack");
    }
}
