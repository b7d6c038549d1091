//! The markers of a JPEG file.
//!
//! Source: ITU-T T.81 (1992), annex B; Adobe Technical Note 5116 for the `APP14` segment; ICC.1:2022, annex B.4 for profiles.

use image::metadata::Orientation;

use super::scan::{Component, Scans};
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
    /// The colour components, in order.
    pub(super) components: Vec<Component>,
    /// The colour transform of the `APP14` segment, if that is there. Adobe's programs store CMYK inverted: 255 means no
    /// ink.
    pub(super) adobe: Option<u8>,
    /// One pass over the picture from top to bottom, or over each component.
    pub(super) sequential: bool,
    /// Number of scans, up to the one with which a sequential picture is complete.
    pub(super) scans: usize,
    /// Where the data of the last of them ends.
    pub(super) data_end: usize,
    /// Whether the end marker is there.
    pub(crate) is_ended: bool,
    /// Whether the scans hold every coefficient to its last bit.
    pub(crate) is_fine: bool,
    /// The ICC profile.
    pub(super) profile: Option<Vec<u8>>,
}

/// Reads the markers to the end of the image. Data after it (cameras append previews, further pictures and videos) is ignored.
///
/// # Errors
/// [`Reason::Truncated`] if the file ends between two segments that belong to the picture, or a component or restart interval is
/// missing; [`Reason::TooManyPixels`], [`Reason::Unsupported`], [`Reason::Damaged`].
pub(crate) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Frame, Reason> {
    let mut frame: Option<Frame> = None;
    let mut turn = None;
    let mut adobe = None;
    let mut profile = Profile::default();
    let mut scans = Scans::default();
    let mut is_ended = false;
    let mut position = 2;
    loop {
        let Some((marker, after)) = next_marker(bytes, position) else {
            if scans.count() == 0 {
                return Err(Reason::Truncated);
            }
            break;
        };
        match marker {
            0x01 | 0xD0..=0xD8 => {
                position = after;
                continue;
            }
            0xD9 => {
                is_ended = true;
                break;
            }
            _ => {}
        }
        let (segment, end) = segment(bytes, after)?;
        position = end;
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF if frame.is_none() => frame = Some(start_of_frame(marker, segment, limits)?),
            0xDD => scans.restart_interval = segment.first_chunk().map_or(0, |two| u16::from_be_bytes(*two)),
            0xE1 if segment.starts_with(b"Exif\0\0") && turn.is_none() => {
                turn = Some(orientation::of_exif(segment));
            }
            0xE2 => profile.add(segment),
            0xEE if segment.starts_with(b"Adobe") => adobe = Some(segment.get(11).copied().unwrap_or(0)),
            0xDA => {
                let (data_end, restarts) = end_of_scan(bytes, end);
                position = data_end;
                let Some(frame) = &mut frame else {
                    return Err(Reason::damaged("it has headers but no image"));
                };
                // What follows a complete sequential picture is no part of it.
                if !frame.sequential || !scans.are_begun(&frame.components) {
                    scans.add(segment, restarts, (frame.width, frame.height), &frame.components)?;
                    frame.data_end = data_end;
                }
            }
            _ => {}
        }
    }
    let Some(frame) = frame.filter(|_| scans.count() > 0) else {
        return Err(Reason::damaged("it has headers but no image"));
    };
    if !scans.are_begun(&frame.components) {
        return Err(Reason::Truncated);
    }
    scans.check_work(u64::from(frame.width) * u64::from(frame.height))?;
    Ok(Frame {
        orientation: turn.unwrap_or(Orientation::NoTransforms),
        adobe,
        scans: scans.count(),
        is_ended,
        is_fine: frame.sequential || scans.are_finished(&frame.components),
        profile: profile.joined(),
        ..frame
    })
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

/// Where the entropy-coded data that begins at `start` ends, at a marker that is neither a stuffed byte nor a restart, and the
/// number of restarts in it.
fn end_of_scan(bytes: &[u8], start: usize) -> (usize, u64) {
    let mut position = start;
    let mut restarts = 0;
    while let Some(step) = bytes.get(position..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        position += step;
        match bytes.get(position + 1) {
            Some(0) => position += 2,
            Some(0xD0..=0xD7) => {
                restarts += 1;
                position += 2;
            }
            Some(0xFF) => position += 1,
            _ => return (position, restarts),
        }
    }
    (bytes.len(), restarts)
}

/// A frame that is Huffman-coded, of 8 bits and not lossless, upright and not Adobe's until other segments tell.
fn start_of_frame(marker: u8, segment: &[u8], limits: &Limits) -> Result<Frame, Reason> {
    let Some((&[precision, h0, h1, w0, w1, components], named)) = segment.split_first_chunk() else {
        return Err(Reason::damaged("the frame header is too short"));
    };
    let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
    limits.check_dimensions(u32::from(width), u32::from(height))?;
    let unsupported = |what: &str| Err(Reason::Unsupported { what: what.to_owned() });
    match (marker, precision, components) {
        (0xC3, ..) => return unsupported("lossless JPEG"),
        (0xC5..=0xC7 | 0xCD..=0xCF, ..) => return unsupported("hierarchical JPEG"),
        (0xC9..=0xCB, ..) => return unsupported("arithmetic-coded JPEG"),
        (_, precision, _) if precision != 8 => return unsupported("JPEG of more than 8 bits"),
        (_, _, 1 | 3 | 4) => {}
        _ => return unsupported("JPEG of an unusual number of components"),
    }
    let components: Vec<Component> =
        named.chunks_exact(3).take(usize::from(components)).filter_map(Component::of).collect();
    if components.len() != usize::from(segment[5]) {
        return Err(Reason::damaged("the frame header is too short"));
    }
    if let [cyan, magenta, yellow, black] = components[..] {
        let divides = |whole: (u32, u32), part: (u32, u32)| {
            whole.0.is_multiple_of(part.0) && whole.1.is_multiple_of(part.1)
        };
        let is_usual = cyan.sampling == black.sampling
            && magenta.sampling == yellow.sampling
            && divides(cyan.sampling, magenta.sampling);
        if !is_usual {
            return unsupported("JPEG of inks of unusual sizes");
        }
    }
    Ok(Frame {
        width,
        height,
        orientation: Orientation::NoTransforms,
        adobe: None,
        sequential: matches!(marker, 0xC0 | 0xC1),
        components,
        scans: 0,
        data_end: 0,
        is_ended: false,
        is_fine: false,
        profile: None,
    })
}

/// The pieces of an ICC profile: it is cut to fit into segments, each with its number and their count.
#[derive(Default)]
struct Profile<'a>(Vec<(u8, &'a [u8])>);

impl<'a> Profile<'a> {
    fn add(&mut self, segment: &'a [u8]) {
        if let Some([number, _, piece @ ..]) = segment.strip_prefix(b"ICC_PROFILE\0") {
            self.0.push((*number, piece));
        }
    }

    fn joined(mut self) -> Option<Vec<u8>> {
        self.0.sort_by_key(|(number, _)| *number);
        let pieces: Vec<&[u8]> = self.0.into_iter().map(|(_, piece)| piece).collect();
        (!pieces.is_empty()).then(|| pieces.concat())
    }
}
