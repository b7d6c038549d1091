//! What putting leaves before other backgrounds has changed: what the border tells of the class, and where a classifier looks.

use foliar_metrics::Estimate;
use serde::Serialize;

use crate::audit::Probe;
use crate::evidence::BackgroundEvidence;

/// Before and after. What is `None` was not measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Surroundings {
    /// What the border tells of the class.
    pub border: Option<BorderChange>,
    /// Where an earlier classifier looks.
    pub earlier: Option<EarlierEvidence>,
}

/// How well the outer border alone predicts the class, before and after leaves were put before other backgrounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BorderChange {
    /// On the photos as they are.
    pub as_they_are: Probe,
    /// On one view of each photo such as training makes, drawn anew, over the same folds.
    pub as_trained: Probe,
    /// Photos.
    pub photographs: usize,
    /// Those of them whose view has another background.
    pub changed: usize,
}

/// The evidence of another classifier on the photos on which that of this one was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EarlierEvidence {
    /// The run, as the user names it.
    pub run: String,
    /// Its evidence.
    pub evidence: BackgroundEvidence,
    /// The background's share of this classifier's evidence less that of the earlier one, photo by photo.
    pub change: Estimate,
    /// Photos on which both were measured.
    pub photographs: usize,
}
