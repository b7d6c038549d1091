//! Decodes JPEG: the markers are read here, the pixels are decoded by `libjpeg-turbo-rs`.
//!
//! The markers give dimensions, orientation, colours and the scans, and where the first picture of a file ends: what follows it
//! (previews, further pictures, videos) is not shown to the decoder. JPEG has no checksum, so of data that was overwritten in place
//! only an impossible code is seen.

mod frame;
mod pixels;
mod scan;

use self::frame::{Frame, inspect as read_markers};
use super::colour::{Channels, Colours};
use super::raster::{Raster, turning_needs};
use super::room::Room;
use crate::limits::Limits;
use crate::problem::Reason;

/// The marker that ends a picture.
const END: [u8; 2] = [0xFF, 0xD9];

/// What the markers say.
pub(super) struct Inspected {
    /// Pixels in a row as stored.
    pub(super) width: u32,
    /// Rows as stored.
    pub(super) height: u32,
    /// How to turn it upright.
    pub(super) orientation: image::metadata::Orientation,
    /// What is odd about the file, though it is read.
    pub(super) remarks: Vec<Reason>,
}

/// Reads the markers; decodes only where the end marker is missing, to see whether picture data is missing too.
///
/// # Errors
/// As [`super::inspect`].
pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspected, Reason> {
    let frame = read_markers(bytes, limits)?;
    let mut remarks = Vec::new();
    if !frame.is_ended {
        decode_frame(bytes, &frame, Some(1), limits)?;
        remarks.push(Reason::NoEndMarker);
    }
    if !frame.is_fine {
        remarks.push(Reason::ScansMissing);
    }
    remarks.extend(colours(&frame).remark());
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    Ok(Inspected { width, height, orientation: frame.orientation, remarks })
}

/// The picture, perhaps at a fraction of its sides if a shorter one of `side` pixels is enough.
///
/// # Errors
/// As [`super::decode_bytes`].
pub(super) fn decode(bytes: &[u8], side: Option<u32>, limits: &Limits) -> Result<Raster, Reason> {
    decode_frame(bytes, &read_markers(bytes, limits)?, side, limits)
}

fn decode_frame(bytes: &[u8], frame: &Frame, side: Option<u32>, limits: &Limits) -> Result<Raster, Reason> {
    // Without an end marker, what is not there yet was to come.
    if !frame.is_ended && !frame.is_fine {
        return Err(Reason::Truncated);
    }
    // The file and its copy.
    limits.check_memory(2 * bytes.len() as u64)?;
    let data = bytes.get(..frame.data_end).unwrap_or(bytes);
    let data = if frame.is_ended { data } else { written(data) };
    let files = (bytes.len() + data.len()) as u64;
    let whole = u64::from(frame.width) * u64::from(frame.height);
    let needs = |divisor| {
        let turned = if divisor == 1 { 3 * whole + turning_needs(whole, frame.orientation) } else { 0 };
        files + pixels::needs(frame, divisor).max(turned)
    };
    // A progressive picture is decoded at a fraction only where it must be.
    let divisor = side
        .and_then(|side| pixels::divisor(frame, side))
        .filter(|_| frame.sequential || needs(1) > limits.memory)
        .unwrap_or(1);
    let room = Room::new(needs(divisor), limits)?;
    let pixels = pixels::decode(&[data, &END].concat(), frame, divisor).map_err(|reason| match reason {
        _ if !frame.is_ended => Reason::Truncated,
        Reason::Truncated if !bytes.get(frame.data_end..).is_some_and(|rest| rest.starts_with(&END)) => {
            Reason::damaged("there is a marker in the middle of its picture data")
        }
        reason => reason,
    })?;
    Ok(Raster {
        pixels,
        width: u32::from(frame.width),
        height: u32::from(frame.height),
        divisor: u32::from(divisor),
        orientation: frame.orientation,
        colours: colours(frame),
        room,
    })
}

/// Picture data without the zeros of a disk that was not written to the end, which would decode to flat colours. A flat picture may
/// have some of its own.
fn written(data: &[u8]) -> &[u8] {
    const OWN: usize = 512;
    let zeros = data.iter().rev().take_while(|&&byte| byte == 0).count();
    if zeros > OWN { &data[..data.len() - zeros] } else { data }
}

fn colours(frame: &Frame) -> Colours {
    let channels = match frame.components.len() {
        1 => Channels::Grey,
        3 => Channels::Rgb,
        _ => Channels::Cmyk,
    };
    Colours::of_profile(frame.profile.as_deref(), channels)
}
