//! What curves show, as values.

use crate::frame::Heading;
use crate::layout::axis::Scale;
use crate::layout::number::Number;

/// Panels with a common horizontal axis title, side by side where the width allows and else one below the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curves {
    /// What stands above.
    pub heading: Heading,
    /// What is counted along the horizontal axes, such as `epoch`.
    pub x_title: String,
    /// Of the horizontal axes. Default linear.
    pub x_scale: Scale,
    /// How the values along the horizontal axes are written. Default plain.
    pub x_number: Number,
    /// At least one.
    pub panels: Vec<Panel>,
}

/// One pair of axes with its series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// What the vertical axis shows, such as `loss (nats)`.
    pub title: String,
    /// Of the vertical axis. Default linear.
    pub scale: Scale,
    /// How values are written. Default plain.
    pub number: Number,
    /// Ends of the vertical axis; what lies beyond is cut off. `None` (default): all values, bands and references fit.
    pub range: Option<(f64, f64)>,
    /// Drawn in this order, later ones on top.
    pub series: Vec<Series>,
    /// Shaded, below everything.
    pub bands: Vec<Band>,
    /// Horizontal lines with a name.
    pub references: Vec<Reference>,
    /// Vertical lines with a name; those beyond the ends of all series are left out.
    pub verticals: Vec<Reference>,
}

/// A named line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Shown at the line's end, or in a legend; empty: the line is not named.
    pub name: String,
    /// (x, value), x ascending. Where either is not finite, or beyond 1e100, the line has a gap.
    pub points: Vec<(f64, f64)>,
    /// Colour, an index into a palette of seven that repeats: the same run should have the same one in all panels.
    pub hue: usize,
    /// Default strong.
    pub emphasis: Emphasis,
    /// Index of the point to be marked with its value, such as the best epoch. An index out of range marks none.
    pub marked: Option<usize>,
}

impl Series {
    /// A strong line without a mark.
    pub fn new(name: impl Into<String>, hue: usize, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), points, hue, ..Self::default() }
    }
}

/// How much a line should be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emphasis {
    /// What the picture is about.
    #[default]
    Strong,
    /// What it is compared with: thinner and paler (training beside validation, raw beside smoothed).
    Faint,
}

/// A shaded region between two lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Band {
    /// Shown in the region.
    pub name: String,
    /// (x, low, high), x ascending.
    pub edges: Vec<(f64, f64, f64)>,
    /// Colour, as for [`Series::hue`].
    pub hue: usize,
}

/// A value that means something by itself, such as chance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reference {
    /// Shown at the line, such as `ln C = 2.71: chance`.
    pub name: String,
    /// Where the line is.
    pub value: f64,
}
