//! What a picture is made of. All lengths are in units of a tenth of a pixel ([`UNITS`]), which is as fine as the eye and
//! lets coordinates stay the integers that plotters speaks in.

use super::colour::Rgb;
use super::font::Weight;

/// Units in a pixel.
pub(crate) const UNITS: f64 = 10.0;

/// Where a text lies relative to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// A mark with its colour.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) form: Form,
    pub(crate) colour: Rgb,
    /// Opacity, `0.0..=1.0`.
    pub(crate) alpha: f64,
    /// What a pointer that rests on the mark is told.
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Form {
    /// An open stroked line of at least two points.
    Line { points: Vec<(i32, i32)>, width: u32 },
    /// A filled polygon.
    Polygon { points: Vec<(i32, i32)> },
    /// A filled region between closed rings: what an odd number of them encloses.
    Region { rings: Vec<Vec<(i32, i32)>> },
    /// A filled rectangle.
    Rectangle { left: i32, top: i32, width: i32, height: i32 },
    /// A circle: filled, or stroked where `stroke` is given.
    Circle { centre: (i32, i32), radius: u32, stroke: Option<u32> },
    /// One line of text.
    Text(TextForm),
}

#[derive(Debug, Clone)]
pub(crate) struct TextForm {
    pub(crate) text: String,
    pub(crate) at: (i32, i32),
    /// From `at` down to the base line, before rotation.
    pub(crate) drop: i32,
    pub(crate) align: Align,
    /// Font size (em).
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    /// Turned by a quarter against the clock around `at`: reads upwards.
    pub(crate) upwards: bool,
    /// The colour of a soft edge that keeps the letters readable above lines.
    pub(crate) halo: Option<Rgb>,
}
