//! The arguments of `foliar predict`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use foliar_model::Views;

use super::{risk_level, views};
use crate::commands::predict::PartArgument;
use crate::exit::UsageError;

/// Output format of predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One line per photo, for people
    Text,
    /// Comma-separated values with a header
    Csv,
    /// One JSON document per line
    Jsonl,
    /// The table that competitions take: image_id,label, a class for every photo, as the table of labels writes it
    Kaggle,
    /// image_id and a column of probabilities for each class
    KaggleProbabilities,
    /// The columns of csv as Apache Parquet, where it is built in (cargo's feature `parquet`)
    Parquet,
}

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressFormat {
    /// A JSON document per line
    Json,
}

/// A number of rows of a slice.
fn part_rows(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|rows| (1..=10_000_000).contains(rows))
        .ok_or("it must be 1 to 10000000".to_owned())
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar predict runs/first/model.foliar leaf.jpg\n  foliar predict model.foliar field-photos 'more/*.jpg' --top 3 --format csv > predictions.csv\n  foliar predict runs/first field-photos --html answers.html\n  foliar predict runs/first test_images --format kaggle > submission.csv\n\nMany photos on many machines (docs/cluster.md): a list, a task of the scheduler for each part, and one table of all:\n  foliar predict model.foliar photos --manifest list.csv --make-manifest\n  foliar predict model.foliar --manifest list.csv --part auto/100 --out answers\n  foliar predict --merge answers > answers.csv\nPhotos, bundle, list and answers may lie in an object store: s3://farm/answers (docs/cluster.md).\n\nA file that cannot be read becomes a row with an error, and the exit code is 3."
)]
pub(crate) struct PredictArguments {
    /// Bundle, or run folder
    #[arg(required_unless_present = "merge")]
    pub(crate) bundle: Option<PathBuf>,
    /// Photos, folders of photos, or quoted patterns such as 'field/*.jpg'; addresses such as s3://farm/field where object stores are
    /// built in (cargo's feature `cloud`)
    #[arg(required_unless_present_any = ["merge", "manifest"])]
    pub(crate) paths: Vec<PathBuf>,
    /// Number of classes to show, the most probable first
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top: u32,
    /// Target error rate for answers and prediction sets: 0.2, 0.1, 0.05, 0.02 or 0.01 [default: 0.1]
    #[arg(long, value_name = "RATE", value_parser = risk_level)]
    pub(crate) risk: Option<f64>,
    /// Views of each photo that the answer is the mean of: 2 with its mirror image, 4 with both upside down, 8 with all of them turned.
    /// Takes N times the time; `foliar evaluate --views N` measures what it gains
    #[arg(long, value_name = "N", default_value = "1", value_parser = views)]
    pub(crate) views: Views,
    /// Output format [default: text, and none beside --html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// In tables: the probability of every class, in the place of the --top most probable ones
    #[arg(long)]
    pub(crate) all: bool,
    /// Page to write: the answers as cards with the photos, unknown ones apart
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
    /// Tell rows, rate and failures on standard error, every five seconds and at the end
    #[arg(long, value_enum, hide_short_help = true, value_name = "FORM")]
    pub(crate) progress: Option<ProgressFormat>,
    /// Predict the photos of this list: comma-separated values with the columns path and bytes
    #[arg(long, value_name = "FILE.csv", hide_short_help = true, help_heading = "Many photos")]
    pub(crate) manifest: Option<PathBuf>,
    /// Write the list of PHOTOS to --manifest, by path, and predict nothing
    #[arg(long, hide_short_help = true, requires_all = ["manifest", "paths"], help_heading = "Many photos")]
    pub(crate) make_manifest: bool,
    /// Folder for slices of the answers, each a file that is whole or absent; those that are there are skipped
    #[arg(long, value_name = "DIR", hide_short_help = true, requires = "manifest", conflicts_with_all = ["make_manifest", "html"], help_heading = "Many photos")]
    pub(crate) out: Option<PathBuf>,
    /// With --out: the part of this task, counted from 0: 0/100 to 99/100. `auto` asks the scheduler (Slurm, AWS Batch), `auto/100` takes
    /// the number alone from it (Kubernetes, or some tasks of an array again)
    #[arg(
        long,
        value_name = "INDEX/COUNT",
        hide_short_help = true,
        requires = "out",
        help_heading = "Many photos"
    )]
    pub(crate) part: Option<PartArgument>,
    /// With --out: rows of a slice
    #[arg(long, value_name = "N", hide_short_help = true, requires = "out", default_value = "10000", value_parser = part_rows, help_heading = "Many photos")]
    pub(crate) part_rows: usize,
    /// Print the slices in this folder as one table, in the order of the manifest, or say which are missing; of slices of csv also as
    /// --format parquet
    #[arg(long, value_name = "DIR", hide_short_help = true, help_heading = "Many photos", conflicts_with_all = ["bundle", "paths", "manifest", "out", "part", "html", "top", "risk", "views", "all", "progress"])]
    pub(crate) merge: Option<PathBuf>,
}

impl PredictArguments {
    /// The bundle.
    ///
    /// # Errors
    /// There is none, where one is needed.
    pub(crate) fn bundle(&self) -> Result<&Path, UsageError> {
        self.bundle.as_deref().ok_or_else(|| UsageError("give the bundle".to_owned()))
    }
}
