//! The arguments of `foliar bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::models;

/// What `foliar bench` measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchMode {
    /// Training steps: forward, backward and optimiser
    Train,
    /// Predictions
    Infer,
    /// Photos from files to augmented batches, without a network
    Load,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar bench --model resnet50 --mode train --batch 16 --size 224 --threads 2\n  foliar bench --mode load --data photos --size 224 --threads 1\n\nWeights, pixels and labels are random. An operation is an addition or a multiplication of a convolution or a linear layer; the limit that they are compared with is measured on the same threads."
)]
pub(crate) struct BenchArguments {
    /// Network
    #[arg(long, default_value = "baseline", value_name = "NAME", value_parser = models())]
    pub(crate) model: String,
    /// What to measure
    #[arg(long, value_enum, default_value = "train")]
    pub(crate) mode: BenchMode,
    /// Batch size: photos per step
    #[arg(long, visible_alias = "batch-size", default_value_t = 32, value_name = "N")]
    pub(crate) batch: usize,
    /// Side of the input in pixels, 32 to 4096 [default: 128 for baseline, else 224]
    #[arg(long, visible_alias = "image-size", value_name = "N")]
    pub(crate) size: Option<u32>,
    /// Number of classes, 2 or more
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub(crate) classes: usize,
    /// Folder of photos, one subfolder per class, for --mode load
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Seconds to measure after the warm-up; at least three steps are measured
    #[arg(long, default_value_t = 5.0, value_name = "X")]
    pub(crate) seconds: f64,
    /// Threads for arithmetic, or for loading; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
    /// Train with less memory, as `foliar train --low-memory` does
    #[arg(long)]
    pub(crate) low_memory: bool,
    /// Add a table of every node, forward and backward
    #[arg(long)]
    pub(crate) profile: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
