#![doc = include_str!("../README.md")]

mod description;
mod error;
mod half;
mod onnx;
mod options;
mod protobuf;
mod python;
mod torch;

pub use description::{Figures, Origin};
pub use error::ExportError;
pub use onnx::onnx;
pub use options::{InputForm, OnnxOptions, WeightType};
pub use python::onnx_program;
pub use torch::torch;
