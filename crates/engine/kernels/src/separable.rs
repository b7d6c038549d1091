//! A depthwise convolution and the pointwise one after it, for prediction alone, in one pass over bands of the image.
//!
//! What lies between them is made a band of lines at a time and used at once: it never leaves the cache. The result is the same
//! bits as that of one after the other.

use crate::parallel::{Chunks, share_out};
use crate::product::multiply_rows;
use crate::{conv, depthwise, scratch};

/// Floats of an image between the two from which on it does not stay in a second-level cache by itself.
const LARGE: usize = 1 << 16;

/// Pixels of a band, at least. The weights of the pointwise convolution are gone through once a band.
const BAND_PIXELS: usize = 128;

/// Pixels of a band at most, where more would only fill the last tile of the product.
const MOST_BAND_PIXELS: usize = 400;

/// Every tile of the product has a divisor of so many rows.
const TILE_ROWS: usize = 24;

/// Parts that an image is cut into, about, for threads.
const PARTS: usize = 8;

/// A depthwise convolution and the pointwise one after it, each with what follows it.
pub struct Separable {
    depthwise: depthwise::Prepared,
    pointwise: conv::Prepared,
}

impl Separable {
    /// Joins them if the second is a pointwise convolution of what the first makes, and this is so large that one pass is
    /// faster; else gives them back.
    ///
    /// # Errors
    ///
    /// Both, if they are not to be joined.
    pub fn join(
        depthwise: depthwise::Prepared,
        pointwise: conv::Prepared,
    ) -> Result<Self, Box<(depthwise::Prepared, conv::Prepared)>> {
        let between = depthwise.conv().output();
        let next = pointwise.conv();
        let fits = next.window().is_pointwise() && next.input() == between && pointwise.packed().is_some();
        if fits && between.len() >= LARGE {
            Ok(Self { depthwise, pointwise })
        } else {
            Err(Box::new((depthwise, pointwise)))
        }
    }

    /// The first.
    pub fn depthwise(&self) -> &depthwise::Prepared {
        &self.depthwise
    }

    /// The second.
    pub fn pointwise(&self) -> &conv::Prepared {
        &self.pointwise
    }

    /// The two of so many images. An image's result does not depend on the others.
    ///
    /// # Panics
    ///
    /// If the length of a slice is not that of its tensor.
    pub fn forward(&self, images: usize, x: &[f32], residual: Option<&[f32]>, y: &mut [f32]) {
        let conv = self.depthwise.conv().of_images(images);
        let output = self.pointwise.conv().output().of_images(images);
        assert!(x.len() == conv.input().len() && y.len() == output.len(), "images of {conv:?}");
        assert!(residual.is_none_or(|residual| residual.len() == y.len()), "residual of {conv:?}");
        let Some((layout, packed)) = self.pointwise.packed() else { return };
        let between = conv.output();
        let (height, line) = (between.h(), between.w() * between.c());
        let out_line = output.w() * output.c();
        let band_lines = band_lines(height, between.w());
        let part_lines = height.div_ceil(PARTS).next_multiple_of(band_lines);
        let part = |image: usize, part: usize, y: &mut [f32]| {
            let first = image * height + part * part_lines;
            scratch::with(band_lines * line, |room| {
                let mut row = first;
                for y in y.chunks_mut(band_lines * out_line) {
                    let made = &mut room[..y.len() / out_line * line];
                    let start = row * out_line;
                    for line in made.chunks_exact_mut(line) {
                        self.depthwise.line(x, row, line);
                        row += 1;
                    }
                    let residual = residual.map(|residual| &residual[start..start + y.len()]);
                    multiply_rows(layout, packed, self.pointwise.ends(residual), made, y, None);
                }
            });
        };
        share_out(Chunks::new(y, output.image_len().max(1)), |image, y| {
            share_out(Chunks::new(y, part_lines * out_line), |index, y| part(image, index, y));
        });
    }
}

/// Lines of a band of images of so many lines of so many pixels: few, and such that they fill the tiles of a product.
fn band_lines(height: usize, width: usize) -> usize {
    let least = BAND_PIXELS.div_ceil(width);
    let most = (MOST_BAND_PIXELS / width).max(least);
    let filling = (least..=most).find(|lines| (lines * width).is_multiple_of(TILE_ROWS));
    filling.unwrap_or(least).min(height).max(1)
}

#[cfg(test)]
mod tests {
    use super::band_lines;

    #[test]
    fn bands_fill_tiles_where_they_can() {
        for (size, lines) in [(112, 3), (56, 3), (28, 6), (14, 12), (7, 7), (113, 2), (5000, 1)] {
            assert_eq!(band_lines(size, size), lines, "{size}");
        }
    }
}
