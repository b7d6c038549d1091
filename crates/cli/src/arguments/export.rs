//! The arguments of `foliar export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::risk_level;

/// Format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One ONNX file that is the whole classifier: photos in; probabilities, prediction set, distance and answer out
    Onnx,
    /// One TFLite file for phones and LiteRT: photos of the network's size in; the same out
    Tflite,
    /// A folder for PyTorch: model.safetensors, config.json and load.py
    Torch,
    /// A web page that classifies photos on phones and computers, without a network: a file, or a folder for a web server
    Page,
}

/// What the ONNX file takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputName {
    /// One photo as it is, uint8 [height, width, 3] of any size: preprocessing is in the file
    Image,
    /// Photos that are preprocessed already, float32 [n, 3, size, size]
    Tensor,
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightsName {
    /// Single precision: the answers of `foliar predict`
    F32,
    /// Half precision: half the size; about one answer in a hundred changes
    F16,
}

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar export runs/first\n  foliar export runs/first --out leaf.onnx --risk 0.05 --check field-photos\n  foliar export runs/first --format tflite --weights f16\n  foliar export runs/first --format torch --out leaf-torch\n  foliar export runs/first --format page --out leaf.html\n  foliar export runs/first --format page --out leaf/\n\nBeside the ONNX or TFLite file lies a Python program that runs it. With --check, FILE.expected.jsonl (for a folder expected.jsonl in it) holds what `foliar predict` says of these photos, for a test of the program that uses the file.\n\nA photo of --check that cannot be read becomes a row with an error, and the exit code is 3.\n\nNothing but an earlier export is replaced."
)]
pub(crate) struct ExportArguments {
    /// Bundle, or run folder
    pub(crate) bundle: PathBuf,
    /// Format
    #[arg(long, value_enum, default_value = "onnx", value_name = "NAME")]
    pub(crate) format: ExportFormat,
    /// File to write; a folder for torch; for page a file or FOLDER/ [default: model.onnx, model.tflite, torch/ or model.html
    /// beside the bundle]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What the ONNX file takes [default: image]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) input: Option<InputName>,
    /// Target error rate for answers and prediction sets: 0.2, 0.1, 0.05, 0.02 or 0.01 [default: 0.1]
    #[arg(long, value_name = "RATE", value_parser = risk_level)]
    pub(crate) risk: Option<f64>,
    /// How weights are stored [default: f32; for page f16]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) weights: Option<WeightsName>,
    /// Photos, folders of photos, or quoted patterns: write what `foliar predict` says of them beside the file
    #[arg(long, value_name = "PHOTOS", num_args = 1..)]
    pub(crate) check: Vec<PathBuf>,
}
