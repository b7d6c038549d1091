//! The arguments of `foliar import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Example:\n  foliar import parquet data/train-*.parquet data/test-*.parquet --out photos\n\nPhotos in tar and zip archives need no import: give the archive in the place of the folder."
)]
pub(crate) struct ImportArguments {
    #[command(subcommand)]
    pub(crate) source: ImportSource,
}

#[derive(Subcommand)]
pub(crate) enum ImportSource {
    /// Parquet files of Hugging Face: a column of photos and a column of labels
    #[command(
        after_help = "Example:\n  foliar import parquet data/train-*.parquet data/test-*.parquet --out photos\n\nBytes of photos are written as they are, to DIR/CLASS/NAME.jpg; where the files are of several parts by their names (train-00000-of-00002.parquet, test-...), to DIR/train/CLASS, DIR/val/CLASS and DIR/test/CLASS. The folder is whole or absent, and nothing is written over. Rows without a photo or a label are named.\n\nPrograms that are built with it have it:\n  cargo install --path crates/cli --features parquet --profile dist"
    )]
    Parquet {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// New folder to write
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Column of the photos [default: the one that is described as such, else `image`]
        #[arg(long, value_name = "NAME")]
        image_column: Option<String>,
        /// Column of the labels [default: the one that is described as such, else `label`]
        #[arg(long, value_name = "NAME")]
        label_column: Option<String>,
    },
}
