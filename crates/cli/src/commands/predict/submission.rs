//! Predictions as competitions take them: a row for each photo, with a class or with the probabilities of all.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use foliar_model::Row;

use crate::output::io_error;

/// A table with the columns `image_id,label`, or `image_id` and one column a class. A photo is named by its file alone. Every photo
/// gets its most probable class, also where the classifier abstains; one that cannot be read has empty cells.
pub(super) struct Submission<W: Write> {
    csv: Box<csv::Writer<W>>,
    /// The classes whose probabilities are written; none for the label alone.
    classes: Vec<String>,
    /// How the table of labels wrote classes.
    codes: BTreeMap<String, String>,
}

impl<W: Write> Submission<W> {
    /// A label for each photo.
    pub(super) fn of_labels(out: W, codes: &BTreeMap<String, String>) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(["image_id", "label"]).map_err(io_error)?;
        Ok(Self { csv: Box::new(csv), classes: Vec::new(), codes: codes.clone() })
    }

    /// The probabilities of all `classes`, whose rows must rank them all.
    pub(super) fn of_probabilities(
        out: W,
        classes: &[String],
        codes: &BTreeMap<String, String>,
    ) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(out);
        let names = classes.iter().map(|class| codes.get(class).unwrap_or(class).as_str());
        csv.write_record(std::iter::once("image_id").chain(names)).map_err(io_error)?;
        Ok(Self { csv: Box::new(csv), classes: classes.to_vec(), codes: codes.clone() })
    }

    pub(super) fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        let file = Path::new(&row.path).file_name().map(|name| name.to_string_lossy().into_owned());
        let mut fields = vec![file.unwrap_or_else(|| row.path.clone())];
        let ranking = match &row.result {
            Ok(answer) => answer.ranking.as_slice(),
            Err(reason) => {
                say!("{}: {reason}; its row is empty", row.path);
                &[]
            }
        };
        if self.classes.is_empty() {
            let class = ranking.first().map_or("", |(class, _)| class);
            fields.push(self.codes.get(class).map_or(class, String::as_str).to_owned());
        } else {
            fields.extend(self.classes.iter().map(|class| {
                let found = ranking.iter().find(|(name, _)| name == class);
                found.map_or_else(String::new, |(_, probability)| format!("{probability:.6}"))
            }));
        }
        self.csv.write_record(fields).map_err(io_error)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foliar_model::Answer;

    #[test]
    fn each_photo_has_one_row() {
        let codes: BTreeMap<String, String> = [("rust".to_owned(), "2".to_owned())].into();
        let classes = ["healthy".to_owned(), "rust".to_owned()];
        let written = |probabilities: bool| {
            let mut bytes = Vec::new();
            let mut submission = match probabilities {
                true => Submission::of_probabilities(&mut bytes, &classes, &codes).unwrap(),
                false => Submission::of_labels(&mut bytes, &codes).unwrap(),
            };
            let answer = |ranking| Answer {
                ranking,
                abstention: Some(foliar_model::AbstentionReason::LowConfidence),
                set: None,
                distance: None,
                views: 1,
            };
            for (path, result) in [
                ("test/1.jpg", Ok(answer(vec![("rust", 0.75), ("healthy", 0.25)]))),
                ("test/2.jpg", Ok(answer(vec![("healthy", 0.5), ("rust", 0.5)]))),
                ("3.jpg", Err("the file is empty".to_owned())),
            ] {
                submission.write(&Row { path: path.to_owned(), result, remarks: Vec::new() }).unwrap();
            }
            submission.finish().unwrap();
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(written(false), "image_id,label\n1.jpg,2\n2.jpg,healthy\n3.jpg,\n");
        assert_eq!(
            written(true),
            "image_id,healthy,2\n1.jpg,0.250000,0.750000\n2.jpg,0.500000,0.500000\n3.jpg,,\n"
        );
    }
}
