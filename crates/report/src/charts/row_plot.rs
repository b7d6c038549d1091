//! The plot that lies behind rows: a horizontal axis, vertical grid lines, and references with their names on top.

use plotters::style::text_anchor::{HPos, VPos};

use super::labels::{draw_verticals, name_verticals};
use super::values::Reference;
use crate::draw::canvas::{Area, Canvas};
use crate::layout::axis::{Axis, Scale};
use crate::layout::number::Number;
use crate::layout::placement::Obstacles;
use crate::layout::plot::{Grid, Plot};

/// Draws it with the data between `bounds` and its labels inside of `area`.
pub(crate) fn row_plot<'a>(
    canvas: &'a Canvas,
    area: Area,
    bounds: Area,
    x: Axis,
    x_title: &str,
    references: &[Reference],
) -> Plot<'a> {
    let y = Axis::between(0.0, 1.0, Scale::Linear, Number::Plain);
    let plot = Plot::bare(canvas, bounds, x, y);
    plot.label_x(Grid::Vertical);
    let letters = canvas.small().anchored(HPos::Center, VPos::Bottom);
    let middle = f64::midpoint(bounds.left, bounds.right);
    let room = 2.0 * (middle - area.left).min(area.right - middle);
    canvas.name_at(x_title, room, (middle, area.bottom), &letters);
    let mut obstacles = Obstacles::default();
    draw_verticals(&plot, references, &mut obstacles);
    name_verticals(&plot, references, &mut obstacles);
    plot
}
