//! The arguments of `foliar merge`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AverageName {
    /// The outputs: one graph with all different networks; the classifiers of one frozen network become one
    Outputs,
    /// The weights of runs that began with the same ones: a network as large as one of them
    Weights,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar merge runs/seed-1 runs/seed-2 runs/seed-3 --out merged.foliar\n  foliar predict merged.foliar new-photos\n\nTemperature, thresholds, prediction sets and the detector of unlike photos are fitted anew, on photos that no run had learned from when it predicted them: those of cross-validation, or those that all runs held back. The runs stay as they are, and need the same classes, image size and normalisation. The recipe that the bundle names is that of the first run."
)]
pub(crate) struct MergeArguments {
    /// Run folders, two or more
    #[arg(required = true, num_args = 2..)]
    pub(crate) runs: Vec<PathBuf>,
    /// Bundle to write (NAME.foliar), or a new folder for it and the figures
    #[arg(long, value_name = "FILE.foliar|DIR")]
    pub(crate) out: PathBuf,
    /// What is averaged
    #[arg(long, value_enum, default_value = "outputs", value_name = "WHAT")]
    pub(crate) average: AverageName,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
