//! Arguments that name a teacher.

use std::path::PathBuf;

use clap::Args;

/// What a network learns from besides the labels.
#[derive(Args, Clone)]
#[command(next_help_heading = "Teacher")]
pub(crate) struct TeacherArguments {
    /// Learn from what this classifier says of each photo, besides its label: a run, or its model.foliar, mostly of a larger
    /// network (distillation). It must know all classes. Photos that it has learned from are never measured on: train it
    /// with --test 0.2, or validate on other photos
    #[arg(long, value_name = "RUN")]
    pub(crate) teacher: Option<PathBuf>,
    /// Photos without labels, anywhere below this folder, of which only the teacher speaks
    #[arg(long, value_name = "DIR", requires = "teacher")]
    pub(crate) unlabelled: Option<PathBuf>,
    /// Share of the teacher in the loss of a photo with a label; the label has the rest [default: 0.9]
    #[arg(long, hide_short_help = true, value_name = "X", requires = "teacher")]
    pub(crate) distill_share: Option<f32>,
    /// Temperature at which teacher and student are compared: higher ones count more what the teacher holds for less probable
    /// [default: 4]
    #[arg(long, hide_short_help = true, value_name = "X", requires = "teacher")]
    pub(crate) distill_temperature: Option<f32>,
}
