//! The arguments of `foliar audit`.

use std::path::PathBuf;

use clap::Args;

use super::models;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar audit photos\n  foliar audit photos --weights mobilenet.safetensors --out audit\n  foliar audit photos --quarantine quarantine.csv\n  foliar train photos --quarantine quarantine.csv\n\nNothing is moved, changed or deleted. What to leave out is a proposal: look through quarantine.csv, take out the lines that you do not agree with, and give it to `foliar train`. The exit code is 3 if files were left out or something is seriously wrong with the photographs."
)]
pub(crate) struct AuditArguments {
    /// Folder of photographs, one subfolder per class, or train/, val/ and test/ folders above the classes
    pub(crate) photos: PathBuf,
    /// Weights of a network whose features classes and splits are judged by; without, colours and textures are. A file
    /// (safetensors or PyTorch's .pth), or `imagenet` for those that `foliar weights fetch` has fetched
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// That network [default: the one that the weights are of]
    #[arg(long, value_name = "NAME", value_parser = models(), requires = "weights")]
    pub(crate) model: Option<String>,
    /// What a photograph belongs to: what this regular expression finds in its path, or its first group in parentheses, such
    /// as 'plant(\d+)'; in the place of the file names' numbers
    #[arg(long, value_name = "REGEX")]
    pub(crate) group_by: Option<String>,
    /// Table of what photographs belong to, with the columns path and group
    #[arg(long, value_name = "FILE", conflicts_with = "group_by")]
    pub(crate) groups: Option<PathBuf>,
    /// Folder for the page audit.html, audit.json, and the tables audit.csv, duplicates.csv, labels.csv, groups.csv and quarantine.csv
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Table of photographs to leave out to write, as a proposal
    #[arg(long, value_name = "FILE")]
    pub(crate) quarantine: Option<PathBuf>,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 takes all
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
