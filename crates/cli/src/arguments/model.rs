//! The name of a network as an argument.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use foliar_nn::zoo;

/// Reads the name of a network, also as other programs call it.
pub(super) fn models() -> ModelParser {
    ModelParser
}

#[derive(Clone, Copy)]
pub(super) struct ModelParser;

impl TypedValueParser for ModelParser {
    type Value = String;

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let name = value.to_string_lossy();
        zoo::known_as(&name).map(str::to_owned).ok_or_else(|| {
            let nearest =
                zoo::nearest(&name).map_or_else(String::new, |model| format!("; the nearest is {model}"));
            let known = zoo::MODELS.join(", ");
            let message = format!("--model {name:?}: foliar has no such network{nearest}; it has {known}\n");
            Error::raw(ErrorKind::InvalidValue, message)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(zoo::MODELS.into_iter().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_programs_are_taken_and_others_are_told_the_nearest() {
        let read = |name: &str| models().parse_ref(&Command::new("foliar"), None, OsStr::new(name));
        assert_eq!(read("resnet50.a1_in1k").unwrap(), "resnet50");
        let error = read("mobilenetv3_large_100").unwrap_err().to_string();
        for words in ["mobilenetv3_large_100", "the nearest is mobilenet_v3_large", "densenet121"] {
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(read("vit_base_patch16_224").unwrap(), "vit_b_16");
        assert!(!read("swin_tiny_patch4_window7_224").unwrap_err().to_string().contains("nearest"));
    }
}
