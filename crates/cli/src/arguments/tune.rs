//! The arguments of `foliar tune`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use foliar_tune::Tunable;

use super::RecipeArguments;

/// The score that trials are compared by, on the validation photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ObjectiveName {
    /// Mean cross-entropy after calibration; epochs are chosen by it too
    Loss,
    /// Accuracy
    Accuracy,
    /// Mean F1 over the classes
    MacroF1,
}

/// Which trials are stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrunerName {
    /// None
    Never,
    /// Trials worse than the median of at least four others, from a quarter of the epochs on
    Median,
    /// All but the best third, after 1, 3, 9, ... epochs
    Halving,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar tune photos --model mobilenet_v1_0.75 --weights mobilenet.safetensors --out runs/tuned\n  foliar tune photos --weights imagenet --model resnet18 --recipe fine --tune stages,augmentation --trials 30 --time 2h\n  foliar tune --resume runs/tuned\n  foliar tune photos --weights imagenet --study postgres://leaf@db.example.org/lab --name beans\n\nFirst a test split is set aside. On the other photos, Bayesian optimisation searches learning rate and momentum, and cross-validation chooses the weight decay. Then a tuned and an untuned run are trained and compared on the test split, by group (leaf). RUN/tuned is a run folder: `foliar predict RUN/tuned leaf.jpg`. After a crash or Ctrl-C, --resume continues. Several processes of one machine with the same --resume share the work; processes of many machines share it by --study, which keeps the study in PostgreSQL (docs/cluster.md). A process that starts with --study, --name and its photos alone takes the other options from the study.",
    mut_arg("test", |arg| arg
        .long("test-fraction")
        .default_value("0.2")
        .help("Fraction of photos for the final comparison, if there is no test/ folder"))
)]
pub(crate) struct TuneArguments {
    /// Folder of photos, or tar or zip archive of one, with one subfolder per class; with --resume only if it has moved
    #[arg(required_unless_present_any = ["resume", "labels", "images"])]
    pub(crate) photos: Option<PathBuf>,
    /// Output folder, new or empty [default: the first free runs/tune-NAME-1, runs/tune-NAME-2, ...; with --study runs/NAME]
    #[arg(long, value_name = "RUN")]
    pub(crate) out: Option<PathBuf>,
    /// Continue the tuning in RUN; other processes can work on it at the same time
    #[arg(long, value_name = "RUN", visible_alias = "worker", conflicts_with_all = FIXED)]
    pub(crate) resume: Option<PathBuf>,
    /// Keep the study in a PostgreSQL database, such as postgres://leaf@db.example.org/lab, so that many machines share it: start the
    /// same line on each. Passwords are best in PGPASSWORD or ~/.pgpass: others on a machine see its command lines
    #[arg(long, value_name = "URL", requires = "name", conflicts_with = "resume")]
    pub(crate) study: Option<String>,
    /// Name of the study in the database: letters, digits, hyphens, underscores and points
    #[arg(long, value_name = "NAME", requires = "study")]
    pub(crate) name: Option<String>,
    /// Parameters to search besides learning rate and momentum, separated by commas: batch-size, label-smoothing,
    /// augmentation (0: none, 1: the recipe's), stages (number of trained stages)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(crate) tune: Vec<Tunable>,
    /// Range of a parameter, such as learning-rate=1e-4:10; the parameter is searched even if --tune does not name it [default:
    /// learning-rate 1/100 to 100 times --lr; momentum 0:0.99; batch-size 8:128; label-smoothing 0:0.2]
    #[arg(long, value_name = "NAME=LOW:HIGH")]
    pub(crate) range: Vec<String>,
    /// Score that trials are compared by, on the validation photos
    #[arg(long, value_enum, default_value = "loss", value_name = "NAME")]
    pub(crate) objective: ObjectiveName,
    /// Maximum number of trials [default: 40]
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Time limit for trials, such as 90s, 30m or 1h30m, summed over all processes; a running trial is finished [default: no
    /// limit]
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<String>,
    /// Run all trials, even if the expected improvement is below the noise level
    #[arg(long)]
    pub(crate) no_early_stop: bool,
    /// Which trials are stopped early [default: never if the network is frozen, because such trials take a second; else median]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) pruner: Option<PrunerName>,
    /// Folds of the cross-validation that chooses the weight decay; 0 keeps the recipe's weight decay
    #[arg(long, default_value_t = 5, value_name = "K")]
    pub(crate) cv_weight_decay: usize,
    /// Weight decays to choose from, separated by commas [default: 0 and 1e-4 to 1e-1 if only the classifier is trained, 1e-5
    /// to 1e-2 if the network is trained too, 1e-3 to 1 with adamw]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(crate) weight_decays: Vec<f64>,
    /// Number of other seeds to train the tuned parameters with, to see how much varies by chance
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) repeats: u32,
    /// Learning rate of the untuned run
    #[arg(long, default_value_t = 0.001, value_name = "X")]
    pub(crate) untuned_lr: f64,
    /// Write charts of the search and a page: RUN/pictures and RUN/report.html
    #[arg(long)]
    pub(crate) report: bool,
    /// Print one JSON document to standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
}

/// Options that are fixed when a tuning is started.
pub(crate) const FIXED: [&str; 59] = [
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
    "oversample",
    "loss",
    "focal_gamma",
    "mixup",
    "cutmix",
    "teacher",
    "unlabelled",
    "distill_share",
    "distill_temperature",
    "head",
    "refit",
    "augment",
    "backgrounds",
    "validation",
    "test",
    "group",
    "group_by",
    "groups",
    "split",
    "quarantine",
    "review",
    "classes_from",
    "labels",
    "image_column",
    "label_column",
    "images",
    "classes",
    "match_names",
    "seed",
];
