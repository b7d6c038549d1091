//! Options of `foliar train` that say what is minimised, and on which mixtures of photos.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// γ of a focal loss where none is given.
pub(crate) const FOCAL_GAMMA: f32 = 2.0;

/// Names of the losses on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LossName {
    /// Cross-entropy
    CrossEntropy,
    /// Focal loss: photos that the network is sure and right about count less
    Focal,
}

/// Which photos are drawn more often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OversampleName {
    /// Each photo once an epoch
    None,
    /// Equally many photos of each class an epoch, which has as many as without: those of rare classes several times, each time varied
    /// anew; those of frequent ones in turns
    Balanced,
}

/// What is minimised, and on which mixtures of photos.
#[derive(Args, Clone)]
pub(crate) struct LossArguments {
    /// Class weights in the loss: none; balanced, so that every class counts the same; or a file of weights by hand, which is
    /// kept in the recipe: a table with the columns class and weight, or a JSON object. Only ratios of weights matter
    #[arg(long, hide_short_help = true, default_value = "none", value_name = "none|balanced|FILE")]
    pub(crate) class_weights: PathBuf,
    /// Which photos are drawn more often. As --class-weights balanced, it makes classes count the same, so give one of the
    /// two; a solved classifier (--head logistic) takes class weights alone
    #[arg(long, hide_short_help = true, value_enum, default_value = "none", value_name = "NAME")]
    pub(crate) oversample: OversampleName,
    /// Loss that is minimised; the losses that are shown are cross-entropies either way. A classifier on a frozen network is then
    /// trained, since a solved one has the cross-entropy
    #[arg(long, hide_short_help = true, value_enum, default_value = "cross-entropy", value_name = "NAME")]
    pub(crate) loss: LossName,
    /// Focus of --loss focal: the higher, the less counts what is right already [default: 2]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) focal_gamma: Option<f32>,
    /// Mixup: blend each training photo with another one, and count the result as both. X is alpha of the shares: 0.2 blends
    /// most photos a little, 1 draws all shares alike [default: none]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) mixup: Option<f64>,
    /// CutMix: put a rectangle of another photo into each training photo, and count the result as both. X is alpha of the shares,
    /// usually 1. With --mixup, each batch is mixed in one of the two ways [default: none]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) cutmix: Option<f64>,
}
