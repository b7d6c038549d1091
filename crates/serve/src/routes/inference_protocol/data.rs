//! The shape and the elements of a tensor in JSON. Elements are nested or flat: a byte each in memory, where a value of JSON would take
//! thirty. Of what takes more memory than it takes bytes in the body there is a most.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};

/// Most texts of a tensor: as many photographs as a queue can hold.
const MOST_TEXTS: usize = 1 << 16;
/// Most sides of a tensor: of one photograph in a batch, height, width and channels.
const MOST_SIDES: usize = 4;

/// The sides of a tensor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape(pub(super) Vec<u64>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Sides)
    }
}

struct Sides;

impl<'de> Visitor<'de> for Sides {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST_SIDES} whole numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Shape, A::Error> {
        let mut sides = Vec::new();
        while let Some(side) = elements.next_element()? {
            if sides.len() == MOST_SIDES {
                return Err(de::Error::invalid_length(MOST_SIDES + 1, &self));
            }
            sides.push(side);
        }
        Ok(Shape(sides))
    }
}

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
        if self.0.texts.len() == MOST_TEXTS {
            return Err(E::custom(format_args!("more than {MOST_TEXTS} texts")));
        }
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

    #[test]
    fn what_takes_more_memory_than_its_text_ends_early() {
        let texts = |count: usize| format!("[{}\"\"]", "\"\",".repeat(count - 1));
        assert_eq!(serde_json::from_str::<Data>(&texts(MOST_TEXTS)).unwrap().texts.len(), MOST_TEXTS);
        assert!(serde_json::from_str::<Data>(&texts(MOST_TEXTS + 1)).is_err());
        assert_eq!(serde_json::from_str::<Shape>("[1, 2, 3, 4]").unwrap(), Shape(vec![1, 2, 3, 4]));
        for text in ["[1, 2, 3, 4, 5]", "[-1]", "[1.5]", "1", "[[1]]"] {
            assert!(serde_json::from_str::<Shape>(text).is_err(), "{text}");
        }
    }
}
