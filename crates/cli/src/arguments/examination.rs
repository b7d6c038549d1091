//! On what a classifier is examined, for every command that does.

use std::path::PathBuf;

use clap::Args;

use super::error_share;

#[derive(Args)]
pub(crate) struct ExaminationArguments {
    /// Folder of photographs to test on, one subfolder per class [default: those that the run held back]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
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
}
