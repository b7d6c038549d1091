//! Image formats, by the extension of a file and by its first bytes.

use std::fmt;
use std::path::Path;

/// A supported format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG: `.jpg`, `.jpeg`, `.jpe`, `.jfif`.
    Jpeg,
    /// PNG: `.png`.
    Png,
    /// WebP: `.webp`.
    WebP,
    /// Windows bitmap: `.bmp`, `.dib`.
    Bmp,
    /// GIF: `.gif`.
    Gif,
    /// TIFF: `.tif`, `.tiff`.
    Tiff,
}

impl Format {
    /// The usual extension, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::Tiff => "tif",
        }
    }

    /// The format of content that begins with `bytes`, if it is recognised.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [b'B', b'M', rest @ ..] if is_bitmap_header(rest) => Some(Self::Bmp),
            _ => None,
        }
    }

    /// Whether `bytes` are too few to decide but may be the beginning of this format.
    pub(crate) fn may_begin(self, bytes: &[u8]) -> bool {
        let magic: &[u8] = match self {
            Self::Jpeg => &[0xFF, 0xD8, 0xFF],
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::WebP => b"RIFF",
            Self::Bmp => b"BM",
            Self::Gif => b"GIF89a",
            Self::Tiff => b"II*\0",
        };
        let shared = bytes.len().min(magic.len());
        // A RIFF file says that it is WebP only in its twelfth byte, a bitmap shows its header's size in its 18th.
        let undecided = match self {
            Self::WebP => 12,
            Self::Bmp => 18,
            _ => magic.len(),
        };
        bytes.len() < undecided && bytes.get(..shared) == magic.get(..shared)
    }
}

/// Many texts begin with `BM`; a bitmap also has one of the known sizes of the second header, at byte 14.
fn is_bitmap_header(after_magic: &[u8]) -> bool {
    matches!(after_magic.get(12..16), Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
        })
    }
}

/// What the extension of a file suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtensionHint {
    /// A picture in a supported format.
    Picture(Format),
    /// A picture in an unsupported format.
    Unsupported(&'static str),
    /// There is no extension.
    Nothing,
    /// Some other kind of file.
    Other,
}

impl ExtensionHint {
    /// Looks at the extension alone, in any case.
    pub(crate) fn of(path: &Path) -> Self {
        let Some(extension) = path.extension() else {
            return Self::Nothing;
        };
        match extension.to_ascii_lowercase().to_str().unwrap_or_default() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Picture(Format::Jpeg),
            "png" => Self::Picture(Format::Png),
            "webp" => Self::Picture(Format::WebP),
            "bmp" | "dib" => Self::Picture(Format::Bmp),
            "gif" => Self::Picture(Format::Gif),
            "tif" | "tiff" => Self::Picture(Format::Tiff),
            "heic" | "heif" => Self::Unsupported("HEIC"),
            "avif" => Self::Unsupported("AVIF"),
            "jxl" => Self::Unsupported("JPEG XL"),
            "jp2" | "j2k" => Self::Unsupported("JPEG 2000"),
            "psd" => Self::Unsupported("a Photoshop file"),
            "svg" => Self::Unsupported("SVG"),
            "ppm" | "pgm" | "pbm" | "pnm" => Self::Unsupported("PNM"),
            "cr2" | "cr3" | "nef" | "arw" | "dng" | "orf" | "rw2" | "raf" => {
                Self::Unsupported("a camera's raw file")
            }
            _ => Self::Other,
        }
    }

    /// Whether the name is that of a picture.
    pub(crate) fn is_picture(self) -> bool {
        matches!(self, Self::Picture(_) | Self::Unsupported(_))
    }
}

/// An unsupported picture format that is recognised.
pub(crate) fn sniff_unsupported(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Some("HEIC"),
            b"avif" | b"avis" => Some("AVIF"),
            b"crx " => Some("a camera's raw file"),
            _ => None,
        },
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => Some("JPEG 2000"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop file"),
        _ => None,
    }
}

/// A kind of file that is often stored under the name of a picture.
pub(crate) fn sniff_foreign(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    let begins =
        |prefix: &[u8]| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") {
        Some("an HTML page")
    } else if begins(b"<?xml") || begins(b"<svg") {
        Some("an XML file")
    } else if begins(b"%PDF") {
        Some("a PDF document")
    } else if begins(b"PK\x03\x04") {
        Some("a ZIP archive")
    } else if matches!(bytes, [_, _, _, _, b'f', b't', b'y', b'p', ..]) {
        Some("a video")
    } else if !bytes.is_empty()
        && bytes.iter().take(512).all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
    {
        Some("text")
    } else if bytes.iter().all(|&byte| byte == 0) {
        Some("nothing but zeros")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_one_kind_promise_the_same() {
        for name in ["a.jpg", "a.JPG", "a.jpeg", "a.jpe", "a.JFIF"] {
            assert_eq!(ExtensionHint::of(Path::new(name)), ExtensionHint::Picture(Format::Jpeg), "{name}");
        }
        for name in ["a.tif", "a.TIFF"] {
            assert_eq!(ExtensionHint::of(Path::new(name)), ExtensionHint::Picture(Format::Tiff), "{name}");
        }
        assert_eq!(ExtensionHint::of(Path::new("README.txt")), ExtensionHint::Other);
        assert_eq!(ExtensionHint::of(Path::new("IMG_1")), ExtensionHint::Nothing);
    }

    #[test]
    fn a_text_that_begins_with_bm_is_no_bitmap() {
        assert_eq!(Format::sniff(b"BMW is a maker of cars and not a bitmap"), None);
    }

    #[test]
    fn a_few_bytes_may_become_a_picture() {
        assert!(Format::Jpeg.may_begin(&[0xFF, 0xD8]));
        assert!(Format::WebP.may_begin(b"RIFF\0\0\0\0"));
        assert!(!Format::Jpeg.may_begin(b"he"));
    }
}
