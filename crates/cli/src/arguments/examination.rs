//! On what a classifier is examined, for every command that does.

use std::path::PathBuf;

use clap::Args;
use foliar_scan::ClassesFrom;

use super::{LabelArguments, risk_level};
use crate::exit::UsageError;

#[derive(Args)]
pub(crate) struct ExaminationArguments {
    /// Folder of photos to evaluate on, or tar or zip archive of one, with one subfolder per class [default: the photos that the run held back]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Group the photos of DIR by this regular expression: its match in the path, or its first group in parentheses
    /// [default: the file-name sequence; copies always belong together]
    #[arg(long, value_name = "REGEX", requires = "data")]
    pub(crate) group_by: Option<String>,
    /// Table of groups of the photos of DIR, with the columns path and group
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "group_by")]
    pub(crate) groups: Option<PathBuf>,
    /// Which folders below DIR are the classes, as in training: 1, 2 or last [default: understood from the folders, or asked for]
    #[arg(long, value_name = "DEPTH", requires = "data")]
    pub(crate) classes_from: Option<ClassesFrom>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Take a folder of DIR for the class whose name differs in case, blanks, underscores, hyphens or accents only
    #[arg(long, requires = "data")]
    pub(crate) match_names: bool,
    /// Heed what was decided about the photos of DIR in `foliar review`: other classes, and photos to leave out
    #[arg(long, value_name = "FILE", requires = "data")]
    pub(crate) review: Option<PathBuf>,
    /// Also evaluate photos of DIR that the classifier was trained, tuned or calibrated on [default: they are left out]
    #[arg(long, requires = "data")]
    pub(crate) include_training: bool,
    /// Target error rate for answers and prediction sets: 0.2, 0.1, 0.05, 0.02 or 0.01 [default: 0.1]
    #[arg(long, value_name = "RATE", value_parser = risk_level)]
    pub(crate) risk: Option<f64>,
    /// Folder of out-of-distribution photos, which show none of the classes: measure how many are flagged. May be given
    /// more than once
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ood: Vec<PathBuf>,
    /// Measure robustness to image corruptions: blurred, noisy, brighter, darker, compressed and rotated photos, and other backgrounds
    #[arg(long)]
    pub(crate) robustness: bool,
}

impl ExaminationArguments {
    /// The folder that is named, by itself or by a table; `None` for the photos of the run, whose classes are those of its
    /// training.
    pub(crate) fn folder(&self) -> anyhow::Result<Option<PathBuf>> {
        let named = self.data.is_some() || self.labels.names_photos();
        if !named && self.labels.changes_classes() {
            let what = "the run's own photos have the classes of its training; name others with --data DIR or --labels FILE";
            return Err(UsageError(what.to_owned()).into());
        }
        named.then(|| self.labels.root(self.data.as_deref())).transpose()
    }
}
