//! A trained classifier and its test as plain values, put together by whoever trained and tested it.

use foliar_doctor::Diagnosis;

use crate::audit::AuditView;
use crate::charts::reliability::ReliabilityBin;
use crate::estimate::Estimate;
use crate::photo::{Gallery, Photo, Thumbnail};

/// A trained classifier, seen from outside. Every list may be empty and every option absent: what is not there is not shown,
/// and [`RunView::absent`] says why.
///
/// Shares, accuracies and probabilities lie in 0 to 1, losses are means in nats.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunView {
    /// What was trained on what, in one line: `mobilenet_v1_0.75 on plantvillage-mini`.
    pub subject: String,
    /// The classifier.
    pub model: Model,
    /// The photographs that it was tested on.
    pub test: TestSet,
    /// How good it was on them; none where there were none.
    pub scores: Option<Scores>,
    /// What the doctor says of the training.
    pub diagnosis: Option<Diagnosis>,
    /// Whether its probabilities mean what they say.
    pub calibration: Option<Calibration>,
    /// What is gained by not answering when in doubt.
    pub abstention: Option<Abstention>,
    /// Sets of classes that contain the true one as often as promised.
    pub conformal: Option<Conformal>,
    /// What it makes of pictures that show none of its classes.
    pub strangers: Vec<Strangers>,
    /// Share of the leaves that is turned away as strangers.
    pub turned_away: Option<Estimate>,
    /// How it bears worse photographs.
    pub robustness: Option<Robustness>,
    /// What the shares of evidence on the background rest on; none where nothing was explained.
    pub evidence: Option<Evidence>,
    /// The highest losses.
    pub worst: Gallery<Mistake>,
    /// The highest confidences in a wrong class, those already among the worst left out.
    pub confident: Gallery<Mistake>,
    /// What is known of the photographs.
    pub audit: Option<AuditView>,
    /// How to do it again.
    pub provenance: Provenance,
    /// What was not measured.
    pub absent: Vec<Absent>,
}

/// A classifier.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// Name of the network.
    pub network: String,
    /// Names of the classes, in the order of every list of classes.
    pub classes: Vec<String>,
    /// Side in pixels of the square that it sees.
    pub image_size: u32,
    /// Numbers that were learnt.
    pub parameters: u64,
    /// Multiplications and additions a photograph.
    pub multiply_adds: u64,
    /// Where its first weights came from: a file; none where they were random.
    pub weights: Option<String>,
    /// Epoch that was kept, from 1.
    pub epoch: u32,
    /// What its outputs are divided by so that probabilities mean what they say.
    pub temperature: f64,
}

/// The photographs of a test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestSet {
    /// The folder.
    pub name: String,
    /// What they were to the training.
    pub origin: Origin,
    /// How many could be used.
    pub photographs: u64,
    /// Groups that they come in, which intervals are made of; none where every photograph stands alone.
    pub groups: Option<u64>,
    /// Whether photographs that belong together, such as those of one leaf, stood on one side of the split.
    pub grouped: bool,
}

/// What photographs of a test were to the training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// Held back from everything.
    Test,
    /// Not trained on, but used to choose the epoch and to calibrate.
    #[default]
    Validation,
    /// From another folder.
    Other,
    /// From the folder that it was trained on, those trained on included.
    Trained,
}

impl TestSet {
    /// What they are: `photographs of plantvillage-mini held back for validation`.
    pub(crate) fn describe(&self) -> String {
        let name = &self.name;
        match self.origin {
            Origin::Test => format!("photographs of {name} held back for the test"),
            Origin::Validation => format!("photographs of {name} held back for validation"),
            Origin::Other => format!("photographs of {name}"),
            Origin::Trained => format!("photographs of {name}, those trained on included"),
        }
    }
}

/// How good a classifier is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// Share that is called rightly.
    pub accuracy: Estimate,
    /// Share of the commonest class: what always naming it would reach.
    pub commonest: f64,
    /// Share whose class is among the `k` most probable, for some `k` above 1.
    pub top: Vec<(usize, Estimate)>,
    /// Mean of F1 over the classes.
    pub macro_f1: Estimate,
    /// Mean cross-entropy in nats, after calibration.
    pub loss: Estimate,
    /// Each class, in the order of [`Model::classes`].
    pub classes: Vec<ClassScore>,
    /// `C * C` counts, row by row: a row for each actual class, a column for each predicted one.
    pub confusion: Vec<u64>,
}

/// How good a classifier is on one class.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClassScore {
    /// The class.
    pub name: String,
    /// Photographs of it in the test.
    pub photographs: u64,
    /// Of those called so, the share that are; none if none was called so.
    pub precision: Option<Estimate>,
    /// Of those that are, the share called so; none if there is none.
    pub recall: Option<Estimate>,
    /// Harmonic mean of both.
    pub f1: Option<Estimate>,
    /// Share of the evidence that lies beside the leaf; none where it was not measured.
    pub background: Option<f64>,
    /// Whether that is more than chance explains.
    pub beside_the_leaf: bool,
}

/// Whether probabilities mean what they say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibration {
    /// Ascending and without overlap.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error: mean distance between confidence and accuracy.
    pub error: Estimate,
    /// How much more that is than a perfectly calibrated classifier would show on as many photographs.
    pub excess: Option<Estimate>,
    /// Mean squared distance between the probabilities and the truth, 0 to 2 (Brier 1950).
    pub brier: Estimate,
}

/// What is gained by not answering when in doubt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Abstention {
    /// Share of photographs answered, ascending.
    pub coverage: Vec<f64>,
    /// Share of wrong answers among those, as long a list.
    pub risk: Vec<f64>,
    /// Place of the threshold in both lists; none where nothing is passed over.
    pub chosen: Option<usize>,
    /// The confidence below which nothing is answered.
    pub threshold: Option<f64>,
}

/// Sets of classes that contain the true one as often as promised (split conformal prediction).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conformal {
    /// The promised share.
    pub promised: f64,
    /// The share that was found.
    pub found: Estimate,
    /// How many sets have 0, 1, 2, ... classes.
    pub sizes: Vec<u64>,
}

/// Pictures that show none of the classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strangers {
    /// What they are: `drawn shapes`.
    pub name: String,
    /// How many.
    pub pictures: u64,
    /// What tells them apart, such as `distance of features`, and the area under the receiver operating characteristic,
    /// stranger against leaf: 0.5 is guessing, 1 perfect. The first is what the classifier uses.
    pub auroc: Vec<(String, Estimate)>,
    /// Share of them that is turned away.
    pub rejected: f64,
    /// Share of them that gets the name of one class.
    pub named: f64,
}

impl Strangers {
    /// The area under the curve by what the classifier uses; 0 where there is none.
    pub(crate) fn area(&self) -> f64 {
        self.auroc.first().map_or(0.0, |(_, area)| area.value)
    }
}

/// Accuracy on photographs made worse.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robustness {
    /// Accuracy on the same photographs as they are.
    pub clean: f64,
    /// How many photographs.
    pub photographs: u64,
    /// Names of the severities, the mildest first.
    pub severities: Vec<String>,
    /// What was done, and the accuracy at each severity; none where that severity does not exist.
    pub rows: Vec<(String, Vec<Option<f64>>)>,
}

/// Where the evidence lies, over all explained photographs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// How it was found: `Grad-CAM`.
    pub method: String,
    /// Photographs that were explained.
    pub photographs: u64,
    /// Share of the evidence beside the leaf.
    pub background: f64,
    /// Share of the picture beside the leaf: where evidence that fell anywhere would be.
    pub area: f64,
    /// Whether the evidence lies there more than chance explains.
    pub beside_the_leaf: bool,
}

/// A photograph called wrongly.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mistake {
    /// The photograph with its true class.
    pub photo: Photo,
    /// What it was called.
    pub called: String,
    /// With which probability.
    pub confidence: f64,
    /// Cross-entropy in nats.
    pub loss: f64,
    /// Where the evidence for what it was called lies, drawn over the photograph.
    pub map: Option<Thumbnail>,
    /// Share of that evidence that lies beside the leaf.
    pub background: Option<f64>,
}

/// How to do it again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    /// Version of foliar.
    pub version: String,
    /// Key of everything random.
    pub seed: u64,
    /// The folder of photographs.
    pub photographs: String,
    /// Digest of the names and contents of all photographs.
    pub fingerprint: String,
    /// Photographs of each split.
    pub splits: Vec<(String, u64)>,
    /// What stays on one side of the split.
    pub grouping: String,
    /// Other facts, name and value.
    pub facts: Vec<(String, String)>,
    /// The recipe as the text of its file.
    pub recipe: String,
    /// What to type, a line a command.
    pub commands: Vec<String>,
}

/// Something that was not measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent {
    /// What: `Audit of the photographs`.
    pub what: String,
    /// Why, and what brings it.
    pub why: String,
}
