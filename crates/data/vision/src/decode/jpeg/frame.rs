//! The markers of a JPEG file.
//!
//! Source: ITU-T T.81 (1992), annex B; Adobe Technical Note 5116 for the `APP14` segment.

use image::metadata::Orientation;

use crate::decode::orientation;
use crate::limits::Limits;
use crate::problem::Reason;

/// The content of the markers.
pub(crate) struct Frame {
    /// Pixels in a row as stored.
    pub(crate) width: u16,
    /// Rows as stored.
    pub(crate) height: u16,
    /// How to turn it upright.
    pub(crate) orientation: Orientation,
    /// Number of colour components.
    pub(super) components: u8,
    /// The colour transform of the `APP14` segment, if that is there. Adobe's programs store CMYK inverted: 255 means no
    /// ink.
    pub(super) adobe: Option<u8>,
    /// One pass over the picture from top to bottom.
    pub(super) sequential: bool,
    /// Components are named R, G and B.
    pub(super) named_rgb: bool,
}

/// Reads the markers to the end of the image. Data after it (cameras append previews and videos) is ignored.
///
/// # Errors
/// [`Reason::Truncated`] if the end is not there, [`Reason::TooManyPixels`], [`Reason::Unsupported`],
/// [`Reason::Damaged`].
pub(crate) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Frame, Reason> {
    let mut frame = None;
    let mut turn = None;
    let mut adobe = None;
    let mut scanned = false;
    let mut position = 2;
    loop {
        let (marker, after) = next_marker(bytes, position).ok_or(Reason::Truncated)?;
        match marker {
            0x01 | 0xD0..=0xD8 => {
                position = after;
                continue;
            }
            0xD9 => break,
            _ => {}
        }
        let (segment, end) = segment(bytes, after)?;
        position = end;
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF if frame.is_none() => frame = Some(start_of_frame(marker, segment, limits)?),
            0xE1 if segment.starts_with(b"Exif\0\0") && turn.is_none() => {
                turn = Some(orientation::of_exif(segment));
            }
            0xEE if segment.starts_with(b"Adobe") => adobe = Some(segment.get(11).copied().unwrap_or(0)),
            0xDA => {
                scanned = true;
                position = end_of_scan(bytes, end);
            }
            _ => {}
        }
    }
    match frame {
        Some(frame) if scanned => {
            Ok(Frame { orientation: turn.unwrap_or(Orientation::NoTransforms), adobe, ..frame })
        }
        _ => Err(Reason::damaged("it has headers but no image")),
    }
}

/// The next marker at or after `position`, and the position behind it.
fn next_marker(bytes: &[u8], position: usize) -> Option<(u8, usize)> {
    let mut position = position;
    loop {
        position += memchr::memchr(0xFF, bytes.get(position..)?)?;
        position += bytes.get(position..)?.iter().position(|&byte| byte != 0xFF)?;
        match *bytes.get(position)? {
            0 => position += 1,
            marker => return Some((marker, position + 1)),
        }
    }
}

/// The content of the segment whose length stands at `start`, and where it ends.
fn segment(bytes: &[u8], start: usize) -> Result<(&[u8], usize), Reason> {
    let &[high, low] = bytes.get(start..).and_then(<[u8]>::first_chunk).ok_or(Reason::Truncated)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length < 2 {
        return Err(Reason::damaged("a segment is shorter than its own length"));
    }
    let content = bytes.get(start + 2..start + length).ok_or(Reason::Truncated)?;
    Ok((content, start + length))
}

/// Where the entropy-coded data that begins at `start` ends: at a marker that is neither a stuffed byte nor a restart.
fn end_of_scan(bytes: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(step) = bytes.get(position..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        position += step;
        match bytes.get(position + 1) {
            Some(0 | 0xD0..=0xD7) => position += 2,
            Some(0xFF) => position += 1,
            _ => return position,
        }
    }
    bytes.len()
}

/// A frame that is Huffman-coded, of 8 bits and not lossless, upright and not Adobe's until other segments tell.
fn start_of_frame(marker: u8, segment: &[u8], limits: &Limits) -> Result<Frame, Reason> {
    let Some(&[precision, h0, h1, w0, w1, components]) = segment.first_chunk() else {
        return Err(Reason::damaged("the frame header is too short"));
    };
    let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
    limits.check_dimensions(u32::from(width), u32::from(height))?;
    let unsupported = |what: &str| Err(Reason::Unsupported { what: what.to_owned() });
    match (marker, precision, components) {
        (0xC3, ..) => unsupported("lossless JPEG"),
        (0xC5..=0xC7 | 0xCD..=0xCF, ..) => unsupported("hierarchical JPEG"),
        (0xC9..=0xCB, ..) => unsupported("arithmetic-coded JPEG"),
        (_, precision, _) if precision != 8 => unsupported("JPEG of more than 8 bits"),
        (_, _, 1 | 3 | 4) => Ok(Frame {
            width,
            height,
            orientation: Orientation::NoTransforms,
            components,
            adobe: None,
            sequential: matches!(marker, 0xC0 | 0xC1),
            // Three bytes for each component, of which the first is its name.
            named_rgb: [6, 9, 12].map(|place| segment.get(place)) == [Some(&b'R'), Some(&b'G'), Some(&b'B')],
        }),
        _ => unsupported("JPEG of an unusual number of components"),
    }
}
