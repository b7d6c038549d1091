#![doc = include_str!("../README.md")]

mod answer;
mod description;
mod distance;
mod error;
mod flatbuffer;
mod onnx;
mod ops;
mod options;
mod page;
mod protobuf;
mod python;
mod recognise;
mod stored;
mod tflite;
mod torch;
mod weights;
mod zip;

pub use description::{Figures, Origin};
pub use error::ExportError;
pub use onnx::onnx;
pub use options::{InputForm, OnnxOptions, WeightType};
pub use page::{PAGE_FILES, Page, ServerPage};
pub use python::{onnx_program, tflite_program};
pub use recognise::{
    is_exported_config, is_exported_onnx, is_exported_page, is_exported_program, is_exported_tflite,
};
pub use tflite::tflite;
pub use torch::{TORCH_FILES, torch};
