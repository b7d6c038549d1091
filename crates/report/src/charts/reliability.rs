//! The reliability diagram (DeGroot and Fienberg, 1983; Guo et al., "On Calibration of Modern Neural Networks", 2017): how
//! often predictions made with a confidence are right.

use plotters::style::text_anchor::{HPos, VPos};

use crate::draw::canvas::{self, Area, Canvas};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::{Axis, Scale};
use crate::layout::legend::{Entry, Swatch, legend};
use crate::layout::number::Number;
use crate::layout::plot::{Grid, Plot};

/// Predictions in bins of confidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reliability {
    /// What stands above; the note is the place for the expected calibration error.
    pub heading: Heading,
    /// Ascending and without overlap; at least one that is not empty.
    pub bins: Vec<ReliabilityBin>,
}

/// The predictions whose confidence lies in `low..high`. All but the count are in `0.0..=1.0`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
    /// Mean confidence.
    pub confidence: f64,
    /// Share that is right.
    pub accuracy: f64,
    /// Interval of the accuracy.
    pub interval: Option<(f64, f64)>,
    /// Number of predictions.
    pub count: u64,
}

impl ReliabilityBin {
    fn is_drawable(&self) -> bool {
        let inside = |value: f64| (0.0..=1.0).contains(&value);
        self.count > 0
            && [self.low, self.high, self.confidence, self.accuracy].into_iter().all(inside)
            && self.low < self.high
    }
}

impl Reliability {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        let body = (f64::from(width) * 1.15).min(canvas::em(width) * 48.0);
        (canvas::heading_height(&self.heading, width) + body).round() as u32
    }
}

/// Colours by what they say; see [`Palette::hue`](crate::draw::colour::Palette::hue).
const RIGHT: usize = 0;
const OVERCONFIDENT: usize = 1;
const UNDERCONFIDENT: usize = 3;

/// Draws accuracy over confidence with the gap to perfect calibration, and below it how many predictions each bin has.
/// Bins that are empty or not in `0..=1` are left out.
///
/// # Errors
/// [`ReportError::Empty`] where no bin can be drawn; [`ReportError::Size`].
pub fn reliability(chart: &Reliability, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let bins: Vec<&ReliabilityBin> = chart.bins.iter().filter(|bin| bin.is_drawable()).collect();
    if bins.is_empty() {
        return Err(ReportError::Empty { chart: "reliability", wanted: "bin with predictions" });
    }
    let area = canvas.headed(&chart.heading);
    let area = legend(&canvas, &entries(&canvas), area);
    // Wide frames keep the diagram nearly square.
    let area = Area { right: area.right.min(area.left + area.height() * 1.9), ..area };
    let shares = || Axis::between(0.0, 1.0, Scale::Linear, Number::Percent);
    let counts = counts(&bins);
    // Both plots begin at the same place: their labels get the room of the wider ones.
    let letters = canvas.small();
    let labels =
        |axis: &Axis| axis.labels(&axis.ticks(2)).iter().map(|l| letters.width(l)).fold(0.0, f64::max);
    let beside = labels(&counts).max(letters.width("100\u{a0}%")) + letters.size * 0.7;
    let title = letters.size * 1.9;
    let cut = area.top + (area.height() * 0.76).max(area.height() - canvas.em * 11.0);
    let upper = Area { bottom: cut, ..area }.inset(beside, title, 0.0, 0.0);
    let lower = Area { top: cut, ..area }.inset(beside, title * 1.6, 0.0, letters.size * 3.1);

    heading(&canvas, "correct predictions", (area.left, area.top));
    let plot = Plot::bare(&canvas, upper, shares(), shares());
    plot.label_y(5);
    for bin in &bins {
        draw_bin(&plot, bin);
    }
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], canvas.palette.ink, 0.6, canvas.em * 0.08);
    canvas.hairline((upper.left, upper.bottom), (upper.right, upper.bottom), canvas.palette.rule);

    heading(&canvas, "number of predictions", (area.left, cut + title * 0.6));
    let histogram = Plot::bare(&canvas, lower, shares(), counts);
    histogram.label_y(2);
    for bin in &bins {
        let (left, top) = histogram.pixel((bin.low, bin.count as f64));
        let right = histogram.pixel((bin.high, 0.0)).0;
        let bar = Area::new(left, top, right, lower.bottom).inset(0.5, 0.0, 0.5, 0.0);
        canvas.hinted(&in_words(bin), || canvas.rectangle(bar, canvas.palette.hue(6), 0.75));
    }
    histogram.label_x(Grid::None);
    let at = (f64::midpoint(lower.left, lower.right), area.bottom);
    canvas.text("confidence", at, &letters.anchored(HPos::Center, VPos::Bottom));
    Ok(canvas.finished())
}

fn counts(bins: &[&ReliabilityBin]) -> Axis {
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1);
    Axis::between(0.0, most as f64 * 1.05, Scale::Linear, Number::Count)
}

fn heading(canvas: &Canvas, words: &str, at: (f64, f64)) {
    let letters = canvas.small().bold().coloured(canvas.palette.ink);
    canvas.text(words, at, &letters.anchored(HPos::Left, VPos::Top));
}

fn entries(canvas: &Canvas) -> Vec<Entry> {
    let entry = |name: &str, hue: usize, alpha: f64| Entry {
        name: name.to_owned(),
        colour: canvas.palette.hue(hue),
        swatch: Swatch::Field(alpha),
    };
    vec![
        entry("correct", RIGHT, 0.85),
        entry("too confident", OVERCONFIDENT, 0.6),
        entry("not confident enough", UNDERCONFIDENT, 0.6),
        Entry {
            name: "perfectly calibrated".to_owned(),
            colour: canvas.palette.ink,
            swatch: Swatch::Line(0.6, canvas.em * 0.08),
        },
    ]
}

fn in_words(bin: &ReliabilityBin) -> String {
    let share = |value: f64| Number::Percent.shown(value);
    format!(
        "confidence {} to {}, mean {}: {} right of {}",
        share(bin.low),
        share(bin.high),
        share(bin.confidence),
        share(bin.accuracy),
        Number::Count.shown(bin.count as f64)
    )
}

/// The bar of what is right, and the gap between it and the mean confidence.
fn draw_bin(plot: &Plot, bin: &ReliabilityBin) {
    let canvas = plot.canvas;
    let (left, accuracy) = plot.pixel((bin.low, bin.accuracy));
    let (right, confidence) = plot.pixel((bin.high, bin.confidence));
    let strip = |top: f64, bottom: f64| Area::new(left + 0.5, top, right - 0.5, bottom);
    canvas.hinted(&in_words(bin), || {
        canvas.rectangle(strip(accuracy, plot.bounds.bottom), canvas.palette.hue(RIGHT), 0.85);
        if confidence < accuracy {
            canvas.rectangle(strip(confidence, accuracy), canvas.palette.hue(OVERCONFIDENT), 0.6);
        } else if confidence > accuracy {
            let area = strip(accuracy, confidence);
            canvas.rectangle(area, canvas.palette.page, 1.0);
            canvas.rectangle(area, canvas.palette.hue(UNDERCONFIDENT), 0.6);
        }
    });
    // One from 0 to 1 says nothing.
    let says =
        |&(low, high): &(f64, f64)| low.is_finite() && high.is_finite() && (low > 0.005 || high < 0.995);
    if let Some((low, high)) = bin.interval.filter(says) {
        let x = plot.pixel((bin.confidence, 0.0)).0;
        let ends = [low, high].map(|value| (x, plot.pixel((0.0, value)).1));
        canvas.line(&ends, canvas.palette.ink, 0.6, canvas.em * 0.07);
    }
}
