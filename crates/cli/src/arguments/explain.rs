//! The arguments of `foliar explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How evidence is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodName {
    /// From activations and gradients: fast, coarse
    GradCam,
    /// By covering patch after patch: up to 169 passes a photograph
    Occlusion,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar explain runs/first leaf.jpg --out why\n  foliar explain model.foliar field-photos --class rust --method occlusion\n\nEach picture shows a photograph beside its heat map: bright is where the evidence for the class lies, the white line is the edge of the leaf, and a dark border is not seen by the network. A class whose evidence lies on the background more than the background's share of the area is warned of: the network may have learnt the place instead of the plant. Grad-CAM smears: ask again with --method occlusion before you believe it, or its silence.\n\nA file that can not be read becomes a row with an error, and the exit code is 3."
)]
pub(crate) struct ExplainArguments {
    /// Bundle, or run folder
    pub(crate) bundle: PathBuf,
    /// Photographs, folders of photographs, or quoted patterns such as 'field/*.jpg'
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Class whose evidence is shown [default: the most probable one of each photograph]
    #[arg(long, value_name = "NAME")]
    pub(crate) class: Option<String>,
    /// How evidence is found
    #[arg(long, value_enum, default_value = "grad-cam", value_name = "METHOD")]
    pub(crate) method: MethodName,
    /// Folder that pictures are written to, one a photograph; it is made if needed
    #[arg(long, default_value = "explained", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 takes all
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
