#![doc = include_str!("../README.md")]

mod description;
mod error;
mod half;
mod onnx;
mod options;
mod protobuf;
mod python;
mod recognise;
mod torch;

pub use description::{Figures, Origin};
pub use error::ExportError;
pub use onnx::onnx;
pub use options::{InputForm, OnnxOptions, WeightType};
pub use python::onnx_program;
pub use recognise::{is_exported_config, is_exported_onnx, is_exported_program};
pub use torch::{TORCH_FILES, torch};
