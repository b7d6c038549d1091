//! A finished picture.

use super::colour::Rgb;
use super::shape::Shape;
use super::svg;
#[cfg(feature = "png")]
use {super::raster, crate::error::ReportError};

/// A drawing that is written as SVG or as PNG. Both show the same marks at the same places.
#[derive(Debug, Clone)]
pub struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) page: Rgb,
    pub(crate) name: String,
    pub(crate) shapes: Vec<Shape>,
}

impl Picture {
    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// One `<svg>` element without an XML declaration, to be put into a page as it is or saved as a file (UTF-8).
    ///
    /// It has a `viewBox` and scales. Texts are texts, pinned to the width that they were laid out with, whatever font
    /// the reader has. Names that were shortened and cells of matrices carry a `<title>` that browsers show on hovering;
    /// the heading is the `aria-label`.
    pub fn svg(&self) -> String {
        svg::written(self)
    }

    /// PNG bytes of [`width`](Self::width) x [`height`](Self::height) pixels.
    ///
    /// # Errors
    /// [`ReportError::Png`] where memory does not suffice.
    #[cfg(feature = "png")]
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        raster::encoded(self, 1)
    }

    /// PNG bytes with `density` x `density` pixels for each pixel of the layout, for screens and for print.
    ///
    /// # Errors
    /// [`ReportError::Png`] where `density` is not in `1..=4`, or memory does not suffice.
    #[cfg(feature = "png")]
    pub fn png_dense(&self, density: u32) -> Result<Vec<u8>, ReportError> {
        raster::encoded(self, density)
    }
}
