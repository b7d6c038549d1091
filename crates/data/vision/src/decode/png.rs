//! Reads PNG row by row.

use std::io::Cursor;
use std::ops::ControlFlow;

use png::{BitDepth, ColorType, Decoder, Limits, Reader, Transformations};

use super::samples::{Layout, Samples};
use crate::problem::Reason;

/// A PNG whose rows have not been read.
pub(super) struct Rows<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    layout: Layout,
    is_deep: bool,
}

impl<'a> Rows<'a> {
    /// Reads all that stands before the pixels, in at most `memory` bytes.
    pub(super) fn open(bytes: &'a [u8], memory: u64) -> Result<Self, Reason> {
        let limits = Limits { bytes: usize::try_from(memory).unwrap_or(usize::MAX) };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::EXPAND);
        let reader = decoder.read_info().map_err(damaged)?;
        let (colour, depth) = reader.output_color_type();
        let layout = match colour {
            ColorType::Grayscale => Layout::Grey,
            ColorType::GrayscaleAlpha => Layout::GreyAlpha,
            ColorType::Rgb => Layout::Rgb,
            ColorType::Rgba => Layout::Rgba,
            ColorType::Indexed => return Err(Reason::damaged("its palette is missing")),
        };
        Ok(Self { reader, layout, is_deep: depth == BitDepth::Sixteen })
    }

    /// Whether few of a sample's bits may be in use: of 16 bits those of a 12-bit sensor, of grey ones the classes of a mask.
    pub(super) fn may_waste_range(&self) -> bool {
        self.is_deep || self.layout.colours() == 1
    }

    /// Calls `each` for every row with its number, until it breaks off; numbers mean nothing where the rows are not in order.
    pub(super) fn read(
        mut self,
        each: &mut dyn FnMut(u32, Samples<'_>, Layout) -> ControlFlow<()>,
    ) -> Result<(), Reason> {
        let mut words = Vec::new();
        let mut number = 0;
        while let Some(row) = self.reader.next_row().map_err(damaged)? {
            let next = if self.is_deep {
                words.clear();
                let (pairs, _) = row.data().as_chunks::<2>();
                words.extend(pairs.iter().map(|&pair| u16::from_be_bytes(pair)));
                each(number, Samples::Words(&words), self.layout)
            } else {
                each(number, Samples::Bytes(row.data()), self.layout)
            };
            if next.is_break() {
                break;
            }
            number += 1;
        }
        Ok(())
    }
}

fn damaged(error: png::DecodingError) -> Reason {
    match error {
        png::DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Reason::Truncated
        }
        error => Reason::damaged(&error.to_string()),
    }
}
