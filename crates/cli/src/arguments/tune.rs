//! The arguments of `foliar tune`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use foliar_tune::Tunable;

use super::RecipeArguments;

/// What trials are measured by, on the validation photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ObjectiveName {
    /// Mean cross-entropy after calibration: what epochs are chosen by
    Loss,
    /// Share called rightly
    Accuracy,
    /// Mean F1 over the classes
    MacroF1,
}

/// Which trials are stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrunerName {
    /// None
    Never,
    /// Those worse than the median of at least four others, from a quarter of the epochs on
    Median,
    /// All but the best third, after 1, 3, 9, ... epochs
    Halving,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar tune photos --model mobilenet_v1_0.75 --weights mobilenet.safetensors --out runs/tuned\n  foliar tune photos --weights imagenet --model resnet18 --recipe fine --tune stages,augmentation --trials 30 --time 2h\n  foliar tune --resume runs/tuned\n\nA test part is set aside first. On the rest, learning rate and momentum are searched by Bayesian optimisation, then the weight decay is chosen by cross-validation; the tuned run and an untuned one are trained and compared on the test part. RUN/tuned is a run folder: `foliar predict RUN/tuned leaf.jpg`. After a kill or Ctrl-C --resume goes on where it was; started several times, the processes share the work.",
    mut_arg("test", |arg| arg
        .long("test-fraction")
        .default_value("0.2")
        .help("Share set aside for the comparison at the end, where there is no test/ folder"))
)]
pub(crate) struct TuneArguments {
    /// Folder of photographs, one subfolder per class; with --resume only if it was moved
    #[arg(required_unless_present = "resume")]
    pub(crate) photos: Option<PathBuf>,
    /// Folder to write, new or empty [default: the first free runs/tune-NAME-1, runs/tune-NAME-2, ...]
    #[arg(long, value_name = "RUN")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with the study in RUN, beside other processes that do
    #[arg(long, value_name = "RUN", visible_alias = "worker", conflicts_with_all = FIXED)]
    pub(crate) resume: Option<PathBuf>,
    /// Settings to search besides learning rate and momentum, separated by commas: batch-size, label-smoothing,
    /// augmentation (0: none, 1: the recipe's), stages (how many are trained)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(crate) tune: Vec<Tunable>,
    /// Range of a setting, as learning-rate=1e-4:10; one that --tune does not name is searched too [default: of the learning
    /// rate a hundredth to a hundred times --lr; momentum 0:0.99; batch-size 8:128; label-smoothing 0:0.2]
    #[arg(long, value_name = "NAME=LOW:HIGH")]
    pub(crate) range: Vec<String>,
    /// What trials are measured by, on the validation photographs
    #[arg(long, value_enum, default_value = "loss", value_name = "NAME")]
    pub(crate) objective: ObjectiveName,
    /// Most trials [default: 40]
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Time for trials, as 90s, 30m or 1h30m, of all processes together; the one in hand is ended [default: no limit]
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<String>,
    /// Run all trials, even when the improvement that can be expected is lost in the noise
    #[arg(long)]
    pub(crate) no_early_stop: bool,
    /// Which trials are stopped early [default: never for a frozen network, whose trials take a second; else median]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) pruner: Option<PrunerName>,
    /// Folds of the cross-validation that chooses the weight decay; 0 leaves it as it is
    #[arg(long, default_value_t = 5, value_name = "K")]
    pub(crate) cv_weight_decay: usize,
    /// Weight decays to choose from, separated by commas [default: 0 and 1e-4 to 1e-1 for a classifier alone,
    /// 1e-5 to 1e-2 where the network learns too, 1e-3 to 1 with adamw]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(crate) weight_decays: Vec<f64>,
    /// Other seeds that the tuned setting is run with, to see how much is chance
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) repeats: u32,
    /// Learning rate of the untuned run that is compared with
    #[arg(long, default_value_t = 0.001, value_name = "X")]
    pub(crate) untuned_lr: f64,
    /// Write pictures of the search and a page: RUN/pictures and RUN/report.html
    #[arg(long)]
    pub(crate) report: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
}

/// What a study was begun with and keeps.
const FIXED: [&str; 39] = [
    "out",
    "tune",
    "range",
    "objective",
    "pruner",
    "cv_weight_decay",
    "weight_decays",
    "repeats",
    "untuned_lr",
    "model",
    "weights",
    "recipe",
    "freeze",
    "augmented_views",
    "image_size",
    "epochs",
    "batch_size",
    "lr",
    "schedule",
    "warmup",
    "stage_decay",
    "batch_norm",
    "ema",
    "optimizer",
    "momentum",
    "dampening",
    "nesterov",
    "weight_decay",
    "label_smoothing",
    "class_weights",
    "augment",
    "validation",
    "test",
    "group",
    "group_by",
    "groups",
    "split",
    "quarantine",
    "seed",
];
