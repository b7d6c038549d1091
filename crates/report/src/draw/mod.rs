//! From marks to files: a canvas to draw on, the record of what was drawn, and its two writings.

pub(crate) mod canvas;
pub(crate) mod colour;
pub(crate) mod font;
pub(crate) mod mark;
pub(crate) mod picture;
#[cfg(feature = "png")]
mod raster;
pub(crate) mod recorder;
pub(crate) mod shape;
mod svg;
