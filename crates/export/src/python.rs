//! Programs in Python that use what was exported.

use crate::options::InputForm;

/// A program that classifies photos with the ONNX file beside it, whose name is its own without `.py`. It needs `onnxruntime`, NumPy
/// and Pillow.
#[must_use]
pub fn onnx_program(input: InputForm) -> &'static str {
    match input {
        InputForm::Image => include_str!("python/image.py"),
        InputForm::Tensor => include_str!("python/tensor.py"),
    }
}
