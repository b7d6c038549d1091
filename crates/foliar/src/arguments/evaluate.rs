//! The arguments of `foliar evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error_share;

/// A part of a folder that has train, val and test folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartName {
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
    after_help = "Examples:\n  foliar evaluate runs/first\n  foliar evaluate runs/first --data new-photos --ood holiday-photos --robustness\n  foliar evaluate model.foliar --data new-photos --json --predictions rows.csv\n\nWithout --data a run is measured on what it set aside for a test (--test of `foliar train`), else on its validation photographs, on which epoch, temperature and thresholds were chosen. With --data the class of a photograph is the name of its folder; photographs that the classifier was trained on say nothing about others. All intervals are of 95 %, found by drawing groups of photographs that belong together."
)]
pub(crate) struct EvaluateArguments {
    /// Run folder or bundle
    pub(crate) bundle: PathBuf,
    /// Folder of photographs, one subfolder per class [default: those that the run held back]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Only this part, where the folder has train/, val/ and test/
    #[arg(long, value_enum, requires = "data")]
    pub(crate) part: Option<PartName>,
    /// Share of wrong answers, and of sets of classes without the true one, that is bearable: 0.2, 0.1, 0.05, 0.02 or 0.01
    /// [default: 0.1]
    #[arg(long, value_name = "SHARE", value_parser = error_share)]
    pub(crate) error: Option<f64>,
    /// Photographs of something else, none of any class; the classifier should say that it does not know. May be given more
    /// than once
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ood: Vec<PathBuf>,
    /// Ask also about blurred, noisy, brighter, darker, compressed and turned photographs and other backgrounds
    #[arg(long)]
    pub(crate) robustness: bool,
    /// Table to write, a row a photograph
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) predictions: Option<PathBuf>,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 takes all
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
