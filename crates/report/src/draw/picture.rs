//! A finished picture.

use super::colour::Rgb;
use super::shape::Shape;

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
}
