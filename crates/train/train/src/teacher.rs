//! A classifier that another one learns from.

use std::fs;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_model::{Bundle, TrainingDigests};
use foliar_nn::Taught;
use serde::{Deserialize, Serialize};

use crate::error::{TrainError, check};
use crate::known_classes::known_classes;
use crate::unlabelled_folder::UnlabelledFolder;

/// A teacher: for each photograph the student learns from what the teacher says of it besides its label. Hinton et al. 2015,
/// "Distilling the knowledge in a neural network".
///
/// The loss of a photograph is `(1 - share) cross-entropy + share T^2 KL(teacher_T || student_T)`, see
/// [`Taught`]; that of one without a label is the second part alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// The bundle.
    #[serde(with = "foliar_files::any_path")]
    pub file: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal digits: another teacher is another run.
    pub digest: String,
    /// Temperature T of both softmaxes, above 0 and at most 100.
    #[serde(default = "Teacher::usual_temperature")]
    pub temperature: f32,
    /// Share of the teacher in the loss of a photograph with a label, in [0, 1].
    #[serde(default = "Teacher::usual_share")]
    pub share: f32,
    /// Photographs without labels, of which only the teacher speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlabelled: Option<UnlabelledFolder>,
}

impl Teacher {
    /// Temperature where none is asked for.
    pub const TEMPERATURE: f32 = 4.0;
    /// Share where none is asked for.
    pub const SHARE: f32 = 0.9;

    fn usual_temperature() -> f32 {
        Self::TEMPERATURE
    }

    fn usual_share() -> f32 {
        Self::SHARE
    }

    /// The bundle in `file` as a teacher, with the usual temperature and share.
    ///
    /// # Errors
    /// A file that is no bundle, or one of labels.
    pub fn of(file: &Path) -> Result<Self, TrainError> {
        let bytes = read(file)?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        parse(file, bytes)?;
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        Ok(Self { file, digest, temperature: Self::TEMPERATURE, share: Self::SHARE, unlabelled: None })
    }

    /// Checks the numbers against their range.
    ///
    /// # Errors
    /// [`TrainError::Recipe`] with the first at fault.
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let Self { temperature, share, .. } = *self;
        let warm = temperature > 0.0 && temperature <= 100.0;
        check("distillation temperature", temperature.into(), warm, "above 0 and at most 100")?;
        check("distillation share", share.into(), (0.0..=1.0).contains(&share), "0 to 1")
    }

    /// The file's name, and that of its folder.
    #[must_use]
    pub fn name(&self) -> String {
        let parts: Vec<String> =
            self.file.iter().rev().take(2).map(|part| part.to_string_lossy().into_owned()).collect();
        parts.into_iter().rev().collect::<Vec<_>>().join("/")
    }

    /// Photographs that it has learned from.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not the one that the recipe names.
    pub fn learned_from(&self) -> Result<TrainingDigests, TrainError> {
        Ok(self.open()?.training_digests)
    }

    /// The bundle.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not the one that the recipe names.
    pub(crate) fn open(&self) -> Result<Bundle, TrainError> {
        let bytes = read(&self.file)?;
        if blake3::hash(&bytes).to_hex().as_str() != self.digest {
            let what = "this is not the teacher that the run began with; put the old file back".to_owned();
            return Err(TrainError::Teacher { file: self.file.clone(), what });
        }
        parse(&self.file, bytes)
    }

    /// The place among the teacher's classes of each of `classes`, and what there is to say of the others.
    ///
    /// # Errors
    /// A class that the teacher does not know.
    pub(crate) fn places(
        &self,
        of_teacher: &[String],
        classes: &[String],
    ) -> Result<(Vec<usize>, Option<String>), TrainError> {
        let known = known_classes(classes, of_teacher);
        let mut places = vec![None; classes.len()];
        known.iter().for_each(|class| places[class.new] = Some(class.old));
        let missing: Vec<&str> = classes
            .iter()
            .zip(&places)
            .filter(|(_, place)| place.is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        if !missing.is_empty() {
            let what = format!(
                "the teacher does not know {}; its classes are {}. A teacher must know every class of the student: train one \
                 on these photos, or give classes other names with --classes",
                missing.join(", "),
                of_teacher.join(", ")
            );
            return Err(TrainError::Teacher { file: self.file.clone(), what });
        }
        let places: Vec<usize> = places.into_iter().flatten().collect();
        let others: Vec<&str> = of_teacher
            .iter()
            .enumerate()
            .filter(|(place, _)| !places.contains(place))
            .map(|(_, name)| name.as_str())
            .collect();
        let words = (!others.is_empty()).then(|| {
            format!(
                "the teacher also knows {}: what it says of them is left out, and the rest adds up to 1",
                others.join(", ")
            )
        });
        Ok((places, words))
    }

    /// What it says of the samples of a batch, whose logits are given.
    pub(crate) fn taught<'a>(&self, logits: &'a [f32]) -> Taught<'a> {
        Taught { logits, share: self.share, temperature: self.temperature }
    }

    /// What is minimised, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { temperature, share, .. } = self;
        format!(
            "loss: {:.2} of cross-entropy with the label and {share:.2} of the divergence from the teacher {} at temperature \
             {temperature}; the losses that are shown are cross-entropy with the labels alone",
            1.0 - share,
            self.name()
        )
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TrainError> {
    foliar_files::read(file).map_err(|error| TrainError::Teacher {
        file: file.to_owned(),
        what: format!("the teacher cannot be read ({error}); it is needed for as long as the student learns: put it back"),
    })
}

fn parse(file: &Path, bytes: Vec<u8>) -> Result<Bundle, TrainError> {
    Bundle::from_bytes(bytes).map_err(|what| TrainError::Teacher {
        file: file.to_owned(),
        what: format!("{} is no teacher: {what}", file.shown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn teacher() -> Teacher {
        let (temperature, share) = (Teacher::TEMPERATURE, Teacher::SHARE);
        Teacher {
            file: "runs/big/model.foliar".into(),
            digest: String::new(),
            temperature,
            share,
            unlabelled: None,
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn classes_are_found_by_name_in_any_order() {
        let (places, words) =
            teacher().places(&names(&["rust", "mosaic", "healthy"]), &names(&["healthy", "rust"])).unwrap();
        assert_eq!(places, [2, 0]);
        assert!(words.unwrap().contains("mosaic"));
        let refused =
            teacher().places(&names(&["rust"]), &names(&["healthy", "rust"])).unwrap_err().to_string();
        assert!(refused.contains("does not know healthy"), "{refused}");
    }

    #[test]
    fn what_a_recipe_leaves_out_is_usual() {
        let read: Teacher = toml::from_str("file = \"a\"\ndigest = \"b\"").unwrap();
        assert_eq!((read.temperature, read.share), (Teacher::TEMPERATURE, Teacher::SHARE));
        assert!(read.validate().is_ok());
        assert!(Teacher { temperature: 0.0, ..read.clone() }.validate().is_err());
        assert!(Teacher { share: 1.5, ..read }.validate().is_err());
    }
}
