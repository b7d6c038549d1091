//! The part of a data set that a file holds, by its name.

use std::path::{Path, PathBuf};

use foliar_vision::dataset::Split;

use crate::error::ImportError;

/// The part by the name: `train-00000-of-00002.parquet`, `test.parquet`, and `train/0000.parquet`, where the folder says it.
#[must_use]
pub fn part_of_file(path: &Path) -> Option<Split> {
    let word = |name: &str| Split::of_word(name.split(['-', '_', '.']).next().unwrap_or_default());
    let name = path.file_name()?.to_string_lossy();
    let folder = || path.parent()?.file_name().and_then(|folder| word(&folder.to_string_lossy()));
    word(&name).or_else(folder)
}

/// Name of the folder for the photos of each file: empty if all files are of one part, or none says one.
///
/// # Errors
/// [`ImportError::NoPart`] if some files are of a part and one is of none.
pub fn parts(files: &[PathBuf]) -> Result<Vec<&'static str>, ImportError> {
    let found: Vec<Option<Split>> = files.iter().map(|file| part_of_file(file)).collect();
    if found.iter().all(|part| *part == found[0]) {
        return Ok(vec![""; files.len()]);
    }
    let folder = |(part, file): (&Option<Split>, &PathBuf)| match part {
        Some(Split::Train) => Ok("train"),
        Some(Split::Validation) => Ok("val"),
        Some(Split::Test) => Ok("test"),
        None => Err(ImportError::NoPart { path: file.clone() }),
    };
    found.iter().zip(files).map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_part() {
        for (name, expected) in [
            ("data/train-00000-of-00002.parquet", Some(Split::Train)),
            ("validation-00000-of-00001.parquet", Some(Split::Validation)),
            ("test.parquet", Some(Split::Test)),
            ("default/test/0000.parquet", Some(Split::Test)),
            ("default/partial-train/0000.parquet", None),
            ("leaves.parquet", None),
            ("trainer.parquet", None),
        ] {
            assert_eq!(part_of_file(Path::new(name)), expected, "{name}");
        }
        let of = |names: &[&str]| parts(&names.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(of(&["train-0.parquet", "train-1.parquet"]).unwrap(), ["", ""]);
        assert_eq!(of(&["train-0.parquet", "dev.parquet"]).unwrap(), ["train", "val"]);
        assert_eq!(of(&["a.parquet", "b.parquet"]).unwrap(), ["", ""]);
        assert!(of(&["train.parquet", "b.parquet"]).is_err());
    }
}
