//! The arguments of `foliar report`.

use std::path::PathBuf;

use clap::Args;

use super::examination::ExaminationArguments;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar report runs/first\n  foliar report runs/first --robustness --ood holiday-photos\n  foliar report runs/first --data field-photos --out reports/field\n  foliar report runs/backgrounds --before runs/plain\n\nWrites report.html, one page that needs nothing else, pictures/ (SVG and PNG) and model-card.md. Without --data the classifier is evaluated on the run's test split (--test of `foliar train`), else on its validation photos."
)]
pub(crate) struct ReportArguments {
    /// Run folder
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) examination: ExaminationArguments,
    /// An earlier run, to see how this one looks at the photos differently: where the heat maps of both have their evidence
    #[arg(long, value_name = "RUN")]
    pub(crate) before: Option<PathBuf>,
    /// Output folder [default: the run folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Skip the audit of the photos
    #[arg(long)]
    pub(crate) no_audit: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
