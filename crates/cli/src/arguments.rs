//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use foliar_model::{RISK_LEVELS, Views};
use foliar_scan::ClassesFrom;
use foliar_train::Freeze;

mod adapt;
mod audit;
mod bench;
mod distribution;
mod doctor;
mod evaluate;
mod examination;
mod explain;
mod export;
mod import;
mod labels;
mod loss;
mod machine;
mod merge;
mod model;
mod predict;
mod report;
mod review;
mod serve;
mod teacher;
mod tune;
mod watch;

pub(crate) use adapt::AdaptArguments;
pub(crate) use audit::AuditArguments;
pub(crate) use bench::{BenchArguments, BenchMode};
pub(crate) use distribution::{CompletionsArguments, ManArguments};
pub(crate) use doctor::DoctorArguments;
pub(crate) use evaluate::{EvaluateArguments, SplitName};
pub(crate) use examination::ExaminationArguments;
pub(crate) use explain::{ExplainArguments, MethodName};
pub(crate) use export::{ExportArguments, ExportFormat, InputName, WeightsName};
pub(crate) use import::{ImportArguments, ImportSource};
pub(crate) use labels::LabelArguments;
pub(crate) use loss::{FOCAL_GAMMA, LossArguments, LossName, OversampleName};
pub(crate) use machine::MachineArguments;
pub(crate) use merge::{AverageName, MergeArguments};
use model::models;
pub(crate) use predict::{Format, PredictArguments, ProgressFormat};
pub(crate) use report::ReportArguments;
pub(crate) use review::ReviewArguments;
pub(crate) use serve::ServeArguments;
pub(crate) use teacher::TeacherArguments;
pub(crate) use tune::{FIXED as TUNING_FIXED, ObjectiveName, PrunerName, TuneArguments};
pub(crate) use watch::WatchArguments;

/// One of the target error rates that a bundle has thresholds for.
fn risk_level(text: &str) -> Result<f64, String> {
    let wanted = text.parse();
    RISK_LEVELS.into_iter().find(|level| wanted.as_ref() == Ok(level)).ok_or_else(|| {
        let possible: Vec<String> = RISK_LEVELS.iter().map(f64::to_string).collect();
        format!("it must be one of {}", possible.join(", "))
    })
}

/// A number of views of each photo.
fn views(text: &str) -> Result<Views, String> {
    let refused = || "it must be 1, 2, 4 or 8".to_owned();
    Views::new(text.parse().map_err(|_| refused())?).map_err(|_| refused())
}

/// Turns a folder of leaf photos into a plant-disease classifier and reports how far it can be trusted.
#[derive(Parser)]
#[command(
    name = "foliar",
    version,
    help_template = "{about-with-newline}\n{usage-heading} {usage}\n\nFirst:\n  audit     Check a data set for duplicates, leakage, shortcuts and label errors\n  review    Judge what an audit doubts, photo by photo, in the browser\n  train     Train a classifier on a folder of photos\n  watch     Follow runs and studies in the browser\n  resume    Continue an interrupted run\n  demo      Draw leaves, train, evaluate and predict: needs no other files\n\nThen:\n  evaluate  How good a classifier is on photos whose classes are known\n  report    How far it can be trusted: a page, figures and a model card\n  predict   Classify new photos\n  explain   Where in a photo the evidence for a class is\n  export    The classifier for other programs: ONNX, TFLite, PyTorch, a web page\n  serve     The classifier as an HTTP server\n\nBetter:\n  compare   Runs on the validation photos they share\n  merge     Several runs as one classifier\n  adapt     A run for another place, from photos without labels\n  tune      Tune rate, momentum and weight decay; measure what that gains\n  lr-find   Find a learning rate\n  doctor    What is wrong with a training, from the log of any program\n\nBesides:\n  import    Parquet files of Hugging Face as a folder of photos\n  weights   List, fetch and verify pretrained weights\n  summary   A network's layers, parameters and memory\n  study     Show or export the trials of a study\n  bench     How fast this machine is\n  man       Write the manual pages\n  completions  What a shell completes: bash, zsh, fish, PowerShell, Elvish\n  help      Help for a command\n\n{options}{after-help}",
    after_help = "Start with `foliar demo`, or with your own photos, one folder per class:\n  foliar train photos --out runs/first\n  foliar predict runs/first new-photo.jpg\n\n`foliar COMMAND -h` shows the usual options, --help all of them.\n\nExit codes: 0 done, 1 failed, 2 wrong arguments, 3 done, but some files were left out, 130 interrupted and saved, 141 output cut off by its reader."
)]
pub(crate) struct Arguments {
    /// With --version: what this build is and uses, as JSON
    #[arg(long, requires = "version")]
    json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a data set for duplicates, leakage, shortcuts and label errors
    Audit(AuditArguments),
    /// Judge what an audit doubts, photo by photo, in a page of this machine
    Review(ReviewArguments),
    /// Train a classifier on a folder of photos
    Train(Box<TrainArguments>),
    /// Tune learning rate, momentum and weight decay, and measure what tuning gains
    Tune(Box<TuneArguments>),
    /// Learning-rate range test: raise the rate step by step, plot the loss, and suggest a rate
    LrFind(Box<LrFindArguments>),
    /// Follow runs while they train, and studies while they search, in a page of this machine
    Watch(WatchArguments),
    /// Continue an interrupted run; the result is the same as without the interruption
    Resume(ResumeArguments),
    /// Evaluate a classifier on photos whose classes are known
    Evaluate(EvaluateArguments),
    /// Compare runs on the validation photos they share
    Compare(CompareArguments),
    /// Adapt a run to another place or camera, from photos without labels; say whether that can be trusted
    Adapt(AdaptArguments),
    /// Merge several runs into one classifier, and say whether it is better than the best of them
    Merge(MergeArguments),
    /// Diagnose the training log of any program: what is wrong with the run, and what to do
    Doctor(DoctorArguments),
    /// Classify new photos
    Predict(PredictArguments),
    /// Draw heat maps of the evidence for a class, and measure how much of it lies beside the leaf
    Explain(ExplainArguments),
    /// Export a classifier to other programs: ONNX, PyTorch, a web page
    Export(ExportArguments),
    /// Serve classifiers over HTTP: photos in, the rows of `foliar predict` out
    Serve(ServeArguments),
    /// Report how far a run's classifier can be trusted: a page, figures and a model card
    Report(ReportArguments),
    /// Print a network's layers, parameters, multiply-adds and memory
    Summary(SummaryArguments),
    /// Benchmark training, prediction and data loading on this machine
    Bench(BenchArguments),
    /// Show or export the trials of a study
    Study(StudyArguments),
    /// Make a folder of photos of the files of another program
    Import(ImportArguments),
    /// List, fetch and verify pretrained weights
    Weights(WeightsArguments),
    /// Draw leaves, train on them, evaluate and predict: needs no other files
    Demo(DemoArguments),
    /// Print a shell's completions of commands, options and values
    Completions(CompletionsArguments),
    /// Write the manual pages: one of each command
    Man(ManArguments),
}

/// Names of the schedules on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScheduleName {
    /// Constant learning rate
    Constant,
    /// Warm-up, then cosine decay to 0
    Cosine,
    /// Rises over the first 30 % of the steps, then falls to nearly 0
    OneCycle,
    /// Divided by 10 after each third of the run
    Step,
}

/// Names of the optimisers on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptimizerName {
    /// Stochastic gradient descent with momentum
    Sgd,
    /// Adam with decoupled weight decay
    Adamw,
}

/// How a classifier on a frozen network is found at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeadName {
    /// Solved: logistic regression, with the penalty that does best in cross-validation
    Logistic,
    /// Trained by gradient descent as in the epochs before, for as many epochs as do best in cross-validation
    Trained,
}

/// One kind of augmentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AugmentName {
    /// All augmentations but background and trivial
    All,
    /// No augmentation
    None,
    /// Horizontal and vertical flips
    Flips,
    /// Transposition; together with flips: rotation by 90 degrees
    Turns,
    /// Random resized crop
    Crop,
    /// Rotation by small angles
    Rotation,
    /// Brightness, contrast, saturation and hue
    Colour,
    /// Erase a random rectangle
    Erasing,
    /// TrivialAugment: one of 14 operations with a random strength, those of geometry and of colour; with flips,turns,crop before it
    Trivial,
    /// Put leaves that lie on a plain backdrop, as in a laboratory, before drawn fields, and in other light
    Background,
}

/// Names of the recipes on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecipeName {
    /// Train the classifier only, on features that the frozen pretrained network computes once
    Quick,
    /// Like quick, then fine-tune the whole network at lower rates; the better of both is kept
    Fine,
    /// Train the whole network from random weights
    Scratch,
}

/// Statistics that batch norms normalise with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BatchNormName {
    /// Mean and variance of each batch
    Batch,
    /// Running mean and variance, as in prediction
    Running,
}

/// Which photos stay together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupName {
    /// Copies, and consecutive photos where file names are numbered: IMG_0493, IMG_0494
    Sequence,
    /// Copies only: resized, re-encoded, cropped, rotated, mirrored, brightened
    Copies,
    /// Only files that are equal byte for byte
    None,
}

/// What is trained on what, and how.
#[derive(Args, Clone)]
#[command(next_help_heading = "Training")]
pub(crate) struct RecipeArguments {
    /// Network; `foliar summary --model NAME` describes it [default: that of the weights; baseline where there are none]
    #[arg(long, value_name = "NAME", value_parser = models())]
    pub(crate) model: Option<String>,
    /// Start from pretrained weights: a file (safetensors, PyTorch's .pth, or model.foliar), a run, `imagenet` for
    /// those that `foliar weights fetch` downloaded for the model, or `none` [default: those of the catalogue that are
    /// there, else they are downloaded once; none for --recipe scratch]
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Download nothing: without --weights, take what `foliar weights list` calls cached, or none. FOLIAR_OFFLINE=1 says
    /// so for every command
    #[arg(long)]
    pub(crate) offline: bool,
    /// Which weights of a file that holds several, by the word before their names, such as `model` [default: an average
    /// (`ema`, `teacher`, `swa`) if there is one]
    #[arg(long, value_name = "WORD", requires = "weights")]
    pub(crate) weights_key: Option<String>,
    /// Training recipe [default: quick with pretrained weights, else scratch]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) recipe: Option<RecipeName>,
    /// What to freeze: none, backbone (all but the classifier), or stage:N (the first N stages) [default: backbone for
    /// quick, else none]
    #[arg(long, hide_short_help = true, value_name = "PART")]
    pub(crate) freeze: Option<Freeze>,
    /// Views of each photo whose features a frozen backbone computes once: the original and N - 1 augmented ones
    /// [default: 1 for quick, 4 with --augment background]
    #[arg(long, hide_short_help = true, value_name = "N")]
    pub(crate) augmented_views: Option<u32>,
    /// Side of the network's square input in pixels, 32 or more [default: 128 for baseline, else 224]
    #[arg(long, value_name = "N")]
    pub(crate) image_size: Option<u32>,
    /// Epochs; for fine, those of the whole network [default: 30, and 12 for fine]
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u32>,
    /// Batch size
    #[arg(long, default_value_t = 32, value_name = "N")]
    pub(crate) batch_size: usize,
    /// Peak learning rate of the schedule [default: 0.001 for adamw; for sgd 0.01 for quick and fine, and from scratch
    /// 0.1 for baseline, else 0.02]
    #[arg(long, value_name = "X")]
    pub(crate) lr: Option<f64>,
    /// Learning-rate schedule [default: one-cycle from scratch, else cosine]
    #[arg(long, hide_short_help = true, value_enum, value_name = "NAME")]
    pub(crate) schedule: Option<ScheduleName>,
    /// Share of the steps for the warm-up of the learning rate; one-cycle has its own [default: 0.05 from scratch, 0.1 for fine,
    /// 0 for quick and for constant]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) warmup: Option<f64>,
    /// Factor by which the learning rate falls from each stage to the one before it (discriminative rates) [default: 0.7 for fine, else 1]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) stage_decay: Option<f64>,
    /// Statistics that batch norms use in training: those of the batch, or the running ones, which then do not change
    /// [default: batch]
    #[arg(long, hide_short_help = true, value_enum, value_name = "NAME")]
    pub(crate) batch_norm: Option<BatchNormName>,
    /// Decay of an exponential moving average of the weights, such as 0.99; the average is kept [default: none]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) ema: Option<f64>,
    /// Optimiser
    #[arg(long, hide_short_help = true, value_enum, default_value = "sgd", value_name = "NAME")]
    pub(crate) optimizer: OptimizerName,
    /// Momentum of sgd, beta1 of adamw
    #[arg(long, hide_short_help = true, default_value_t = 0.9, value_name = "X")]
    pub(crate) momentum: f64,
    /// Dampening of sgd
    #[arg(long, hide_short_help = true, default_value_t = 0.0, value_name = "X")]
    pub(crate) dampening: f64,
    /// Nesterov momentum
    #[arg(long, hide_short_help = true)]
    pub(crate) nesterov: bool,
    /// Weight decay [default: 0.01 for adamw; for sgd 0.0005 from scratch, else 0.0001]
    #[arg(long, hide_short_help = true, value_name = "X")]
    pub(crate) weight_decay: Option<f64>,
    /// Label smoothing
    #[arg(long, hide_short_help = true, default_value_t = 0.0, value_name = "X")]
    pub(crate) label_smoothing: f32,
    #[command(flatten)]
    pub(crate) loss: LossArguments,
    /// Augmentations, separated by commas [default: none for quick with one view, else flips,turns,crop,rotation: many
    /// diseases are recognised by colour]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    pub(crate) augment: Option<Vec<AugmentName>>,
    /// Photos for --augment background, without leaves of the classes: half of the backgrounds are parts of them
    #[arg(long, value_name = "DIR")]
    pub(crate) backgrounds: Option<PathBuf>,
    /// Share of the photos for validation, if there is no val/ folder
    #[arg(long, help_heading = "Photos", default_value_t = 0.2, value_name = "X")]
    pub(crate) validation: f64,
    /// Share of the photos for a test split, which neither training nor validation uses
    #[arg(long, help_heading = "Photos", default_value_t = 0.0, value_name = "X")]
    pub(crate) test: f64,
    /// Folds of the cross-validation that measures a classifier on a frozen network before it is refitted to all photos;
    /// 0 keeps the classifier of the best epoch [default: 0 from scratch, else 5]
    #[arg(long, hide_short_help = true, value_name = "FOLDS")]
    pub(crate) refit: Option<u32>,
    /// How that classifier is found [default: logistic, or trained where an option says how to train it]
    #[arg(long, hide_short_help = true, value_enum, value_name = "NAME")]
    pub(crate) head: Option<HeadName>,
    /// Which photos stay in one split
    #[arg(
        long,
        help_heading = "Photos",
        hide_short_help = true,
        value_enum,
        default_value = "sequence",
        value_name = "NAME"
    )]
    pub(crate) group: GroupName,
    /// Group photos by this regular expression: its match in the path, or its first group in parentheses, such as
    /// 'plant(\d+)'
    #[arg(long, help_heading = "Photos", value_name = "REGEX")]
    pub(crate) group_by: Option<String>,
    /// Table of groups, with the columns path and group
    #[arg(
        long,
        help_heading = "Photos",
        hide_short_help = true,
        value_name = "FILE",
        conflicts_with = "group_by"
    )]
    pub(crate) groups: Option<PathBuf>,
    /// Use this split: a table with the columns path and split (train, val or test), such as split.csv of a run. Training photos
    /// with copies in another split are left out (--group none keeps them)
    #[arg(long, help_heading = "Photos", hide_short_help = true, value_name = "FILE", conflicts_with_all = ["group_by", "groups"])]
    pub(crate) split: Option<PathBuf>,
    /// Which folders below PHOTOS, or below its parts (train/, val/, fold_1/), are the classes: 1, the first; 2, where folders of crops
    /// hold folders of diseases; last, those that photos lie in, whatever farm, year or camera is above [default: understood from the
    /// folders, or asked for]
    #[arg(long, help_heading = "Photos", hide_short_help = true, value_name = "DEPTH")]
    pub(crate) classes_from: Option<ClassesFrom>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Take classes for one whose names differ in case, blanks, underscores, hyphens or accents only, such as Bean_rust in
    /// train/ and bean rust in val/
    #[arg(long, help_heading = "Photos", hide_short_help = true)]
    pub(crate) match_names: bool,
    /// Leave out the photos in this table with the column path, such as quarantine.csv of an audit
    #[arg(long, help_heading = "Photos", value_name = "FILE")]
    pub(crate) quarantine: Option<PathBuf>,
    /// Heed what was decided in `foliar review`: other classes, and photos to leave out
    #[arg(long, help_heading = "Photos", value_name = "FILE")]
    pub(crate) review: Option<PathBuf>,
    /// Random seed: equal seeds give equal runs
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) teacher: TeacherArguments,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Example:\n  foliar train photos --model baseline --image-size 128 --epochs 20 --out runs/first\n\nPHOTOS holds one folder per class, or train/, val/ and test/ folders above the classes, or photos and a table that says their classes:\n  foliar train --labels leaves/train.csv --images leaves/train_images\nA tar or zip archive is read in place, and so are the shards of a data set, as one folder:\n  foliar train photos.tar\n  foliar train 'shards/leaf-{000..063}.tar'\nAn untuned run, as in many first projects:\n  foliar train photos --lr 0.001 --schedule constant --warmup 0"
)]
pub(crate) struct TrainArguments {
    /// Folder of photos, or tar or zip archive of one: one subfolder per class, or photos with a table of labels
    #[arg(required_unless_present_any = ["labels", "images"])]
    pub(crate) photos: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Run folder to write, new or empty [default: runs/NAME-1, or the first free number]
    #[arg(long, value_name = "RUN", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// Cross-validate the whole training: N runs, each judged on its fold of the photos and trained on all others, in RUN/fold-1,
    /// RUN/fold-2, ... and a summary in RUN/folds.json. This judges the recipe and makes no classifier to use
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100), conflicts_with_all = ["split", "refit", "validation"])]
    pub(crate) folds: Option<u32>,
    /// Print what would be done and why, then stop
    #[arg(long, help_heading = "Output")]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Example:\n  foliar lr-find photos --weights mobilenet.safetensors --picture rates.svg\n\nThe rate rises step by step until the loss diverges. The suggestion lies where the loss still falls: use it as --lr of `foliar train`."
)]
pub(crate) struct LrFindArguments {
    /// Folder of photos, or tar or zip archive of one: one subfolder per class, or photos with a table of labels
    #[arg(required_unless_present_any = ["labels", "images"])]
    pub(crate) photos: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// Plot to write, .svg or .png
    #[arg(long, help_heading = "Output", default_value = "lr-find.svg", value_name = "FILE")]
    pub(crate) picture: PathBuf,
    /// Steps from the lowest rate to the highest
    #[arg(long, help_heading = "Output", default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(20..=10_000))]
    pub(crate) steps: u32,
    /// Print one JSON document
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(after_help = "Example:\n  foliar resume runs/first")]
pub(crate) struct ResumeArguments {
    /// Run folder, or the folder of a cross-validation (--folds)
    pub(crate) run: PathBuf,
    /// Folder of photos, if it has moved
    #[arg(long, value_name = "PHOTOS")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

#[derive(Args)]
#[command(
    after_help = "Example:\n  foliar compare runs/baseline runs/transfer\n\nThe runs must be of the same photos. Intervals and p-values go by group (leaf), not by photo."
)]
pub(crate) struct CompareArguments {
    /// Run folders, two or more
    #[arg(required = true, num_args = 2..)]
    pub(crate) runs: Vec<PathBuf>,
    /// Plot of the curves and results to write, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(after_help = "Example:\n  foliar summary --model resnet50 --classes 38")]
pub(crate) struct SummaryArguments {
    /// Network
    #[arg(long, value_name = "NAME", value_parser = models())]
    pub(crate) model: String,
    /// Number of classes, 2 or more
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub(crate) classes: usize,
    /// Side of the input in pixels [default: 128 for baseline, else 224]
    #[arg(long, value_name = "N")]
    pub(crate) image_size: Option<u32>,
    /// Batch size, for the estimate of memory
    #[arg(long, default_value_t = 32, value_name = "N")]
    pub(crate) batch_size: usize,
    /// Optimiser, for the estimate of memory
    #[arg(long, value_enum, default_value = "sgd", value_name = "NAME")]
    pub(crate) optimizer: OptimizerName,
    /// Photos kept decoded in memory (up to --cache-memory of `foliar train`), for the estimate of memory
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub(crate) photos: usize,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  foliar study show runs/tuned\n  foliar study export runs/tuned --format csv --out trials.csv\n  foliar study show postgres://leaf@db.example.org/lab --name beans\n\nThe JSON form loads in Optuna: bench/optuna_import.py."
)]
pub(crate) struct StudyArguments {
    #[command(subcommand)]
    pub(crate) command: StudyCommand,
}

#[derive(Subcommand)]
pub(crate) enum StudyCommand {
    /// One line per trial on standard output, a summary on standard error
    Show {
        /// The study, an SQLite file, the folder of `foliar tune`, or the address of a database, postgres://...
        file: PathBuf,
        /// The study in the database
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Export all trials with state, parameters, value, intermediate values, seeds and times
    Export {
        /// The study, an SQLite file, the folder of `foliar tune`, or the address of a database, postgres://...
        file: PathBuf,
        /// The study in the database
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Output format
        #[arg(long, value_enum, default_value = "json")]
        format: StudyFormat,
        /// File to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Form of exported trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StudyFormat {
    /// Comma-separated values, one row per trial
    Csv,
    /// One JSON document, with what was searched
    Json,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  foliar weights list\n  foliar weights fetch resnet50\n  foliar train photos --model resnet50 --weights imagenet\n\nFOLIAR_CACHE names the folder for downloads, FOLIAR_WEIGHTS_URL a mirror to fetch from.\n\nWhat is checked: a file of the catalogue against its whole SHA-256 where that is known (`weights list` says for which), else, like every other file, against the digits of it in the file's name. Eight digits find damage and mistakes, but no forgery. Files given to --weights by path are not checked; nothing in them is executed."
)]
pub(crate) struct WeightsArguments {
    #[command(subcommand)]
    pub(crate) command: WeightsCommand,
}

#[derive(Subcommand)]
pub(crate) enum WeightsCommand {
    /// List the catalogue: network, size, published accuracy, licence, and whether the file is downloaded
    List,
    /// Download weights and check them against their digest
    Fetch {
        /// Name in the catalogue
        name: String,
    },
    /// Check a file against the SHA-256 in the catalogue, or against the digits in its name
    Verify {
        /// The file
        file: PathBuf,
    },
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(after_help = "Example:\n  foliar demo leaves")]
pub(crate) struct DemoArguments {
    /// Folder for the leaves and the run, new or empty
    #[arg(default_value = "foliar-demo")]
    pub(crate) dir: PathBuf,
    /// Random seed of the leaves and the training
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
