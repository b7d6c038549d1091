//! Decodes JPEGs at their full size: with `zune-jpeg`, or with `jpeg-decoder` where components come in scans of their own, of
//! which `zune-jpeg` makes stripes.

use jpeg_decoder::{ColorTransform, Decoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::frame::Frame;
use crate::decode::guard::on_one_thread;
use crate::problem::Reason;

/// Adobe's number for luma and chroma of inks, and black.
const YCCK: Option<u8> = Some(2);

/// RGB pixels as stored.
pub(super) fn decode(bytes: &[u8], frame: &Frame) -> Result<Vec<u8>, Reason> {
    if frame.sequential && frame.scans > 1 {
        component_by_component(bytes, frame)
    } else {
        at_once(bytes, frame)
    }
}

/// Bytes of memory that [`decode`] works in at most, the result included.
pub(super) fn needs(frame: &Frame) -> u64 {
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let components = frame.components.len() as u64;
    // Levels of grey and inks are brought to RGB beside what was decoded.
    let result = if components == 3 { 3 * pixels } else { (components + 3) * pixels };
    match (frame.sequential, frame.scans) {
        (true, 1) => result,
        // The planes are kept until all are there.
        (true, _) => result + samples(frame),
        (false, _) => result + 2 * samples(frame),
    }
}

/// Samples of all components in whole blocks.
pub(super) fn samples(frame: &Frame) -> u64 {
    let most = |side: fn(&(u32, u32)) -> u32| {
        frame.components.iter().map(|component| side(&component.sampling)).max().unwrap_or(1)
    };
    let (across, down) = (most(|sampling| sampling.0), most(|sampling| sampling.1));
    let units = u64::from(u32::from(frame.width).div_ceil(8 * across))
        * u64::from(u32::from(frame.height).div_ceil(8 * down));
    let blocks = |(across, down): (u32, u32)| u64::from(across * down);
    64 * units * frame.components.iter().map(|component| blocks(component.sampling)).sum::<u64>()
}

fn at_once(bytes: &[u8], frame: &Frame) -> Result<Vec<u8>, Reason> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| Reason::damaged(&format!("{error:?}")))?;
    let stored = match frame.components.len() {
        1 => ColorSpace::Luma,
        4 if decoder.input_colorspace() != Some(ColorSpace::YCCK) => ColorSpace::CMYK,
        _ => ColorSpace::RGB,
    };
    // Tolerant of odd headers only: missing picture data is an error, not grey.
    decoder.set_options(options.jpeg_set_out_colorspace(stored).set_strict_mode(true));
    let pixels = decoder.decode().map_err(|error| Reason::damaged(&format!("{error:?}")))?;
    Ok(match stored {
        ColorSpace::Luma => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        ColorSpace::CMYK => cmyk_to_rgb(&pixels, frame.adobe.is_some()),
        _ => pixels,
    })
}

fn component_by_component(bytes: &[u8], frame: &Frame) -> Result<Vec<u8>, Reason> {
    let decode = || planes_together(bytes, frame);
    let mut pixels = on_one_thread(decode)?;
    Ok(match frame.components.len() {
        1 => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        3 => pixels,
        _ => {
            if frame.adobe == YCCK {
                pixels.chunks_exact_mut(4).for_each(inks_of_luma);
            }
            cmyk_to_rgb(&pixels, frame.adobe.is_some())
        }
    })
}

/// Samples of all components, interleaved.
fn planes_together(bytes: &[u8], frame: &Frame) -> Result<Vec<u8>, Reason> {
    let mut decoder = Decoder::new(bytes);
    decoder.set_color_transform(match frame.components.len() {
        1 => ColorTransform::Grayscale,
        3 if frame.named_rgb || frame.adobe == Some(0) => ColorTransform::RGB,
        3 => ColorTransform::YCbCr,
        _ => ColorTransform::CMYK,
    });
    let mut samples = decoder.decode().map_err(|error| Reason::damaged(&error.to_string()))?;
    if frame.components.len() == 4 {
        // The only one of its ways that sets four components side by side inverts them.
        samples.iter_mut().for_each(|sample| *sample = 255 - *sample);
    }
    Ok(samples)
}

/// Turns luma and chroma of a pixel's three inks into the inks.
fn inks_of_luma(pixel: &mut [u8]) {
    let [y, cb, cr] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    let rgb = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
    pixel.iter_mut().zip(rgb).for_each(|(ink, value)| *ink = 255 - (value + 0.5) as u8);
}

/// Each of red, green and blue is what its ink and black leave of white: `(255 - ink) (255 - black) / 255`, rounded.
fn cmyk_to_rgb(cmyk: &[u8], inverted: bool) -> Vec<u8> {
    let paper = |value: u8| u32::from(if inverted { value } else { 255 - value });
    let mut pixels = Vec::with_capacity(cmyk.len() / 4 * 3);
    for pixel in cmyk.chunks_exact(4) {
        let black = paper(pixel[3]);
        pixels.extend(pixel[..3].iter().map(|&ink| ((paper(ink) * black + 127) / 255) as u8));
    }
    pixels
}
