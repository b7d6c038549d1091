//! The learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017): the loss while the
//! rate grows from batch to batch.

use super::curves::curves;
use super::values::Curves;
use super::values::{Emphasis, Panel, Reference, Series};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::Scale;
use crate::layout::number::Number;

/// Losses of a range test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateCurve {
    /// What stands above.
    pub heading: Heading,
    /// Learning rates, positive, ascending.
    pub rates: Vec<f64>,
    /// Loss of the batch at each rate.
    pub raw: Vec<f64>,
    /// Smoothed loss at each rate.
    pub smoothed: Vec<f64>,
    /// The rate that the test proposes.
    pub proposed: Option<f64>,
    /// The rate from which the loss explodes.
    pub diverged: Option<f64>,
}

impl RateCurve {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        Curves { heading: self.heading.clone(), ..Curves::default() }.natural_height(width)
    }

    /// Ends of the vertical axis: an exploding loss would flatten all that matters, so that one and a half of the fall from the first
    /// smoothed loss to the least one is what is shown above the least.
    fn range(&self) -> Option<(f64, f64)> {
        let finite = || self.smoothed.iter().chain(&self.raw).copied().filter(|loss| loss.is_finite());
        let first = self.smoothed.iter().copied().find(|loss| loss.is_finite())?;
        let least = finite().fold(f64::INFINITY, f64::min);
        let most = finite().fold(f64::NEG_INFINITY, f64::max);
        let fall = first - least;
        let top = if fall > 0.0 { most.min(least + 1.5 * fall) } else { most.min(least + 2.0 * least.abs()) };
        let air = (top - least) * 0.06;
        Some((least - air, top + air))
    }
}

/// Draws raw (faint) and smoothed loss over a logarithmic rate, with lines at the proposed and at the diverging rate.
///
/// # Errors
/// [`ReportError::Length`] where the lists differ in length; [`ReportError::Empty`] where no loss is finite;
/// [`ReportError::Size`].
pub fn rate_curve(chart: &RateCurve, frame: &Frame) -> Result<Picture, ReportError> {
    let expected = chart.rates.len();
    for (field, list) in [("raw", &chart.raw), ("smoothed", &chart.smoothed)] {
        if list.len() != expected {
            return Err(ReportError::Length { chart: "rate_curve", field, found: list.len(), expected });
        }
    }
    let points = |losses: &[f64]| chart.rates.iter().copied().zip(losses.iter().copied()).collect();
    let raw = Series { emphasis: Emphasis::Faint, ..Series::new("each batch", 6, points(&chart.raw)) };
    let smoothed = Series::new("smoothed", 0, points(&chart.smoothed));
    let vertical = |word: &str, rate: Option<f64>| {
        rate.map(|value| Reference { name: format!("{word} {}", Number::rough(value)), value })
    };
    let verticals = [vertical("proposed", chart.proposed), vertical("diverges at", chart.diverged)];
    let panel = Panel {
        title: "loss (nats)".to_owned(),
        range: chart.range(),
        series: vec![raw, smoothed],
        verticals: verticals.into_iter().flatten().collect(),
        ..Panel::default()
    };
    let drawn = Curves {
        heading: chart.heading.clone(),
        x_title: "learning rate".to_owned(),
        x_scale: Scale::Log,
        panels: vec![panel],
        ..Curves::default()
    };
    curves(&drawn, frame).map_err(|error| match error {
        ReportError::Empty { wanted, .. } => ReportError::Empty { chart: "rate_curve", wanted },
        other => other,
    })
}
