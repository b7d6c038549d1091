//! How much of what a network looks at is beside the leaf.

use serde::{Deserialize, Serialize};

/// The background's share of the evidence, over some photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvidenceShare {
    /// Photos that were explained.
    pub photographs: usize,
    /// Those of them whose leaf is found and in which something speaks for the class.
    pub measured: usize,
    /// Mean share of the evidence on the background, 0 to 1; 0 if none was measured.
    pub background: f64,
    /// Mean share of the area that is background, 0 to 1; 0 if none was measured.
    pub area: f64,
    /// Whether the network looks beside the leaf more than at random, beyond chance.
    pub beside_the_leaf: bool,
}

impl EvidenceShare {
    /// `background / area`; 0 where there is no background.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.area > 0.0 { self.background / self.area } else { 0.0 }
    }
}

/// The evidence for one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassEvidence {
    /// Name of the class that was explained.
    pub class: String,
    /// Where its evidence is.
    #[serde(flatten)]
    pub share: EvidenceShare,
}

/// The evidence of a classifier over photos of all classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BackgroundEvidence {
    /// How it was found: `Grad-CAM`.
    pub method: String,
    /// Over all photos.
    pub overall: EvidenceShare,
    /// Each class for which photos were explained.
    pub classes: Vec<ClassEvidence>,
}
