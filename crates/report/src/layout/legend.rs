//! A legend in rows, for when names do not fit beside their lines.

use plotters::style::text_anchor::{HPos, VPos};

use crate::draw::canvas::{Area, Canvas, Point};
use crate::draw::colour::Rgb;
use crate::draw::mark::Mark;

/// How an entry is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Swatch {
    /// A line of this opacity and width.
    Line(f64, f64),
    /// A filled field of this opacity.
    Field(f64),
    /// A mark.
    Mark(Mark),
}

/// A name and its colour.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) colour: Rgb,
    pub(crate) swatch: Swatch,
}

/// Where entries stand: the upper left corner of each and the width of its name.
struct Flow {
    places: Vec<(Point, f64)>,
    height: f64,
}

fn swatch(canvas: &Canvas) -> f64 {
    canvas.em * 2.0
}

fn line(canvas: &Canvas) -> f64 {
    canvas.small().size * 1.6
}

fn flow(canvas: &Canvas, entries: &[Entry], width: f64) -> Flow {
    let letters = canvas.small();
    let room = (width - swatch(canvas)).max(0.0);
    let (mut left, mut top) = (0.0, 0.0);
    let mut places = Vec::new();
    for entry in entries {
        let name = letters.width(&entry.name).min(room);
        if left > 0.0 && left + swatch(canvas) + name > width {
            (left, top) = (0.0, top + line(canvas));
        }
        places.push(((left, top), name));
        left += swatch(canvas) + name + canvas.em * 1.4;
    }
    Flow { places, height: top + line(canvas) + canvas.em * 0.8 }
}

/// Height of the legend in pixels, with the space below it.
pub(crate) fn legend_height(canvas: &Canvas, entries: &[Entry], width: f64) -> f64 {
    if entries.is_empty() { 0.0 } else { flow(canvas, entries, width).height }
}

/// Draws the entries at the top of `area` and returns what remains below them. A legend takes at most half of the area:
/// what does not fit is counted.
pub(crate) fn legend(canvas: &Canvas, entries: &[Entry], area: Area) -> Area {
    if entries.is_empty() {
        return area;
    }
    let letters = canvas.small().coloured(canvas.palette.ink).anchored(HPos::Left, VPos::Center);
    let flow = flow(canvas, entries, area.width());
    let lines = (area.height() / 2.0 / line(canvas)).floor().max(1.0);
    let cut = flow.height > (lines + 0.5) * line(canvas);
    let most = if cut { (lines - 1.5) * line(canvas) } else { f64::INFINITY };
    let mut bottom = area.top;
    let mut left_out = 0;
    for (entry, &((x, y), width)) in entries.iter().zip(&flow.places) {
        if y > most {
            left_out += 1;
            continue;
        }
        let (left, middle) = (area.left + x, area.top + y + line(canvas) / 2.0);
        draw_swatch(canvas, entry, left, middle);
        canvas.name_at(&entry.name, width + 0.01, (left + swatch(canvas), middle), &letters);
        bottom = area.top + y + line(canvas);
    }
    if left_out > 0 {
        let words = format!("and {left_out} more");
        canvas.text(
            &words,
            (area.left, bottom + line(canvas) / 2.0),
            &canvas.small().anchored(HPos::Left, VPos::Center),
        );
        bottom += line(canvas);
    }
    Area::new(area.left, bottom + canvas.em * 0.8, area.right, area.bottom)
}

fn draw_swatch(canvas: &Canvas, entry: &Entry, left: f64, middle: f64) {
    let right = left + canvas.em * 1.5;
    match entry.swatch {
        Swatch::Line(alpha, stroke) => {
            canvas.line(&[(left, middle), (right, middle)], entry.colour, alpha, stroke)
        }
        Swatch::Field(alpha) => {
            let half = canvas.em * 0.36;
            canvas.rectangle(Area::new(left, middle - half, right, middle + half), entry.colour, alpha);
        }
        Swatch::Mark(mark) => {
            let centre = (f64::midpoint(left, right), middle);
            mark.draw(canvas, centre, canvas.em * 0.32, entry.colour);
        }
    }
}
