//! What stands after the question mark of an address.

use crate::refusal::Refusal;

/// The fields of a query in their order, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query, of which only fields in `known` are understood.
    ///
    /// # Errors
    /// 400 for a field that is not known, and for one that cannot be decoded.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Refusal> {
        let mut fields = Vec::new();
        for field in text.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let decode = |part: &str| {
                decoded(&part.replace('+', " ")).ok_or_else(|| {
                    Refusal::malformed(format!("?{part} is not valid: %XX of UTF-8 is needed"))
                })
            };
            let (name, value) = (decode(name)?, decode(value)?);
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Refusal::malformed(format!("?{name} is not known here; known: {known}")));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The last value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Text with `%XX` in it; `None` if it is not UTF-8 or a `%` stands alone.
#[must_use]
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = if first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            let digit = |byte: u8| char::from(byte).to_digit(16);
            ((digit(digits[0])? * 16 + digit(digits[1])?) as u8, after)
        } else {
            (first, after)
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_unknown_ones_refused() {
        let query = Query::parse("name=a%20b+c.jpg&top=5&&name=%C3%A4", &["name", "top"]).unwrap();
        assert_eq!((query.get("name"), query.get("top"), query.get("x")), (Some("ä"), Some("5"), None));
        for text in ["x=1", "name=%", "name=%2", "name=%zz", "name=%ff"] {
            assert!(Query::parse(text, &["name"]).is_err(), "{text}");
        }
    }
}
