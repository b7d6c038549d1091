//! Reads TIFF strip by strip or tile by tile, and says which variant a file is.

use std::io::Cursor;
use std::ops::ControlFlow;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, SampleFormat, Tag};

use super::samples::{Layout, Samples};
use crate::problem::Reason;

/// A TIFF whose pixels have not been read.
pub(super) struct Chunks<'a> {
    decoder: Decoder<Cursor<&'a [u8]>>,
    layout: Layout,
    /// Pixels in a row, rows.
    size: (u32, u32),
    bits: u8,
}

impl<'a> Chunks<'a> {
    /// Reads the directory; a strip or tile may take `memory` bytes.
    ///
    /// # Errors
    /// [`Reason::TooMuchMemory`] if it takes more, [`Reason::Unsupported`], [`Reason::Damaged`].
    pub(super) fn open(bytes: &'a [u8], memory: u64) -> Result<Self, Reason> {
        let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(|error| reason(error, bytes))?;
        let size = decoder.dimensions().map_err(|error| reason(error, bytes))?;
        let colour = decoder.colortype().map_err(|error| reason(error, bytes))?;
        let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).ok().flatten();
        let (layout, bits) = match colour {
            ColorType::Gray(bits) => (Layout::Grey, bits),
            ColorType::GrayA(bits) => (Layout::GreyAlpha, bits),
            ColorType::RGB(bits) => (Layout::Rgb, bits),
            ColorType::RGBA(bits) => (Layout::Rgba, bits),
            ColorType::CMYK(bits) => (Layout::Cmyk, bits),
            _ => return Err(unsupported(bytes)),
        };
        if !matches!(bits, 8 | 16 | 32) || planar == Some(PlanarConfiguration::Planar.to_u16()) {
            return Err(unsupported(bytes));
        }
        let chunk = decoder.chunk_dimensions();
        let pixels = u64::from(chunk.0.min(size.0)) * u64::from(chunk.1.min(size.1));
        // What was packed, and what it unpacks to.
        let needs = 2 * pixels * layout.channels() as u64 * u64::from(bits / 8);
        if needs > memory {
            return Err(Reason::TooMuchMemory { bytes: needs, limit: memory });
        }
        let mut limits = Limits::default();
        limits.decoding_buffer_size = usize::try_from(memory).unwrap_or(usize::MAX);
        limits.intermediate_buffer_size = limits.decoding_buffer_size;
        Ok(Self { decoder: decoder.with_limits(limits), layout, size, bits })
    }

    /// Whether few of a sample's bits may be in use: of 16 bits those of a 12-bit sensor, of grey ones the classes of a mask.
    pub(super) fn may_waste_range(&self) -> bool {
        self.bits > 8 || self.layout.colours() == 1
    }

    /// Calls `each` for every run of pixels of a row with its column and row, until it breaks off.
    ///
    /// # Errors
    /// [`Reason::Unsupported`], [`Reason::Damaged`], [`Reason::Truncated`].
    pub(super) fn read(
        mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(u32, u32, Samples<'_>, Layout) -> ControlFlow<()>,
    ) -> Result<(), Reason> {
        let (width, height) = self.decoder.chunk_dimensions();
        if width == 0 || height == 0 {
            return Err(Reason::damaged("its strips have no size"));
        }
        let across = self.size.0.div_ceil(width);
        for chunk in 0..across.saturating_mul(self.size.1.div_ceil(height)) {
            let (x, y) = (chunk % across * width, chunk / across * height);
            let run = self.decoder.chunk_data_dimensions(chunk).0 as usize * self.layout.channels();
            let result = self.decoder.read_chunk(chunk).map_err(|error| reason(error, bytes))?;
            let mut rows = |row: u32, samples: Samples<'_>| each(x, y + row, samples, self.layout);
            let next = match &result {
                DecodingResult::U8(all) => {
                    (0..).zip(all.chunks_exact(run)).try_for_each(|(row, run)| rows(row, Samples::Bytes(run)))
                }
                DecodingResult::U16(all) => {
                    (0..).zip(all.chunks_exact(run)).try_for_each(|(row, run)| rows(row, Samples::Words(run)))
                }
                DecodingResult::F32(all) => (0..)
                    .zip(all.chunks_exact(run))
                    .try_for_each(|(row, run)| rows(row, Samples::Floats(run))),
                _ => return Err(unsupported(bytes)),
            };
            if next.is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn reason(error: tiff::TiffError, bytes: &[u8]) -> Reason {
    match error {
        tiff::TiffError::UnsupportedError(_) => unsupported(bytes),
        tiff::TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Reason::Truncated
        }
        error => Reason::damaged(&error.to_string()),
    }
}

fn unsupported(bytes: &[u8]) -> Reason {
    Reason::Unsupported { what: variant(bytes) }
}

/// The variant that a file is, by what its directory says and 8-bit RGB TIFF does not.
pub(super) fn variant(bytes: &[u8]) -> String {
    let Ok(mut decoder) = Decoder::new(Cursor::new(bytes)) else { return "this variant of TIFF".to_owned() };
    let mut number = |tag| decoder.find_tag_unsigned_vec::<u16>(tag).ok().flatten().unwrap_or_default();
    let first = |numbers: &[u16]| numbers.first().copied();
    let compression = first(&number(Tag::Compression))
        .map_or(CompressionMethod::None, CompressionMethod::from_u16_exhaustive);
    let photometric =
        first(&number(Tag::PhotometricInterpretation)).and_then(PhotometricInterpretation::from_u16);
    let bits = first(&number(Tag::BitsPerSample)).unwrap_or(1);
    let samples = first(&number(Tag::SamplesPerPixel)).unwrap_or(1);
    let format =
        first(&number(Tag::SampleFormat)).map_or(SampleFormat::Uint, SampleFormat::from_u16_exhaustive);
    let is_planar = first(&number(Tag::PlanarConfiguration)) == Some(PlanarConfiguration::Planar.to_u16());
    let mut words = vec![format!("TIFF of {samples} x {bits} bits")];
    match format {
        SampleFormat::Uint => {}
        SampleFormat::Int => words.push("signed numbers".to_owned()),
        SampleFormat::IEEEFP => words.push("floating-point numbers".to_owned()),
        _ => words.push("numbers of an unknown kind".to_owned()),
    }
    match photometric {
        Some(PhotometricInterpretation::RGBPalette) => words.push("a palette".to_owned()),
        Some(PhotometricInterpretation::TransparencyMask) => words.push("a mask".to_owned()),
        Some(PhotometricInterpretation::CMYK) => words.push("CMYK".to_owned()),
        Some(PhotometricInterpretation::YCbCr) => words.push("YCbCr".to_owned()),
        Some(
            PhotometricInterpretation::CIELab
            | PhotometricInterpretation::IccLab
            | PhotometricInterpretation::ItuLab,
        ) => words.push("L*a*b*".to_owned()),
        Some(_) => {}
        None => words.push("colours of an unknown kind".to_owned()),
    }
    if is_planar && samples > 1 {
        words.push("one plane a channel".to_owned());
    }
    match compression {
        CompressionMethod::None => {}
        CompressionMethod::Unknown(33_003 | 33_005 | 34_712) => {
            words.push("JPEG 2000 compression".to_owned())
        }
        CompressionMethod::Unknown(number) => words.push(format!("compression {number}")),
        method => words.push(format!("{method:?} compression")),
    }
    words.join(", ")
}
