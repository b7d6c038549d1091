//! What several views of each photograph gain over one.

use foliar_metrics::PairedDifference;
use serde::Serialize;

/// A classifier with several views of each photograph, against itself with one, on the same photographs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ViewsResult {
    /// Views of each photograph: 2, 4 or 8.
    pub count: usize,
    /// With several views minus with one.
    #[serde(flatten)]
    pub difference: PairedDifference,
    /// Figures with one view.
    pub one: ViewFigures,
    /// Figures with several.
    pub several: ViewFigures,
}

/// What temperature, thresholds and prediction sets, which were fitted to one view, come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ViewFigures {
    /// Share of correct predictions.
    pub accuracy: f64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Calibration error beyond what chance gives.
    pub calibration_excess: f64,
    /// Share of the prediction sets that hold the true class; `None` for a bundle without them.
    pub coverage: Option<f64>,
    /// Share of the photographs that are answered; `None` for a bundle without thresholds.
    pub answered: Option<f64>,
    /// Share of the answers that are wrong; `None` without answers or thresholds.
    pub error: Option<f64>,
}
