//! The arguments of `foliar predict`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use foliar_model::Views;

use super::{risk_level, views};

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
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar predict runs/first/model.foliar leaf.jpg\n  foliar predict model.foliar field-photos 'more/*.jpg' --top 3 --format csv > predictions.csv\n  foliar predict runs/first field-photos --html answers.html\n  foliar predict runs/first test_images --format kaggle > submission.csv\n\nA file that cannot be read becomes a row with an error, and the exit code is 3."
)]
pub(crate) struct PredictArguments {
    /// Bundle, or run folder
    pub(crate) bundle: PathBuf,
    /// Photos, folders of photos, or quoted patterns such as 'field/*.jpg'
    #[arg(required = true)]
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
}
