//! Programs in Python that use what was exported. Each lies in `python/` as it is written, but that the lines which all of them share
//! stand in the place where it imports them.

use crate::options::InputForm;

/// Reads photos as foliar does.
const PHOTO: &str = include_str!("python/photo.py");

/// A program that classifies photos with the ONNX file beside it, whose name is its own without `.py`: of 15 lines where the file takes
/// photos as they are. It needs `onnxruntime`, NumPy and Pillow.
#[must_use]
pub fn onnx_program(input: InputForm) -> String {
    whole(match input {
        InputForm::Image => include_str!("python/image.py"),
        InputForm::Tensor => include_str!("python/tensor.py"),
    })
}

/// The same for the TFLite file beside it. It needs `ai-edge-litert`, NumPy and Pillow.
#[must_use]
pub fn tflite_program() -> String {
    whole(include_str!("python/tflite.py"))
}

/// `load.py` of a folder for PyTorch. It needs `torch`, `safetensors`, NumPy and Pillow.
pub(crate) fn torch_program() -> String {
    whole(include_str!("python/load.py"))
}

/// `program` with what it imports from `photo.py` in the place of the import.
fn whole(program: &str) -> String {
    let lines = program.split_inclusive('\n');
    lines.map(|line| if line.starts_with("from photo import ") { PHOTO } else { line }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_photos_as_they_are_needs_no_preprocessing() {
        let program = onnx_program(InputForm::Image);
        assert_eq!(program.lines().count(), 15);
        for trap in ["exif_transpose", "alpha_composite", "icc_profile", "257"] {
            assert!(program.contains(trap), "{trap}");
        }
        let programs = [onnx_program(InputForm::Tensor), tflite_program(), torch_program()];
        assert!(
            programs.iter().all(|program| program.contains("def cropped") && !program.contains("from photo"))
        );
    }
}
