//! The arguments of `foliar report`.

use std::path::PathBuf;

use clap::Args;

use super::error_share;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar report runs/first\n  foliar report runs/first --robustness --ood holiday-photos\n  foliar report runs/first --data field-photos --out reports/field\n\nWrites report.html, one page that needs nothing else, pictures/ (SVG and PNG) and model-card.md. Without --data the classifier is tested on what the run set aside for a test (--test of `foliar train`), else on its validation photographs."
)]
pub(crate) struct ReportArguments {
    /// Run folder
    pub(crate) run: PathBuf,
    /// Folder of photographs to test on, one subfolder per class [default: those that the run held back]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Folder to write into [default: the run folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
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
    /// Leave the audit of the photographs out
    #[arg(long)]
    pub(crate) no_audit: bool,
    /// Threads for arithmetic; 0 takes all
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
