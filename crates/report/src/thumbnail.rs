//! Small pictures of photographs in a page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A small copy of a photograph, or a map over one, which the caller read and encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    bytes: Vec<u8>,
    media: &'static str,
    width: u32,
    height: u32,
}

impl Thumbnail {
    /// JPEG or PNG `bytes` of `width` x `height` pixels; `None` if they begin like neither.
    pub fn new(bytes: Vec<u8>, width: u32, height: u32) -> Option<Self> {
        let media = match bytes.as_slice() {
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            _ => return None,
        };
        Some(Self { bytes, media, width, height })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// An address that holds the picture itself.
    pub(crate) fn address(&self) -> String {
        format!("data:{};base64,{}", self.media, STANDARD.encode(&self.bytes))
    }
}

/// Where a page gets the small pictures of photos from, by their paths below a folder; `None` where there is none.
pub type ThumbnailOf<'a> = &'a dyn Fn(&str) -> Option<Thumbnail>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_taken() {
        let jpeg = Thumbnail::new(vec![0xFF, 0xD8, 0xFF, 0xE0], 2, 1).map(|thumbnail| thumbnail.address());
        assert_eq!(jpeg.as_deref(), Some("data:image/jpeg;base64,/9j/4A=="));
        assert!(Thumbnail::new(b"\x89PNG\r\n".to_vec(), 1, 1).is_some());
        for other in [&b""[..], b"<svg onload=alert(1)>", b"GIF89a", b"\xFF\xD8"] {
            assert_eq!(Thumbnail::new(other.to_vec(), 1, 1), None);
        }
    }
}
