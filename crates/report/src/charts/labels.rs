//! Words inside of a plot, each where it covers least.

use plotters::style::text_anchor::{HPos, VPos};

use super::values::{Band, Panel, Reference, Series};
use crate::draw::canvas::{Area, Canvas, Letters, Point};
use crate::draw::colour::Rgb;
use crate::layout::end_labels::spread;
use crate::layout::placement::Obstacles;
use crate::layout::plot::Plot;

/// Colour of a word about something of this colour: darker (on dark pages lighter), since letters are thin.
fn word_colour(canvas: &Canvas, colour: Rgb) -> Rgb {
    colour.towards(canvas.palette.ink, 0.25)
}

/// The area of a text of this width around its middle, with a little air.
fn label_area(letters: &Letters, width: f64, middle: Point) -> Area {
    let (half, rise) = (width / 2.0 + letters.size * 0.15, letters.size * 0.6);
    Area::new(middle.0 - half, middle.1 - rise, middle.0 + half, middle.1 + rise)
}

/// Writes into an area from [`label_area`]; a name that is wider than it is shortened.
fn draw_label(canvas: &Canvas, name: &str, area: Area, letters: &Letters) {
    let middle = (f64::midpoint(area.left, area.right), f64::midpoint(area.top, area.bottom));
    canvas.name_at(name, area.width(), middle, &letters.anchored(HPos::Center, VPos::Center).haloed());
}

/// Places around a point, the best first: steps of the text's width and of its size.
const AROUND: [(f64, f64); 8] =
    [(0.0, -1.3), (0.0, 1.3), (1.0, -0.9), (-1.0, -0.9), (1.0, 0.9), (-1.0, 0.9), (0.0, -2.4), (0.0, 2.4)];

/// Draws the marked points, and then their values beside them.
pub(crate) fn mark_points(plot: &Plot, panel: &Panel, obstacles: &mut Obstacles) {
    let canvas = plot.canvas;
    let radius = canvas.em * 0.3;
    let marked = panel.series.iter().filter_map(|series| {
        let point = *series.points.get(series.marked?)?;
        (plot.shows_x(point.0) && plot.shows_y(point.1)).then_some((series, point))
    });
    let marked: Vec<_> = marked.collect();
    for (series, point) in &marked {
        let (x, y) = plot.pixel(*point);
        canvas.dot((x, y), radius, canvas.palette.hue(series.hue));
        obstacles.add_label(Area::new(x - radius, y - radius, x + radius, y + radius));
    }
    for (series, point) in &marked {
        let text = panel.number.shown(point.1);
        let letters = canvas.small().bold().coloured(word_colour(canvas, canvas.palette.hue(series.hue)));
        let (x, y) = plot.pixel(*point);
        let width = letters.width(&text);
        let beside = radius + width / 2.0 + letters.size * 0.3;
        let inside = plot.bounds.inset(width / 2.0, 0.0, width / 2.0, 0.0);
        let areas = AROUND.iter().map(|&(across, down)| {
            let middle = (x + across * beside, y + down * letters.size);
            label_area(&letters, width, (middle.0.min(inside.right).max(inside.left), middle.1))
        });
        let areas = areas
            .filter(|area| area.top >= plot.bounds.top - letters.size && area.bottom <= plot.bounds.bottom);
        if let Some((area, _)) = obstacles.place(areas) {
            draw_label(canvas, &text, area, &letters);
        }
    }
}

/// Places along a horizontal stretch, the right end first.
fn stretch(bounds: Area, half: f64) -> impl Iterator<Item = f64> {
    let (left, right) = (bounds.left + half, (bounds.right - half).max(bounds.left + half));
    (0..=8).map(move |step| right + (left - right) * f64::from(step) / 8.0)
}

/// Draws horizontal lines over the whole plot. Their names come later, when all other lines are drawn.
pub(crate) fn draw_references(plot: &Plot, references: &[Reference], obstacles: &mut Obstacles) {
    for line in references.iter().filter(|line| plot.shows_y(line.value)) {
        let level = plot.pixel((0.0, line.value)).1;
        let (left, right) = ((plot.bounds.left, level), (plot.bounds.right, level));
        plot.canvas.hairline(left, right, plot.canvas.reference());
        obstacles.add_line(&[left, right]);
    }
}

/// Names stand above or below their line, as far to the right as possible.
pub(crate) fn name_references(plot: &Plot, references: &[Reference], obstacles: &mut Obstacles) {
    let canvas = plot.canvas;
    let letters = canvas.small();
    for line in references.iter().filter(|line| plot.shows_y(line.value) && !line.name.is_empty()) {
        let level = plot.pixel((0.0, line.value)).1;
        let width = letters.width(&line.name).min(plot.bounds.width() - letters.size * 0.3);
        let half = width / 2.0 + letters.size * 0.15;
        let areas = [-0.75, 0.75]
            .into_iter()
            .flat_map(|side| stretch(plot.bounds, half).map(move |x| (x, level + side * letters.size)));
        let areas = areas.map(|middle| label_area(&letters, width, middle));
        let areas = areas
            .filter(|area| area.bottom <= plot.bounds.bottom && area.top >= plot.bounds.top - letters.size);
        if let Some((area, _)) = obstacles.place(areas) {
            draw_label(canvas, &line.name, area, &letters);
        }
    }
}

/// Names stand inside of their band where it is high enough, else above or below it.
pub(crate) fn name_bands(plot: &Plot, bands: &[Band], obstacles: &mut Obstacles) {
    let canvas = plot.canvas;
    for band in bands.iter().filter(|band| !band.name.is_empty()) {
        let letters = canvas.small().coloured(word_colour(canvas, canvas.palette.hue(band.hue)));
        let width = letters.width(&band.name).min(plot.bounds.width() - letters.size * 0.3);
        let (inside, outside) = band_places(plot, band, &letters, width);
        let fits = |area: &Area| area.top >= plot.bounds.top && area.bottom <= plot.bounds.bottom;
        let free = inside.iter().any(|&area| fits(&area) && obstacles.covered(area) == 0.0);
        let places = if free { inside } else { [inside, outside].concat() };
        if let Some((area, _)) = obstacles.place(places.into_iter().filter(fits)) {
            draw_label(canvas, &band.name, area, &letters);
        }
    }
}

/// Areas for a band's name: inside, and just outside. Edges are looked up at the name's ends and its middle.
fn band_places(plot: &Plot, band: &Band, letters: &Letters, width: f64) -> (Vec<Area>, Vec<Area>) {
    let half = width / 2.0 + letters.size * 0.15;
    let edges: Vec<(f64, f64, f64)> = band
        .edges
        .iter()
        .filter(|edge| plot.shows_x(edge.0) && edge.1.is_finite() && edge.2.is_finite())
        .map(|&(x, low, high)| (plot.pixel((x, low)).0, plot.pixel((x, high)).1, plot.pixel((x, low)).1))
        .collect();
    let nearest = |x: f64| edges.iter().min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs()));
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for x in stretch(plot.bounds, half) {
        let spans: Vec<_> = [x - half, x, x + half].into_iter().filter_map(nearest).collect();
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let tops = || spans.iter().map(|span| span.1);
        let bottoms = || spans.iter().map(|span| span.2);
        let (top, bottom) = (most(&mut tops()), least(&mut bottoms()));
        if bottom - top >= letters.size * 1.2 {
            inside.push(label_area(letters, width, (x, f64::midpoint(top, bottom))));
        }
        let away = letters.size * 0.7;
        outside.push(label_area(letters, width, (x, least(&mut tops()) - away)));
        outside.push(label_area(letters, width, (x, most(&mut bottoms()) + away)));
    }
    (inside, outside)
}

/// Names at the right of the plot, each as near as possible to where its line ends.
pub(crate) fn name_ends(plot: &Plot, ends: &[(&Series, Point)]) {
    let canvas = plot.canvas;
    let letters = label_letters(canvas);
    let ends: Vec<_> = ends.iter().filter(|(series, _)| !series.name.is_empty()).collect();
    let heights: Vec<f64> = ends.iter().map(|(_, (_, y))| *y).collect();
    let (top, bottom) = (plot.bounds.top, plot.bounds.bottom);
    // The names were counted against the height before; a panel too low for them keeps them at their lines' ends.
    let spread = spread(&heights, letters.size * 1.2, top, bottom).unwrap_or(heights);
    for (&(series, (x, y)), level) in ends.into_iter().zip(spread) {
        let colour = canvas.palette.hue(series.hue);
        let left = plot.bounds.right + canvas.em * 0.9;
        if (level - y).abs() > letters.size * 0.5 || plot.bounds.right - x > canvas.em {
            let path = [(x + canvas.em * 0.2, y), (left - canvas.em * 0.25, level)];
            canvas.line(&path, colour, 0.5, canvas.em * 0.06);
        }
        canvas.text(&series.name, (left, level), &letters.coloured(word_colour(canvas, colour)));
    }
}

pub(crate) fn label_letters(canvas: &Canvas) -> Letters {
    canvas.small().anchored(HPos::Left, VPos::Center)
}

/// Draws vertical lines over the whole plot. Their names come later, when all other lines are drawn.
pub(crate) fn draw_verticals(plot: &Plot, verticals: &[Reference], obstacles: &mut Obstacles) {
    for line in verticals.iter().filter(|line| plot.shows_x(line.value)) {
        let x = plot.pixel((line.value, 0.0)).0;
        let (top, bottom) = ((x, plot.bounds.top), (x, plot.bounds.bottom));
        plot.canvas.hairline(top, bottom, plot.canvas.reference());
        obstacles.add_line(&[top, bottom]);
    }
}

/// Names stand to the right or the left of their line, as high as possible.
pub(crate) fn name_verticals(plot: &Plot, verticals: &[Reference], obstacles: &mut Obstacles) {
    let (canvas, bounds) = (plot.canvas, plot.bounds);
    let letters = canvas.small();
    for line in verticals.iter().filter(|line| plot.shows_x(line.value) && !line.name.is_empty()) {
        let x = plot.pixel((line.value, 0.0)).0;
        let width = letters.width(&line.name).min(bounds.width() * 0.7);
        let away = width / 2.0 + letters.size * 0.55;
        let levels = (0..=12).map(|step| bounds.top + letters.size * (0.7 + 1.3 * f64::from(step)));
        let areas = levels.flat_map(|level| [(x + away, level), (x - away, level)]);
        let areas = areas.map(|middle| label_area(&letters, width, middle));
        let areas = areas.filter(|area| {
            area.left >= bounds.left
                && area.right <= bounds.right + letters.size
                && area.bottom <= bounds.bottom
        });
        if let Some((area, _)) = obstacles.place(areas) {
            draw_label(canvas, &line.name, area, &letters);
        }
    }
}
