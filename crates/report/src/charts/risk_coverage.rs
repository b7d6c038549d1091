//! Risk and coverage: the error rate among the photographs that are answered, when the least certain are passed over.

use super::curves::curves;
use super::values::Curves;
use super::values::{Band, Panel, Reference, Series};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::number::Number;

/// A risk-coverage curve (Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", 2017).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskCoverage {
    /// What stands above.
    pub heading: Heading,
    /// Share of photographs answered, `0.0..=1.0`, ascending.
    pub coverage: Vec<f64>,
    /// Error rate among those, `0.0..=1.0`.
    pub risk: Vec<f64>,
    /// Index of the point where the abstention threshold lies.
    pub chosen: Option<usize>,
}

impl RiskCoverage {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        Curves { heading: self.heading.clone(), ..Curves::default() }.natural_height(width)
    }
}

/// Draws the curve with the area below it, the threshold, and the error rate when everything is answered.
///
/// # Errors
/// [`ReportError::Length`] where the lists differ in length; [`ReportError::Empty`] where no point is finite;
/// [`ReportError::Size`].
pub fn risk_coverage(chart: &RiskCoverage, frame: &Frame) -> Result<Picture, ReportError> {
    let (found, expected) = (chart.risk.len(), chart.coverage.len());
    if found != expected {
        return Err(ReportError::Length { chart: "risk_coverage", field: "risk", found, expected });
    }
    let points: Vec<(f64, f64)> = chart.coverage.iter().copied().zip(chart.risk.iter().copied()).collect();
    let edges = points.iter().map(|&(coverage, risk)| (coverage, 0.0, risk)).collect();
    let everything = points.iter().rev().find(|(_, risk)| risk.is_finite()).map(|&(_, risk)| Reference {
        name: format!("all answered: {} wrong", Number::Percent.shown(risk)),
        value: risk,
    });
    let threshold = chart.chosen.and_then(|index| points.get(index)).map(|&(coverage, _)| Reference {
        name: format!("threshold: {} answered", Number::Percent.shown(coverage)),
        value: coverage,
    });
    let panel = Panel {
        title: "share of wrong answers".to_owned(),
        number: Number::Percent,
        series: vec![Series { points, marked: chart.chosen, ..Series::default() }],
        bands: vec![Band { edges, ..Band::default() }],
        references: everything.into_iter().collect(),
        verticals: threshold.into_iter().collect(),
        ..Panel::default()
    };
    let drawn = Curves {
        heading: chart.heading.clone(),
        x_title: "photos answered".to_owned(),
        x_number: Number::Percent,
        panels: vec![panel],
        ..Curves::default()
    };
    curves(&drawn, frame).map_err(|error| match error {
        ReportError::Empty { wanted, .. } => ReportError::Empty { chart: "risk_coverage", wanted },
        other => other,
    })
}
