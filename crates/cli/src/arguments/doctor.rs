//! What `foliar doctor` takes.

use std::path::PathBuf;

use clap::Args;

/// Which logs, what is known of them, and how they are answered.
#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar doctor train.log                       what does this log say?\n  foliar doctor train.log --classes 38          the same, with what you know about the run\n  foliar doctor untuned.log tuned.log           which of two runs is better?\n  foliar doctor runs                            a folder of runs or logs: one line each\n  foliar doctor train.log --html page.html      a page with the curves\n  foliar doctor train.log --markdown            the answer for a forum or an issue\n  python train.py 2>&1 | foliar doctor -        what a program prints\n\nAny text will do: console output of PyTorch, Keras, fastai, timm, Caffe and others, CSV, JSON lines, TensorBoard events, a notebook, or a question with the log pasted in.\n\nExit codes: 0 done, 1 not read, 2 wrong arguments, 3 done, and something is seriously wrong with a run."
)]
pub(crate) struct DoctorArguments {
    /// Log, run folder, folder of TensorBoard events, or - for standard input; several, or those in a folder, are compared
    #[arg(required = true, num_args = 1..)]
    pub(crate) log: Vec<PathBuf>,
    /// Number of classes: the loss of guessing is its logarithm
    #[arg(long, value_name = "N", help_heading = "What you know about the run")]
    pub(crate) classes: Option<usize>,
    /// Batch size: tells sums over batches from means
    #[arg(long, value_name = "N", help_heading = "What you know about the run")]
    pub(crate) batch_size: Option<usize>,
    /// Number of training photos
    #[arg(long, value_name = "N", help_heading = "What you know about the run")]
    pub(crate) train_size: Option<usize>,
    /// Number of validation photos: says which differences of accuracy are more than chance
    #[arg(long, value_name = "N", help_heading = "What you know about the run")]
    pub(crate) val_size: Option<usize>,
    /// Print Markdown, for a forum or an issue
    #[arg(long, conflicts_with = "json", help_heading = "How it is answered")]
    pub(crate) markdown: bool,
    /// Print one JSON document
    #[arg(long, help_heading = "How it is answered")]
    pub(crate) json: bool,
    /// Write an HTML page with the curves as well: one file that loads nothing else
    #[arg(long, value_name = "FILE", help_heading = "How it is answered")]
    pub(crate) html: Option<PathBuf>,
}
