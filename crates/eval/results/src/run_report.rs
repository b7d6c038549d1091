//! Everything that is known of a run: its classifier, how good it is, what it was trained on, and how to repeat it.

use foliar_doctor::Diagnosis;
use serde::Serialize;

use crate::audit::Audit;
use crate::evaluation::Evaluation;
use crate::evidence::BackgroundEvidence;
use crate::rules::Circumstances;
use crate::surroundings::Surroundings;
use crate::verdict::Verdict;

/// Everything that is known of a run. What is `None` or empty was not measured, and [`RunReport::missing`] says why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunReport {
    /// What was trained on what, in one line: `mobilenet_v1_0.75 on plantvillage-mini`.
    pub subject: String,
    /// The classifier.
    pub model: ModelSummary,
    /// How good it is; `None` if there were no photos to test it on.
    pub evaluation: Option<Evaluation>,
    /// What the doctor says of the training log.
    pub diagnosis: Option<Diagnosis>,
    /// Where the evidence for its predictions is.
    pub evidence: Option<BackgroundEvidence>,
    /// What other backgrounds have changed.
    pub surroundings: Surroundings,
    /// Mistakes worth looking at.
    pub mistakes: Mistakes,
    /// The audit of the data that it was trained on.
    pub audit: Option<Audit>,
    /// Where it comes from and how to make it again.
    pub provenance: Provenance,
    /// What was not measured, and why.
    pub missing: Vec<MissingSection>,
}

impl RunReport {
    /// How far the classifier can be relied on.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let besides = Circumstances {
            diagnosis: self.diagnosis.as_ref(),
            audit: self.audit.as_ref(),
            evidence: self.evidence.as_ref(),
            border: self.surroundings.border.as_ref(),
        };
        Verdict::of(self.evaluation.as_ref(), &besides)
    }
}

/// A classifier.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelSummary {
    /// Name of the network.
    pub network: String,
    /// Names of the classes, in the order of every list of classes.
    pub classes: Vec<String>,
    /// Side of its square input, in pixels.
    pub image_size: u32,
    /// Learned numbers.
    pub parameters: usize,
    /// Multiplications and additions a photo.
    pub multiply_adds: usize,
    /// The file that its first weights came from; `None` if they were random.
    pub weights: Option<String>,
    /// The epoch that was kept, from 1.
    pub epoch: u32,
    /// What its outputs are divided by so that they are calibrated.
    pub temperature: f64,
}

/// Wrong predictions worth looking at.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mistakes {
    /// All wrong predictions.
    pub total: usize,
    /// Those of the highest loss, the highest first.
    pub worst: Vec<Mistake>,
    /// Those of the highest confidence, the worst left out.
    pub confident: Vec<Mistake>,
}

/// A wrong prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Mistake {
    /// Place of its photo in [`Evaluation::predictions`].
    pub prediction: usize,
    /// Cross-entropy in nats.
    pub loss: f64,
    /// Share of the evidence for the wrong class that is on the background; `None` if it was not measured.
    pub background: Option<f64>,
}

/// Where a classifier comes from and how to make it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// Version of foliar.
    pub version: String,
    /// Random seed.
    pub seed: u64,
    /// The folder of photos.
    pub photographs: String,
    /// How that folder was understood, in one sentence; `None` where it is one of class folders and nothing else.
    pub layout: Option<String>,
    /// Digest of the names and contents of all photos.
    pub fingerprint: String,
    /// Number of photos of each split that has any.
    pub splits: Vec<(String, usize)>,
    /// What stays on one side of the split.
    pub grouping: String,
    /// Other facts, name and value.
    pub facts: Vec<(String, String)>,
    /// The recipe as the text of its file.
    pub recipe: String,
    /// Commands that repeat it, in their order.
    pub commands: Vec<String>,
}

/// Something that was not measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MissingSection {
    /// What: `Audit of the photos`.
    pub section: String,
    /// Why, and what brings it.
    pub reason: String,
}

impl MissingSection {
    /// A section and the reason why it is missing.
    pub fn new(section: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { section: section.into(), reason: reason.into() }
    }
}
