//! The arguments of `foliar evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use foliar_model::Views;

use super::examination::ExaminationArguments;
use super::views;

/// A split of a folder that has train, val and test folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitName {
    /// The train/ folder
    Train,
    /// The val/ folder
    Val,
    /// The test/ folder
    Test,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar evaluate runs/first\n  foliar evaluate runs/first --data new-photos --ood holiday-photos --robustness\n  foliar evaluate model.foliar --data new-photos --json --predictions rows.csv\n\nWithout --data a run is evaluated on its test split (--test of `foliar train`), else on its validation photos, on which epoch, temperature and thresholds were tuned. With --data the class of a photo is the name of its folder; photos that the classifier was trained on are left out. All intervals are 95 % bootstrap intervals over groups (leaves)."
)]
pub(crate) struct EvaluateArguments {
    /// Run folder or bundle
    pub(crate) bundle: PathBuf,
    #[command(flatten)]
    pub(crate) examination: ExaminationArguments,
    /// Only this split, where the folder has train/, val/ and test/
    #[arg(long, value_enum, requires = "data")]
    pub(crate) split: Option<SplitName>,
    /// Views of each photo that predictions are the mean of, as in `foliar predict`: 2, 4 or 8, compared with 1 on the same photos
    #[arg(long, value_name = "N", default_value = "1", value_parser = views)]
    pub(crate) views: Views,
    /// Table to write, one row per photo
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) predictions: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
