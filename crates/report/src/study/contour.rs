//! The model's prediction over two parameters, with the trials.
//!
//! Levels lie at `best + (worst - best) (k / n)²`: in a bowl, the contours are equally far apart, and the bottom, where the
//! choice is made, is not one flat colour.

use plotters::style::text_anchor::{HPos, VPos};

use super::trials::{Marks, coordinate, drawing_order, parameter_axis};
use super::view::{Direction, StudyView, Surface};
use super::words;
use crate::draw::canvas::{self, Area, Canvas, Point};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::{Axis, Scale};
use crate::layout::contours::Heights;
use crate::layout::legend::{Entry, Swatch, legend, legend_height};
use crate::layout::number::Number;
use crate::layout::plot::Plot;

/// Colours from the best to the worst.
const STEPS: usize = 9;

fn heading(view: &StudyView, surface: &Surface) -> Heading {
    Heading {
        title: format!("{} and {}", words::capitalised(&surface.x), surface.y),
        note: format!("predicted {}; all other parameters as in the best trial", view.objective.name),
    }
}

/// Costs at the nodes: less is better, and what is not known is like what is near.
struct Costs {
    values: Vec<f64>,
    best: f64,
    /// Of nine tenths of the nodes; the few beyond, where training nearly diverges, would take all the colours.
    worst: f64,
}

impl Costs {
    fn of(surface: &Surface, direction: Direction) -> Option<Self> {
        let finite = |value: &Option<f64>| value.filter(|value| value.abs() < 1e100);
        let finite = |value: &Option<f64>| finite(value).map(|value| direction.cost(value));
        let costs: Vec<Option<f64>> = surface.values.iter().map(finite).collect();
        let mut known: Vec<f64> = costs.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        let (best, worst) = (*known.first()?, known[(known.len() - 1) * 9 / 10]);
        Some(Self { values: completed(costs, surface.xs.len()), best, worst })
    }

    /// The worst cost that still has colour `step`, counted from the best.
    fn level(&self, step: usize) -> f64 {
        self.best + (self.worst - self.best) * ((step + 1) as f64 / STEPS as f64).powi(2)
    }
}

/// Nodes beside a node, itself included.
fn around(node: usize, columns: usize, count: usize) -> impl Iterator<Item = usize> {
    let (column, row) = (node % columns, node / columns);
    let rows = row.saturating_sub(1)..(row + 2).min(count / columns);
    rows.flat_map(move |row| {
        (column.saturating_sub(1)..(column + 2).min(columns)).map(move |column| row * columns + column)
    })
}

/// Unknown values from the mean of known neighbours, ring by ring. At least one must be known.
fn completed(mut values: Vec<Option<f64>>, columns: usize) -> Vec<f64> {
    while values.iter().any(Option::is_none) {
        let before = values.clone();
        for node in (0..values.len()).filter(|&node| before[node].is_none()) {
            let known: Vec<f64> =
                around(node, columns, before.len()).filter_map(|near| before[near]).collect();
            if !known.is_empty() {
                values[node] = Some(known.iter().sum::<f64>() / known.len() as f64);
            }
        }
    }
    values.into_iter().flatten().collect()
}

/// How much of what is around each node is unknown, 0 to 1: without the steps of the grid.
fn unknown(surface: &Surface) -> Vec<f64> {
    let columns = surface.xs.len();
    let smoothed = |values: Vec<f64>| -> Vec<f64> {
        let mean = |node| {
            let near: Vec<f64> = around(node, columns, values.len()).map(|near| values[near]).collect();
            near.iter().sum::<f64>() / near.len() as f64
        };
        (0..values.len()).map(mean).collect()
    };
    smoothed(smoothed(surface.values.iter().map(|value| f64::from(u8::from(value.is_none()))).collect()))
}

fn key(canvas: &Canvas, view: &StudyView, surface: &Surface) -> Vec<Entry> {
    let mut entries = Marks::on_blue(canvas, view).entries();
    if surface.values.iter().any(Option::is_none) {
        let swatch = Swatch::Field(1.0);
        entries.push(Entry { name: "predicted to fail".to_owned(), colour: canvas.palette.grid, swatch });
    }
    entries
}

pub(crate) fn natural_height(view: &StudyView, width: u32) -> u32 {
    let Some(surface) = &view.surface else { return width };
    let em = canvas::em(width);
    let room = f64::from(width) - 2.2 * em;
    let key = Canvas::measuring(width)
        .map_or(0.0, |canvas| legend_height(&canvas, &key(&canvas, view, surface), room));
    let body = (f64::from(width) * 0.78).min(em * 40.0);
    (canvas::heading_height(&heading(view, surface), width) + key + em * 2.4 + body).round() as u32
}

pub(crate) fn draw(view: &StudyView, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let empty = ReportError::Empty { chart: "contour", wanted: "finite value of the surface" };
    let surface = view.surface.as_ref().ok_or_else(|| empty.clone())?;
    let expected = surface.xs.len().saturating_mul(surface.ys.len());
    if surface.values.len() != expected {
        let found = surface.values.len();
        return Err(ReportError::Length { chart: "contour", field: "surface.values", found, expected });
    }
    let costs = Costs::of(surface, view.objective.direction).ok_or_else(|| empty.clone())?;
    let heights: Vec<f64> = costs.values.iter().map(|cost| -cost).collect();
    let heights = Heights::new(&heights, surface.xs.len()).ok_or_else(|| empty.clone())?;
    let x = axis(view, &surface.x, &surface.xs).ok_or_else(|| empty.clone())?;
    let y = axis(view, &surface.y, &surface.ys).ok_or(empty)?;
    let area = canvas.headed(&heading(view, surface));
    let area = colour_key(&canvas, view, &costs, area);
    let area = legend(&canvas, &key(&canvas, view, surface), area);
    let letters = canvas.small().bold().coloured(canvas.palette.ink).anchored(HPos::Left, VPos::Top);
    canvas.name_at(&surface.y, area.width(), (area.left, area.top), &letters);
    let area = area.inset(0.0, letters.size * 1.6, canvas.em * 0.5, 0.0);
    let plot = Plot::framed(&canvas, area, x, y, &surface.x);
    fill(&plot, surface, &heights, &costs);
    let marks = Marks::on_blue(&canvas, view);
    for trial in drawing_order(view) {
        let place = |name: &str| view.parameter(name).and_then(|parameter| coordinate(parameter, trial));
        if let (Some(across), Some(up)) = (place(&surface.x), place(&surface.y))
            && plot.shows_x(across)
            && plot.shows_y(up)
        {
            marks.draw(trial, plot.pixel((across, up)));
        }
    }
    Ok(canvas.finished())
}

/// The parameter's axis, cut to the values that the surface has.
fn axis(view: &StudyView, name: &str, values: &[f64]) -> Option<Axis> {
    let scale = view.parameter(name).and_then(parameter_axis).map_or(Scale::Linear, |axis| axis.scale());
    Axis::along(values.iter().copied(), scale, Number::Plain)
}

fn fill(plot: &Plot, surface: &Surface, heights: &Heights, costs: &Costs) {
    let (canvas, bounds) = (plot.canvas, plot.bounds);
    let across = |node: f64| bounds.left + bounds.width() * node / (surface.xs.len() - 1) as f64;
    let up = |node: f64| bounds.bottom - bounds.height() * node / (surface.ys.len() - 1) as f64;
    let place = |rings: Vec<Vec<Point>>| -> Vec<Vec<Point>> {
        let placed = |ring: Vec<Point>| ring.into_iter().map(|(x, y)| (across(x), up(y))).collect();
        rings.into_iter().map(placed).collect()
    };
    canvas.rectangle(bounds, colour(canvas, STEPS - 1), 1.0);
    for step in (0..STEPS - 1).rev() {
        let rings = place(heights.region(-costs.level(step)));
        if !rings.is_empty() {
            canvas.region(&rings, colour(canvas, step), 1.0);
        }
    }
    if let Some(unknown) = Heights::new(&unknown(surface), surface.xs.len()) {
        let rings = place(unknown.region(0.5));
        if !rings.is_empty() {
            canvas.hinted("predicted to fail", || canvas.region(&rings, canvas.palette.grid, 1.0));
        }
    }
}

fn colour(canvas: &Canvas, step: usize) -> crate::draw::colour::Rgb {
    let strength = 1.0 - step as f64 / (STEPS - 1) as f64;
    canvas.palette.shade(canvas.palette.right, strength)
}

/// A row of the colours with the values between them.
fn colour_key(canvas: &Canvas, view: &StudyView, costs: &Costs, area: Area) -> Area {
    let value = |cost: f64| view.objective.direction.cost(cost);
    let letters = canvas.small().anchored(HPos::Left, VPos::Center);
    let (middle, half) = (area.top + canvas.em * 0.6, canvas.em * 0.42);
    let ends = [costs.best, costs.worst].map(|cost| words::objective(view, value(cost)));
    let beyond = if view.objective.direction == Direction::Minimise { "or more" } else { "or less" };
    let ends = [ends[0].clone(), format!("{} {beyond}", ends[1])];
    let gap = canvas.em * 0.5;
    let room = area.width() - letters.width(&ends[0]) - letters.width(&ends[1]) - 2.0 * gap;
    let side = (room / STEPS as f64).min(canvas.em * 2.2);
    canvas.text(&ends[0], (area.left, middle), &letters);
    let mut left = area.left + letters.width(&ends[0]) + gap;
    for step in 0..STEPS {
        let field = Area::new(left, middle - half, left + side, middle + half);
        let from = if step == 0 { costs.best } else { costs.level(step - 1) };
        let [from, to] = [from, costs.level(step)].map(|cost| words::objective(view, value(cost)));
        canvas.hinted(&format!("{from} to {to}"), || canvas.rectangle(field, colour(canvas, step), 1.0));
        left += side;
    }
    canvas.text(&ends[1], (left + gap, middle), &letters);
    area.inset(0.0, canvas.em * 2.0, 0.0, 0.0)
}
