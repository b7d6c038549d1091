//! How a file of an earlier export is known, so that nothing else is replaced.

/// Whether these are the first bytes of an ONNX file that foliar wrote: 16 of them are enough.
#[must_use]
pub fn is_exported_onnx(start: &[u8]) -> bool {
    // The version of the format, of any number below 128, then the producer.
    matches!(start, [0x08, 0..128, rest @ ..] if rest.starts_with(b"\x12\x06foliar"))
}

/// Whether these are the first bytes of a TFLite file that foliar wrote: 128 of them are enough.
#[must_use]
pub fn is_exported_tflite(start: &[u8]) -> bool {
    // The identifier of the format, then a table and the description.
    let description = b"foliar: ";
    start.get(4..8) == Some(b"TFL3") && start.windows(description.len()).any(|bytes| bytes == description)
}

/// Whether these are the first bytes of a program that foliar wrote beside a file: 64 of them are enough.
#[must_use]
pub fn is_exported_program(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\"\"\"Classifies photos with the ").unwrap_or_default();
    let formats: [&[u8]; 2] = [b"ONNX", b"TFLite"];
    formats.iter().any(|format| {
        start.strip_prefix(*format).is_some_and(|rest| rest.starts_with(b" file beside this one"))
    })
}

/// Whether these are the first bytes of a page that foliar wrote: 64 of them are enough.
#[must_use]
pub fn is_exported_page(start: &[u8]) -> bool {
    start.starts_with(b"<!doctype html><!-- foliar export --format page -->")
}

/// Whether this is the `config.json` of an exported folder for PyTorch.
#[must_use]
pub fn is_exported_config(text: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(text)
        .is_ok_and(|config| config.get("foliar").is_some_and(|foliar| foliar.get("bundle_blake3").is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InputForm, onnx_program, tflite_program};

    #[test]
    fn files_of_others_are_not_taken_for_exported_ones() {
        for input in [InputForm::Image, InputForm::Tensor] {
            assert!(is_exported_program(&onnx_program(input).as_bytes()[..64]));
        }
        assert!(is_exported_program(&tflite_program().as_bytes()[..64]));
        assert!(is_exported_tflite(b"\x1c\0\0\0TFL3\0\0\x0c\0\0\0foliar: x for 2 classes"));
        assert!(!is_exported_tflite(b"\x1c\0\0\0TFL3\0\0\x0c\0\0\0MLIR Converted."));
        assert!(is_exported_onnx(b"\x08\x08\x12\x06foliar\x1a\x05"));
        for other in [&b""[..], b"\x08\x08", b"\x08\x08\x12\x07pytorch", b"foliar", b"import numpy"] {
            assert!(
                !is_exported_onnx(other)
                    && !is_exported_program(other)
                    && !is_exported_config(other)
                    && !is_exported_page(other)
            );
        }
        assert!(is_exported_config(br#"{"architecture": "x", "foliar": {"bundle_blake3": "1"}}"#));
        assert!(!is_exported_config(br#"{"architecture": "resnet18", "num_classes": 5}"#));
    }
}
