//! What the name of a file says of the numbers in it.
//!
//! `run-train-tag-epoch_loss.csv`, as TensorBoard names what it exports, is the tag `epoch_loss` of the run `train`;
//! `val_acc.csv` is the validation accuracy, and so is MLflow's file `metrics/val_acc`.

use std::path::Path;

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::meaning::{self, Field, Quantity};
use crate::run_log::Split;
use crate::split_word::split_in;

/// The name of a curve, as a file tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Title {
    /// What was measured; `None` if the file's name does not say it.
    pub(crate) name: Option<String>,
    pub(crate) split: Option<Split>,
    /// The run it is of, where names tell runs apart.
    pub(crate) run: String,
}

impl Title {
    /// The title of a file that a person or a program named.
    pub(crate) fn of_file(path: &Path) -> Self {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        if let Some((run, tag)) = stem.strip_prefix("run-").and_then(|rest| rest.split_once("-tag-")) {
            return Self { name: Some(tag.to_owned()), split: split_in(run), run: without_split(run) };
        }
        Self { name: curve_of(&stem), split: split_in(&stem), run: String::new() }
    }

    /// The title of a file whose name is the key of a metric.
    pub(crate) fn of_key(key: &str) -> Self {
        Self { name: Some(key.to_owned()), split: split_in(key), run: String::new() }
    }
}

/// The words of `run` that do not name its photos.
fn without_split(run: &str) -> String {
    let words = fold::words(run, 12);
    let named = senses(&words).into_iter().filter(|sense| sense.concept.split().is_none());
    let texts = named.flat_map(|sense| words[sense.first..sense.end].iter().map(|word| word.text.as_str()));
    texts.collect::<Vec<_>>().join(" ")
}

/// The end of a file's name that names a quantity, as `val_loss` does in `resnet50_val_loss`.
fn curve_of(stem: &str) -> Option<String> {
    let words = fold::words(stem, 12);
    // `best_val_acc` is no course.
    if senses(&words).iter().any(|sense| sense.concept == Concept::Spoiler) {
        return None;
    }
    let split = split_in(stem);
    let measured = words.iter().map(|word| &stem[word.start..]).filter_map(|end| match meaning::field(end) {
        Field::Value(meaning) => {
            let plain = meaning.extras == 0 && meaning.quantity != Quantity::LossPart;
            (plain && meaning.quantity.has_split()).then_some((end, meaning.split == split))
        }
        _ => None,
    });
    let ends: Vec<(&str, bool)> = measured.collect();
    ends.iter().rev().find(|(_, whole)| *whole).or(ends.last()).map(|(end, _)| (*end).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_quantity_photos_and_run() {
        let title = |name: Option<&str>, split, run: &str| Title {
            name: name.map(str::to_owned),
            split,
            run: run.to_owned(),
        };
        for (file, wanted) in [
            ("run-train-tag-epoch_loss.csv", title(Some("epoch_loss"), Some(Split::Train), "")),
            (
                "run-exp1_validation-tag-epoch_acc.json",
                title(Some("epoch_acc"), Some(Split::Validation), "exp 1"),
            ),
            ("run-version_0-tag-val_loss.csv", title(Some("val_loss"), None, "version 0")),
            ("val_acc.csv", title(Some("val_acc"), Some(Split::Validation), "")),
            ("resnet50_lr0.001_val_loss.csv", title(Some("val_loss"), Some(Split::Validation), "")),
            ("val_resnet50_loss.csv", title(Some("loss"), Some(Split::Validation), "")),
            ("a_val_loss.csv", title(Some("val_loss"), Some(Split::Validation), "")),
            ("export.csv", title(None, None, "")),
            ("best_val_acc.csv", title(None, Some(Split::Validation), "")),
        ] {
            assert_eq!(Title::of_file(Path::new(file)), wanted, "{file}");
        }
    }
}
