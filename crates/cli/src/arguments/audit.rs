//! The arguments of `foliar audit`.

use std::path::PathBuf;

use clap::Args;
use foliar_scan::ClassesFrom;

use super::{LabelArguments, models};

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar audit photos\n  foliar audit photos --weights mobilenet.safetensors --out audit\n  foliar audit photos --quarantine quarantine.csv\n  foliar train photos --quarantine quarantine.csv\n  foliar review audit\n\nNothing is moved, changed or deleted. quarantine.csv is a proposal of what to leave out: read it, remove the lines you disagree with, and give it to `foliar train`. The exit code is 3 if files were left out or something is seriously wrong with the photos."
)]
pub(crate) struct AuditArguments {
    /// Folder of photos, or tar or zip archive of one: one subfolder per class, or train/, val/ and test/ folders above the classes,
    /// or photos with a table of labels
    #[arg(required_unless_present_any = ["labels", "images"])]
    pub(crate) photos: Option<PathBuf>,
    /// Pretrained weights whose features find label errors and leakage; without them colours and textures are used. A file
    /// (safetensors or PyTorch's .pth), or `imagenet` for those that `foliar weights fetch` downloaded
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Network of the weights [default: recognised from the file]
    #[arg(long, value_name = "NAME", value_parser = models(), requires = "weights")]
    pub(crate) model: Option<String>,
    /// Group photos by this regular expression: its match in the path, or its first group in parentheses, such as
    /// 'plant(\d+)'
    #[arg(long, value_name = "REGEX")]
    pub(crate) group_by: Option<String>,
    /// Table of groups, with the columns path and group
    #[arg(long, value_name = "FILE", conflicts_with = "group_by")]
    pub(crate) groups: Option<PathBuf>,
    /// Which folders below PHOTOS, or below its parts (train/, val/, fold_1/), are the classes: 1, the first; 2, where folders of crops
    /// hold folders of diseases; last, those that photos lie in, whatever farm, year or camera is above [default: understood from the
    /// folders, or asked for]
    #[arg(long, value_name = "DEPTH")]
    pub(crate) classes_from: Option<ClassesFrom>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Take classes for one whose names differ in case, blanks, underscores, hyphens or accents only, such as Bean_rust in
    /// train/ and bean rust in val/
    #[arg(long)]
    pub(crate) match_names: bool,
    /// Folder for the page audit.html, audit.json, and the tables audit.csv, duplicates.csv, labels.csv, groups.csv and quarantine.csv
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Table to write: photos proposed for quarantine, which `foliar train --quarantine` leaves out
    #[arg(long, value_name = "FILE")]
    pub(crate) quarantine: Option<PathBuf>,
    /// Heed what was decided in `foliar review`: what was kept is not doubted again, other classes and photos to leave out count
    #[arg(long, value_name = "FILE")]
    pub(crate) review: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
