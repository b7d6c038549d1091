//! A plot: two axes, a sparse grid, and lines in the coordinates of the data.

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::Ranged;
use plotters::drawing::DrawingArea;
use plotters::element::{PathElement, Polygon};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::axis::{Axis, drawable};
use crate::draw::canvas::{Area, Canvas, Point};
use crate::draw::colour::Rgb;
use crate::draw::recorder::Recorder;
use crate::draw::shape::UNITS;

/// Whether ticks are continued through the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grid {
    None,
    Vertical,
}

/// A framed plot that is ready for lines.
pub(crate) struct Plot<'a> {
    pub(crate) canvas: &'a Canvas,
    /// Where the data are, in pixels: inside of ticks and labels.
    pub(crate) bounds: Area,
    page: DrawingArea<Recorder, Cartesian2d<Axis, Axis>>,
    x: Axis,
    y: Axis,
}

/// A tick of the horizontal axis, in pixels.
struct Tick {
    x: f64,
    /// Middle of the label.
    middle: f64,
    /// Half of the label's width.
    half: f64,
    label: String,
}

impl<'a> Plot<'a> {
    /// Draws the horizontal grid, the base line and the labels of both axes into `area`.
    pub(crate) fn framed(canvas: &'a Canvas, area: Area, x: Axis, y: Axis, x_title: &str) -> Self {
        let letters = canvas.small();
        let below = letters.size * if x_title.is_empty() { 1.8 } else { 3.1 };
        let plot = Self::graded(canvas, area, x, y, below);
        plot.label_x(Grid::None);
        if !x_title.is_empty() {
            let at = (f64::midpoint(plot.bounds.left, plot.bounds.right), area.bottom);
            let room = plot.bounds.width();
            canvas.name_at(x_title, room, at, &letters.anchored(HPos::Center, VPos::Bottom));
        }
        plot
    }

    /// Draws the horizontal grid and the labels of the vertical axis into `area`, and leaves `below` pixels free below.
    pub(crate) fn graded(canvas: &'a Canvas, area: Area, x: Axis, y: Axis, below: f64) -> Self {
        let letters = canvas.small();
        let height = (area.height() - below - letters.size * 0.5).max(1.0);
        let most = (height / (letters.size * 3.2)) as usize;
        let beside =
            y.labels(&y.key_points(most)).iter().map(|label| letters.width(label)).fold(0.0, f64::max)
                + letters.size * 0.7;
        let plot = Self::bare(canvas, area.inset(beside, letters.size * 0.5, 0.0, below), x, y);
        plot.label_y(most);
        plot
    }

    /// A plot without any labels or grid.
    pub(crate) fn bare(canvas: &'a Canvas, bounds: Area, x: Axis, y: Axis) -> Self {
        let unit = |value: f64| (value * UNITS).round() as i32;
        let pixels = (unit(bounds.left)..unit(bounds.right), unit(bounds.bottom)..unit(bounds.top));
        let page = canvas.page().apply_coord_spec(Cartesian2d::new(x, y, pixels));
        Self { canvas, bounds, page, x, y }
    }

    /// Horizontal grid lines with labels, about `most` of them.
    pub(crate) fn label_y(&self, most: usize) {
        let (canvas, bounds) = (self.canvas, self.bounds);
        let letters = canvas.small();
        let ticks = self.y.key_points(most);
        for (&tick, label) in ticks.iter().zip(self.y.labels(&ticks)) {
            let (_, level) = self.pixel((self.x.range().start, tick));
            canvas.hairline((bounds.left, level), (bounds.right, level), canvas.palette.grid);
            let at = (bounds.left - letters.size * 0.6, level);
            canvas.text(&label, at, &letters.anchored(HPos::Right, VPos::Center));
        }
    }

    /// The base line with ticks and as many labels as do not touch.
    pub(crate) fn label_x(&self, grid: Grid) {
        let (canvas, bounds) = (self.canvas, self.bounds);
        let letters = canvas.small().anchored(HPos::Center, VPos::Top);
        for tick in self.ticks_x() {
            let top = if grid == Grid::Vertical { bounds.top } else { bounds.bottom };
            canvas.hairline((tick.x, top), (tick.x, bounds.bottom), canvas.palette.grid);
            let end = bounds.bottom + letters.size * 0.3;
            canvas.hairline((tick.x, bounds.bottom), (tick.x, end), canvas.palette.rule);
            canvas.text(&tick.label, (tick.middle, bounds.bottom + letters.size * 0.65), &letters);
        }
        canvas.hairline((bounds.left, bounds.bottom), (bounds.right, bounds.bottom), canvas.palette.rule);
    }

    /// The most ticks whose labels do not touch. Labels near the edge of the picture are moved inwards.
    fn ticks_x(&self) -> Vec<Tick> {
        let letters = self.canvas.small();
        let edge = self.canvas.em * 0.4;
        let most = ((self.bounds.width() / (letters.size * 4.5)) as usize).clamp(2, 12);
        let ticks = |count: usize| -> Vec<Tick> {
            let values = self.x.key_points(count);
            let labels = self.x.labels(&values);
            let placed = values.iter().zip(labels).map(|(&value, label)| {
                let x = self.pixel((value, 0.0)).0;
                let half = letters.width(&label) / 2.0;
                let middle = x.min(self.canvas.width() - edge - half).max(edge + half);
                Tick { x, middle, half, label }
            });
            placed.collect()
        };
        let touch = |pair: &[Tick]| {
            pair[1].middle - pair[1].half - pair[0].middle - pair[0].half < letters.size * 0.8
        };
        let apart = (3..=most).rev().map(ticks).find(|ticks| !ticks.windows(2).any(touch));
        apart.unwrap_or_else(|| ticks(2))
    }

    /// Where a point of the data is, in pixels; points outside are moved to the edge.
    pub(crate) fn pixel(&self, point: (f64, f64)) -> Point {
        let (x, y) = self.page.map_coordinate(&point);
        (f64::from(x) / UNITS, f64::from(y) / UNITS)
    }

    /// Whether a value is on the vertical axis.
    pub(crate) fn shows_y(&self, value: f64) -> bool {
        drawable(value, self.y.scale()) && (-1e-9..=1.0 + 1e-9).contains(&self.y.share(value))
    }

    /// Whether a value is on the horizontal axis.
    pub(crate) fn shows_x(&self, value: f64) -> bool {
        drawable(value, self.x.scale()) && (-1e-9..=1.0 + 1e-9).contains(&self.x.share(value))
    }

    /// Draws a line through points of the data and returns its visible parts in pixels. It is broken where a coordinate
    /// is not drawable and cut off at the edges of the plot. A point without neighbours becomes a dot.
    pub(crate) fn line(&self, points: &[(f64, f64)], colour: Rgb, alpha: f64, width: f64) -> Vec<Vec<Point>> {
        let strands = self.strands(points);
        for strand in &strands {
            if let [only] = strand.as_slice() {
                self.canvas.dot(self.pixel(*only), width * 1.1, colour);
            } else {
                let stroke = (width * UNITS).round().max(1.0) as u32;
                let style = ShapeStyle::from(RGBColor::from(colour).mix(alpha)).stroke_width(stroke);
                let outcome = self.page.draw(&PathElement::new(strand.as_slice(), style));
                debug_assert!(outcome.is_ok(), "recording cannot fail: {outcome:?}");
            }
        }
        strands.iter().map(|strand| strand.iter().map(|&point| self.pixel(point)).collect()).collect()
    }

    /// Fills the room between two lines given as (x, low, high). Broken where a coordinate is not drawable.
    pub(crate) fn band(&self, edges: &[(f64, f64, f64)], colour: Rgb, alpha: f64) {
        let whole = |&(x, low, high): &(f64, f64, f64)| {
            drawable(x, self.x.scale()) && drawable(low, self.y.scale()) && drawable(high, self.y.scale())
        };
        for strand in edges.split(|edge| !whole(edge)).filter(|strand| strand.len() > 1) {
            let upper = strand.iter().map(|&(x, _, high)| (x, high));
            let lower = strand.iter().rev().map(|&(x, low, _)| (x, low));
            let corners: Vec<(f64, f64)> = upper.chain(lower).collect();
            let style = ShapeStyle::from(RGBColor::from(colour).mix(alpha));
            let outcome = self.page.draw(&Polygon::new(corners, style));
            debug_assert!(outcome.is_ok(), "recording cannot fail: {outcome:?}");
        }
    }

    /// The visible parts of a line, in the coordinates of the data.
    fn strands(&self, points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let shares: Vec<Option<Point>> = points
            .iter()
            .map(|&(x, y)| {
                let both = drawable(x, self.x.scale()) && drawable(y, self.y.scale());
                both.then(|| (self.x.share(x), self.y.share(y)))
            })
            .collect();
        let mut strands = Vec::new();
        for run in shares.split(Option::is_none) {
            let run: Vec<Point> = run.iter().flatten().copied().collect();
            let run = thinned(&run, self.bounds.width());
            if let [only] = run.as_slice() {
                strands.extend(UNIT.contains(*only).then(|| vec![*only]));
            }
            strands.extend(cut(&run));
        }
        let value = |&(x, y): &Point| (self.x.value(x), self.y.value(y));
        strands.iter().map(|strand| strand.iter().map(value).collect()).collect()
    }
}

/// The whole plot in shares of its axes.
const UNIT: Area = Area { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

/// Leaves of the points within half a pixel column the first, the lowest, the highest and the last: the line looks the
/// same, and a hundred thousand steps make a small file.
fn thinned(run: &[Point], width: f64) -> Vec<Point> {
    let column = |point: &Point| (point.0 * width * 2.0).floor();
    let mut kept = Vec::new();
    for group in run.chunk_by(|a, b| column(a) == column(b)) {
        if group.len() <= 4 {
            kept.extend_from_slice(group);
            continue;
        }
        let by_height = |a: &usize, b: &usize| group[*a].1.total_cmp(&group[*b].1);
        let lowest = (0..group.len()).min_by(by_height).unwrap_or(0);
        let highest = (0..group.len()).max_by(by_height).unwrap_or(0);
        let mut chosen = [0, lowest, highest, group.len() - 1];
        chosen.sort_unstable();
        let mut last = None;
        for index in chosen {
            if last.replace(index) != Some(index) {
                kept.push(group[index]);
            }
        }
    }
    kept
}

/// Cuts a line at the edges of the unit square (Liang and Barsky, 1984) into its parts inside.
fn cut(run: &[Point]) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut joins = false;
    for pair in run.windows(2) {
        let Some((enter, leave)) = inside(pair[0], pair[1]) else {
            joins = false;
            continue;
        };
        let at = |t: f64| (pair[0].0 + (pair[1].0 - pair[0].0) * t, pair[0].1 + (pair[1].1 - pair[0].1) * t);
        match parts.last_mut() {
            Some(part) if joins && enter == 0.0 => part.push(at(leave)),
            _ => parts.push(vec![at(enter), at(leave)]),
        }
        joins = leave == 1.0;
    }
    parts
}

/// The shares of the way from `a` to `b` at which it enters and leaves the unit square.
fn inside(a: Point, b: Point) -> Option<(f64, f64)> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (from, step) in [(a.0, b.0 - a.0), (a.1, b.1 - a.1)] {
        if step == 0.0 {
            if !(-1e-9..=1.0 + 1e-9).contains(&from) {
                return None;
            }
            continue;
        }
        let (first, second) = ((-1e-9 - from) / step, (1.0 + 1e-9 - from) / step);
        enter = enter.max(first.min(second));
        leave = leave.min(first.max(second));
    }
    (enter < leave).then_some((enter, leave))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_is_cut_off_at_the_edge() {
        let parts = cut(&[(0.0, 0.5), (0.5, 2.5), (1.0, 0.5)]);
        assert_eq!(parts.len(), 2);
        assert!((parts[0][1].1 - 1.0).abs() < 1e-6 && (parts[0][1].0 - 0.125).abs() < 1e-6);
        assert!((parts[1][0].0 - 0.875).abs() < 1e-6);
        assert_eq!(cut(&[(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)]).len(), 1);
        assert!(cut(&[(0.0, 2.0), (1.0, 2.0)]).is_empty());
    }

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let run: Vec<Point> =
            (0..10_000).map(|i| (f64::from(i) / 1e4, f64::from(i * 7919 % 1000) / 1e3)).collect();
        let thin = thinned(&run, 100.0);
        assert!(thin.len() <= 4 * 201);
        assert_eq!((thin[0], thin[thin.len() - 1]), (run[0], run[9999]));
        let highest = |points: &[Point]| points.iter().map(|p| p.1).fold(0.0, f64::max);
        assert_eq!(highest(&thin), highest(&run));
    }
}
