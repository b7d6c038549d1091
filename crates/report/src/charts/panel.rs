//! One pair of axes with its lines, bands and reference lines.

use plotters::style::text_anchor::{HPos, VPos};

use super::labels::{
    draw_references, draw_verticals, label_letters, mark_points, name_bands, name_ends, name_references,
    name_verticals,
};
use super::values::{Curves, Emphasis, Panel, Series};
use crate::draw::canvas::{Area, Canvas};
use crate::layout::axis::{Axis, Scale, drawable};
use crate::layout::placement::Obstacles;
use crate::layout::plot::Plot;

/// Where the names of the series go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Labelling {
    AtEnds,
    Legend,
}

/// Draws one panel into `area`.
pub(crate) fn draw_panel(canvas: &Canvas, chart: &Curves, panel: &Panel, area: Area, labelling: Labelling) {
    let mut area = area;
    if !panel.title.is_empty() {
        let letters = canvas.small().bold().coloured(canvas.palette.ink).anchored(HPos::Left, VPos::Top);
        canvas.name_at(&panel.title, area.width(), (area.left, area.top), &letters);
        area = area.inset(0.0, letters.size * 1.6, 0.0, 0.0);
    }
    let Some((x, y)) = axes(chart, panel) else {
        let at = (f64::midpoint(area.left, area.right), f64::midpoint(area.top, area.bottom));
        return canvas.text("no finite values", at, &canvas.small().anchored(HPos::Center, VPos::Center));
    };
    let room = if labelling == Labelling::AtEnds { label_room(canvas, panel) } else { canvas.em * 0.4 };
    let plot = Plot::framed(canvas, area.inset(0.0, 0.0, room, 0.0), x, y, &chart.x_title);
    for band in &panel.bands {
        plot.band(&band.edges, canvas.palette.hue(band.hue), 0.16);
    }
    let mut obstacles = Obstacles::default();
    draw_references(&plot, &panel.references, &mut obstacles);
    draw_verticals(&plot, &panel.verticals, &mut obstacles);
    let mut ends = Vec::new();
    for series in &panel.series {
        let (alpha, width) = stroke(canvas, series.emphasis);
        let strands = plot.line(&series.points, canvas.palette.hue(series.hue), alpha, width);
        strands.iter().for_each(|strand| obstacles.add_line(strand));
        ends.extend(strands.last().and_then(|strand| strand.last()).map(|&end| (series, end)));
    }
    mark_points(&plot, panel, &mut obstacles);
    name_verticals(&plot, &panel.verticals, &mut obstacles);
    name_references(&plot, &panel.references, &mut obstacles);
    name_bands(&plot, &panel.bands, &mut obstacles);
    if labelling == Labelling::AtEnds {
        name_ends(&plot, &ends);
    }
}

/// Both axes, or `None` where no point of a series can be drawn.
fn axes(chart: &Curves, panel: &Panel) -> Option<(Axis, Axis)> {
    let points = || panel.series.iter().flat_map(|series| series.points.iter().copied());
    let shown = points().filter(|&(_, y)| drawable(y, panel.scale)).map(|(x, _)| x);
    let x = Axis::along(shown, chart.x_scale, chart.x_number)?;
    if let Some((low, high)) =
        panel.range.filter(|ends| drawable(ends.0, panel.scale) && drawable(ends.1, panel.scale))
    {
        return Some((x, Axis::between(low, high, panel.scale, panel.number)));
    }
    let edges = panel.bands.iter().flat_map(|band| &band.edges).flat_map(|&(_, low, high)| [low, high]);
    let references = panel.references.iter().map(|line| line.value);
    let values = points().map(|(_, y)| y).chain(edges).chain(references);
    Some((x, Axis::around(values, panel.scale, panel.number)?))
}

/// Room for the names at the right of a panel, or 0 where none has a name.
fn label_room(canvas: &Canvas, panel: &Panel) -> f64 {
    let letters = label_letters(canvas);
    let widest = panel.series.iter().map(|series| letters.width(&series.name)).fold(0.0, f64::max);
    if widest > 0.0 { widest + canvas.em * 1.1 } else { 0.0 }
}

/// Whether the names have room at the right of a panel of this size.
pub(crate) fn names_fit(canvas: &Canvas, panel: &Panel, width: f64, height: f64) -> bool {
    let lines = panel.series.len() as f64 * canvas.small().size * 1.25;
    label_room(canvas, panel) <= width * 0.34 && lines <= height - canvas.em * 5.0
}

/// Opacity and width of a line.
pub(crate) fn stroke(canvas: &Canvas, emphasis: Emphasis) -> (f64, f64) {
    match emphasis {
        Emphasis::Strong => (1.0, canvas.em * 0.14),
        Emphasis::Faint => (0.5, canvas.em * 0.1),
    }
}

/// Whether a series has a point that can be drawn on some axis.
pub(crate) fn has_points(series: &Series) -> bool {
    series.points.iter().any(|&(x, y)| drawable(x, Scale::Linear) && drawable(y, Scale::Linear))
}
