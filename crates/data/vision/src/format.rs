//! Image formats, by the extension of a file and by its first bytes.

use std::fmt;
use std::path::Path;

/// A supported format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG: `.jpg`, `.jpeg`, `.jpe`, `.jfif`, and `.mpo`, which holds several of which the first is read.
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
    /// HEIC, also called HEIF: `.heic`, `.heif`, `.hif`.
    Heic,
}

impl Format {
    /// Every format.
    pub(crate) const ALL: [Self; 7] =
        [Self::Jpeg, Self::Png, Self::WebP, Self::Bmp, Self::Gif, Self::Tiff, Self::Heic];

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
            Self::Heic => "heic",
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
            _ if brands(bytes).is_some_and(are_heic) => Some(Self::Heic),
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
            // It begins with the length of its first box, which may be any.
            Self::Heic => {
                return (5..12).contains(&bytes.len()) && b"ftyp".starts_with(&bytes[4..bytes.len().min(8)]);
            }
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

/// The kinds of file, of four letters each, that the first box of an ISO base media file (HEIC, AVIF, videos) names. The second is a
/// version.
fn brands(bytes: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = bytes.split_first_chunk::<4>()?;
    let brands = rest.strip_prefix(b"ftyp")?;
    let length = (u32::from_be_bytes(length) as usize).saturating_sub(8);
    Some(&brands[..length.min(brands.len())])
}

fn names(brands: &[u8], any: &[&[u8; 4]]) -> bool {
    brands.chunks_exact(4).any(|brand| any.iter().any(|name| *name == brand))
}

/// Whether the pictures are coded with HEVC, or it is not said how.
fn are_heic(brands: &[u8]) -> bool {
    names(brands, &[b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevx"])
        || (names(brands, &[b"mif1", b"msf1"]) && !are_avif(brands))
}

fn are_avif(brands: &[u8]) -> bool {
    names(brands, &[b"avif", b"avis"])
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
            Self::Heic => "HEIC",
        })
    }
}

/// What the name of a file suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionHint {
    /// A picture in a supported format.
    Picture(Format),
    /// A picture in a supported format, with something behind the extension: `leaf.jpg?w=300`, `leaf.jpg_large`.
    Trailed(Format),
    /// A picture in an unsupported format.
    Unsupported(&'static str),
    /// There is no extension.
    Nothing,
    /// Some other kind of file.
    Other,
}

impl ExtensionHint {
    /// Looks at the name alone, in any case.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let hint = extension.as_deref().map(by_extension);
        if let Some(known @ (Self::Picture(_) | Self::Unsupported(_))) = hint {
            return known;
        }
        let name =
            path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        trailed(&name).map(Self::Trailed).or(hint).unwrap_or(Self::Nothing)
    }

    /// Whether the name is that of a picture.
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Picture(_) | Self::Trailed(_) | Self::Unsupported(_))
    }
}

fn by_extension(extension: &str) -> ExtensionHint {
    match extension {
        "jpg" | "jpeg" | "jpe" | "jfif" | "mpo" => ExtensionHint::Picture(Format::Jpeg),
        "png" | "apng" => ExtensionHint::Picture(Format::Png),
        "webp" => ExtensionHint::Picture(Format::WebP),
        "bmp" | "dib" => ExtensionHint::Picture(Format::Bmp),
        "gif" => ExtensionHint::Picture(Format::Gif),
        "tif" | "tiff" => ExtensionHint::Picture(Format::Tiff),
        "heic" | "heif" | "hif" => ExtensionHint::Picture(Format::Heic),
        "avif" => ExtensionHint::Unsupported("AVIF"),
        "jxl" => ExtensionHint::Unsupported("JPEG XL"),
        "jp2" | "j2k" | "jpf" | "jpx" => ExtensionHint::Unsupported("JPEG 2000"),
        "psd" => ExtensionHint::Unsupported("a Photoshop file"),
        "svg" => ExtensionHint::Unsupported("SVG"),
        "ppm" | "pgm" | "pbm" | "pnm" => ExtensionHint::Unsupported("PNM"),
        "tga" => ExtensionHint::Unsupported("TGA"),
        "cr2" | "cr3" | "crw" | "nef" | "nrw" | "arw" | "srf" | "sr2" | "dng" | "orf" | "rw2" | "rwl"
        | "raf" | "pef" | "srw" | "3fr" | "iiq" | "erf" | "mef" | "mos" | "mrw" | "kdc" | "dcr" | "x3f" => {
            ExtensionHint::Unsupported(RAW)
        }
        _ => ExtensionHint::Other,
    }
}

/// What is written by a camera before it makes a picture of it; the content is often TIFF.
pub(crate) const RAW: &str = "a camera's raw file";

/// The format of the last extension in a name that something follows which is no letter, no digit and no further extension.
fn trailed(name: &str) -> Option<Format> {
    name.rmatch_indices('.').find_map(|(dot, _)| {
        let rest = &name[dot + 1..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric())?;
        match by_extension(&rest[..end]) {
            ExtensionHint::Picture(format) if !rest[end..].starts_with('.') => Some(format),
            _ => None,
        }
    })
}

/// An unsupported picture format that is recognised.
pub(crate) fn sniff_unsupported(bytes: &[u8]) -> Option<&'static str> {
    if let Some(brands) = brands(bytes) {
        return match brands {
            brands if are_avif(brands) => Some("AVIF"),
            brands if names(brands, &[b"crx "]) => Some(RAW),
            _ => None,
        };
    }
    match bytes {
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
        for name in ["leaf.jpg?w=300&h=1.5", "leaf.jpg_large", "a.b.JPEG@2x", "leaf.jpg~", "leaf.jpg (1)"] {
            assert_eq!(ExtensionHint::of(Path::new(name)), ExtensionHint::Trailed(Format::Jpeg), "{name}");
        }
        for name in ["leaf.jpg.xml", "leaf.jpgx", "leaf.jpg.", "a.txt_1"] {
            assert_eq!(ExtensionHint::of(Path::new(name)), ExtensionHint::Other, "{name}");
        }
        assert_eq!(ExtensionHint::of(Path::new("README.txt")), ExtensionHint::Other);
        assert_eq!(ExtensionHint::of(Path::new("IMG_1")), ExtensionHint::Nothing);
    }

    #[test]
    fn a_text_that_begins_with_bm_is_no_bitmap() {
        assert_eq!(Format::sniff(b"BMW is a maker of cars and not a bitmap"), None);
    }

    #[test]
    fn brands_tell_heic_from_avif_and_videos() {
        let file = |brands: &str| {
            [&(8 + brands.len() as u32).to_be_bytes()[..], b"ftyp", brands.as_bytes()].concat()
        };
        for brands in ["heic\0\0\0\0mif1heic", "mif1\0\0\0\0mif1heic", "msf1\0\0\0\0hevc"] {
            assert_eq!(Format::sniff(&file(brands)), Some(Format::Heic), "{brands}");
        }
        for (brands, what) in [
            ("avif\0\0\0\0mif1", Some("AVIF")),
            ("mif1\0\0\0\0avif", Some("AVIF")),
            ("isom\0\0\0\0mp42", None),
        ] {
            assert_eq!(Format::sniff(&file(brands)), None, "{brands}");
            assert_eq!(sniff_unsupported(&file(brands)), what, "{brands}");
        }
    }

    #[test]
    fn a_few_bytes_may_become_a_picture() {
        assert!(Format::Jpeg.may_begin(&[0xFF, 0xD8]));
        assert!(Format::WebP.may_begin(b"RIFF\0\0\0\0"));
        assert!(!Format::Jpeg.may_begin(b"he"));
    }
}
