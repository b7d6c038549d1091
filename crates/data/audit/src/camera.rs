//! What the file of a photo says about the camera. If each class was taken with its own phone, that predicts the class.

use std::io::Cursor;

use exif::{In, Reader, Tag};

/// Longest kept text of a field, in characters.
const LONGEST: usize = 64;

/// Three fields of the EXIF block; absent where the file has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Camera {
    /// Make and model.
    pub model: Option<String>,
    /// Program that wrote the file.
    pub software: Option<String>,
    /// Day it was taken, such as `2019-07-04`.
    pub day: Option<String>,
}

impl Camera {
    /// Reads the EXIF block of a file; what cannot be read counts as absent.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let Ok(block) = Reader::new().read_from_container(&mut Cursor::new(bytes)) else {
            return Self::default();
        };
        let text = |tag: Tag| {
            let field = block.get_field(tag, In::PRIMARY)?;
            let text = field.display_value().to_string();
            let text: String = text.trim_matches(['"', ' ']).chars().take(LONGEST).collect();
            (!text.is_empty()).then_some(text)
        };
        let day = text(Tag::DateTimeOriginal).or_else(|| text(Tag::DateTime));
        Self {
            model: text(Tag::Model),
            software: text(Tag::Software),
            day: day.map(|day| day.chars().take(10).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF header with one directory: model and date.
    fn block() -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0\x02\0".to_vec();
        let (model, date) = (b"Leafcam 3\0", b"2019:07:04 10:00:00\0");
        let first = 8 + 2 + 2 * 12 + 4;
        for (tag, text, place) in [(0x0110_u16, &model[..], first), (0x0132, &date[..], first + model.len())]
        {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(2_u16.to_le_bytes());
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend((place as u32).to_le_bytes());
        }
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(model);
        bytes.extend(date);
        bytes
    }

    #[test]
    fn fields_are_read() {
        let camera = Camera::of(&block());
        assert_eq!(camera.model.as_deref(), Some("Leafcam 3"));
        assert_eq!(camera.day.as_deref(), Some("2019-07-04"));
        assert_eq!(camera.software, None);
    }

    #[test]
    fn anything_else_has_no_fields() {
        let block = block();
        for length in 0..block.len() {
            let _ = Camera::of(&block[..length]);
        }
        assert_eq!(Camera::of(b"\xFF\xD8\xFF\xD9"), Camera::default());
    }
}
