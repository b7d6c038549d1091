//! The arguments of `foliar explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodName {
    /// From activations and gradients: fast, but coarse
    GradCam,
    /// By covering one patch after the other: up to 169 forward passes per photo
    Occlusion,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar explain runs/first leaf.jpg --out why\n  foliar explain model.foliar field-photos --class rust --method occlusion\n\nEach picture shows a photo beside its heat map: bright is where the evidence for the class lies, the white line is the edge of the leaf, and a dark border is not seen by the network. A class gets a warning if more of its evidence lies on the background than the background's share of the area: the network may have learned the place instead of the plant. Grad-CAM is imprecise: check with --method occlusion before you trust a warning, or its absence.\n\nA file that cannot be read becomes a row with an error, and the exit code is 3."
)]
pub(crate) struct ExplainArguments {
    /// Bundle, or run folder
    pub(crate) bundle: PathBuf,
    /// Photos, folders of photos, or quoted patterns such as 'field/*.jpg'
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Class to explain [default: the most probable one of each photo]
    #[arg(long, value_name = "NAME")]
    pub(crate) class: Option<String>,
    /// Method
    #[arg(long, value_enum, default_value = "grad-cam", value_name = "METHOD")]
    pub(crate) method: MethodName,
    /// Folder for the pictures, one per photo; it is created if needed
    #[arg(long, default_value = "explained", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Page with all pictures to write [default: explain.html in DIR]
    #[arg(long, value_name = "FILE.html")]
    pub(crate) html: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads for arithmetic; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}
