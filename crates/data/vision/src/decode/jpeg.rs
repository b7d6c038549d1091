//! Decodes JPEG: the markers are read here, the pixels are decoded by `zune-jpeg` or `jpeg-decoder`.
//!
//! The `image` crate uses the first in its tolerant mode, which fills missing data with grey and treats every CMYK
//! file as inverted. So the markers are read first: they give dimensions, orientation, colours and the scans.
//!
//! Picture data that was cut short decodes to some picture: decoders go on with zeros behind its end. So they are given ones
//! there, which no code of JPEG begins with (ITU-T T.81, annex C), and fail where the data ends before the last block. JPEG has no
//! checksum, so of data that was overwritten in place only an impossible code is seen.

mod frame;
mod scaled;
mod scan;
mod whole;

use self::frame::{Frame, inspect as read_markers};
use super::colour::{Channels, Colours};
use super::guard::on_one_thread;
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
    let raster = |pixels, divisor, room| Raster {
        pixels,
        width: u32::from(frame.width),
        height: u32::from(frame.height),
        divisor,
        orientation: frame.orientation,
        colours: colours(frame),
        room,
    };
    let parts = parts(bytes, frame);
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let files = (bytes.len() + parts.iter().map(|part| part.len()).sum::<usize>()) as u64;
    let needs = files + whole::needs(frame).max(3 * pixels + turning_needs(pixels, frame.orientation));
    // A progressive picture is decoded at a fraction only where it must be.
    if let Some(divisor) = side.and_then(|side| scaled::divisor(frame, side))
        && (frame.sequential || needs > limits.memory)
        && files + scaled::needs(frame, divisor) <= limits.memory
    {
        let room = Room::new(files + scaled::needs(frame, divisor), limits)?;
        let sealed = parts.concat();
        if let Ok(pixels) = on_one_thread(|| scaled::decode(&sealed, frame, divisor)) {
            return Ok(raster(pixels, u32::from(divisor), room));
        }
    }
    let room = Room::new(needs, limits)?;
    match whole::decode(&parts.concat(), frame) {
        Ok(pixels) => Ok(raster(pixels, 1, room)),
        Err(_) if !frame.is_ended => Err(Reason::Truncated),
        // What meets a code of nothing but ones at its end, or decodes without the ones behind it, has ended too early.
        Err(Reason::Damaged { detail })
            if detail.contains("0xFFFF")
                && bytes.get(frame.data_end..).is_some_and(|rest| rest.starts_with(&END)) =>
        {
            Err(Reason::Truncated)
        }
        Err(reason) => Err(whole::decode(bytes, frame).map_or(reason, |_| Reason::Truncated)),
    }
}

/// The file up to the end of its picture data, then ones and the end marker.
fn parts<'a>(bytes: &'a [u8], frame: &Frame) -> [&'a [u8]; 3] {
    // More than decoders read ahead. A zero behind 255 says that it is data and no marker.
    const ONES: [u8; 32] =
        *b"\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0";
    let data = bytes.get(..frame.data_end).unwrap_or(bytes);
    // After the first scan of a progressive picture the decoder must see a marker at once.
    let ones: &[u8] = if frame.sequential || frame.scans > 1 { &ONES } else { &[] };
    [data, ones, &END]
}

fn colours(frame: &Frame) -> Colours {
    let channels = match frame.components.len() {
        1 => Channels::Grey,
        3 => Channels::Rgb,
        _ => Channels::Cmyk,
    };
    Colours::of_profile(frame.profile.as_deref(), channels)
}
