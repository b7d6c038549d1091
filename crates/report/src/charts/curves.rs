//! Curves: values per epoch (or step) of several series, in one panel or more.

use super::panel::{Labelling, draw_panel, has_points, names_fit, stroke};
use super::values::{Curves, Panel};
use crate::draw::canvas::{self, Area, Canvas};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::Frame;
use crate::layout::legend::{Entry, Swatch, legend, legend_height};

impl Curves {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        let em = canvas::em(width);
        let columns = columns(self.panels.len(), f64::from(width), em);
        let rows = self.panels.len().max(1).div_ceil(columns);
        let panel = f64::from(width) / columns as f64 * if columns == 1 { 0.6 } else { 0.66 };
        let panel = panel.min(560.0);
        let heading = canvas::heading_height(&self.heading, width);
        let names = Canvas::measuring(width).map_or(0.0, |canvas| {
            let fits = |shown: &Panel| {
                names_fit(&canvas, shown, f64::from(width) / columns as f64 - 2.0 * em, panel)
            };
            let entries = entries(&canvas, &self.panels);
            let room = f64::from(width) - 2.2 * em;
            if self.panels.iter().all(fits) { 0.0 } else { legend_height(&canvas, &entries, room) }
        });
        (rows as f64 * panel + heading + names).round() as u32
    }
}

/// Draws the panels. Names stand at the ends of their lines where there is room in every panel, else in one legend.
///
/// # Errors
/// [`ReportError::Empty`] where no series has a drawable point; [`ReportError::Size`].
pub fn curves(chart: &Curves, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    if !chart.panels.iter().flat_map(|panel| &panel.series).any(has_points) {
        return Err(ReportError::Empty { chart: "curves", wanted: "finite point" });
    }
    let mut area = canvas.headed(&chart.heading);
    let columns = columns(chart.panels.len(), f64::from(frame.width), canvas.em);
    let rows = chart.panels.len().div_ceil(columns);
    let gap = canvas.em * 2.0;
    let split =
        |area: Area| ((area.width() + gap) / columns as f64 - gap, (area.height() + gap) / rows as f64 - gap);
    let (width, height) = split(area);
    let labelling = if chart.panels.iter().all(|panel| names_fit(&canvas, panel, width, height)) {
        Labelling::AtEnds
    } else {
        area = legend(&canvas, &entries(&canvas, &chart.panels), area);
        Labelling::Legend
    };
    let (width, height) = split(area);
    for (index, panel) in chart.panels.iter().enumerate() {
        let left = area.left + (index % columns) as f64 * (width + gap);
        let top = area.top + (index / columns) as f64 * (height + gap);
        draw_panel(&canvas, chart, panel, Area::new(left, top, left + width, top + height), labelling);
    }
    Ok(canvas.finished())
}

fn columns(panels: usize, width: f64, em: f64) -> usize {
    ((width / (em * 26.0)) as usize).clamp(1, panels.max(1))
}

/// Every name once, in the order of appearance.
fn entries(canvas: &Canvas, panels: &[Panel]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for series in panels.iter().flat_map(|panel| &panel.series) {
        let (alpha, width) = stroke(canvas, series.emphasis);
        let colour = canvas.palette.hue(series.hue);
        let entry = Entry { name: series.name.clone(), colour, swatch: Swatch::Line(alpha, width) };
        if !series.name.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}
