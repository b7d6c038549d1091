//! Predictions as text, CSV or JSON lines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use foliar_files::cell;
use foliar_model::{AbstentionReason, Answer, Row, Views};

#[cfg(feature = "parquet")]
use super::columnar::Columnar;
use super::submission::Submission;
use crate::arguments::Format;
use crate::output::io_error;
use crate::wrap::Fitted;

/// Which probabilities a table holds.
#[derive(Clone, Copy)]
pub(super) enum Table<'a> {
    /// So many classes, the most probable first.
    Top(usize),
    /// Every class, in the order of the classifier.
    All(&'a [String]),
}

/// Writes rows in one form.
pub(super) enum Writer<'a, W: Write> {
    Text(Fitted<W>),
    Csv {
        csv: Box<csv::Writer<W>>,
        table: Table<'a>,
        views: Views,
    },
    Jsonl(W),
    Kaggle(Submission<W>),
    #[cfg(feature = "parquet")]
    Parquet {
        parquet: Box<Columnar<W>>,
        table: Table<'a>,
        views: Views,
    },
}

impl<'a, W: Write> Writer<'a, W> {
    /// Rows with the probabilities of `table`; a submission has those of all `classes`, and writes `codes` in the place of their
    /// names. Where there are several `views`, a table of comma-separated values says how many.
    pub(super) fn new(
        out: W,
        format: Format,
        views: Views,
        table: Table<'a>,
        classes: &[String],
        codes: &BTreeMap<String, String>,
    ) -> io::Result<Self> {
        Ok(match format {
            Format::Text => Self::Text(Fitted::new(out)),
            Format::Jsonl => Self::Jsonl(out),
            Format::Kaggle => Self::Kaggle(Submission::of_labels(out, codes)?),
            Format::KaggleProbabilities => Self::Kaggle(Submission::of_probabilities(out, classes, codes)?),
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(header(table, views)).map_err(io_error)?;
                Self::Csv { csv: Box::new(csv), table, views }
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                let parquet = Box::new(Columnar::new(out, &header(table, views))?);
                Self::Parquet { parquet, table, views }
            }
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(io::Error::other(super::NO_PARQUET)),
        })
    }

    pub(super) fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self {
            Self::Text(out) => match &row.result {
                Ok(answer) => writeln!(out, "{}  {}", row.path, text(answer)),
                Err(reason) => writeln!(out, "{}  error: {reason}", row.path),
            },
            Self::Csv { csv, table, views } => csv
                .write_record(
                    record(row, *table, *views).iter().map(|field| cell::defused(field).into_owned()),
                )
                .map_err(io_error),
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, row)?;
                writeln!(out)
            }
            Self::Kaggle(submission) => submission.write(row),
            #[cfg(feature = "parquet")]
            Self::Parquet { parquet, table, views } => parquet.write(record(row, *table, *views)),
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Text(mut out) => out.flush(),
            Self::Jsonl(mut out) => out.flush(),
            Self::Csv { mut csv, .. } => csv.flush(),
            Self::Kaggle(submission) => submission.finish(),
            #[cfg(feature = "parquet")]
            Self::Parquet { parquet, .. } => parquet.finish(),
        }
    }
}

/// A line for people.
pub(super) fn text(answer: &Answer<'_>) -> String {
    let ranking: Vec<String> =
        answer.ranking.iter().map(|(class, p)| format!("{class} {:.1} %", 100.0 * p)).collect();
    let ranking = ranking.join(", ");
    let words = match answer.abstention {
        None => ranking,
        Some(AbstentionReason::OutOfDistribution) => {
            format!("unknown (unlike any training photo); closest: {ranking}")
        }
        Some(AbstentionReason::LowConfidence) => format!("unknown (no class is probable enough): {ranking}"),
    };
    match &answer.set {
        // A set of one class says no more than the class.
        Some(set) if set.len() > 1 && answer.abstention != Some(AbstentionReason::OutOfDistribution) => {
            format!("{words}; likely one of {}", set.join(", "))
        }
        _ => words,
    }
}

/// `path,class,probability,abstained,reason,set,distance`, then `candidate_1,candidate_1_probability,...`, or a column `p:CLASS`
/// for every class, `views` where there are several, and `error`.
fn header(table: Table<'_>, views: Views) -> Vec<String> {
    let fixed = ["path", "class", "probability", "abstained", "reason", "set", "distance"];
    let mut fields = fixed.map(String::from).to_vec();
    match table {
        Table::Top(top) => fields.extend(
            (1..=top).flat_map(|rank| [format!("candidate_{rank}"), format!("candidate_{rank}_probability")]),
        ),
        Table::All(classes) => fields.extend(classes.iter().map(|class| format!("p:{class}"))),
    }
    fields.extend((!views.is_one()).then(|| "views".to_owned()));
    fields.push("error".to_owned());
    fields
}

/// Where the classifier abstains no class stands as its answer; those that it holds for likely are candidates.
fn record(row: &Row<'_>, table: Table<'_>, views: Views) -> Vec<String> {
    let mut fields = vec![row.path.clone()];
    let Ok(answer) = &row.result else {
        fields.resize(header(table, views).len() - 1, String::new());
        fields.extend(row.result.as_ref().err().cloned());
        return fields;
    };
    let answered = answer.ranking.first().filter(|_| answer.abstention.is_none());
    fields.push(answered.map_or_else(String::new, |(class, _)| (*class).to_owned()));
    fields.push(answered.map_or_else(String::new, |(_, p)| format!("{p:.6}")));
    fields.push(answer.abstention.is_some().to_string());
    fields.push(answer.abstention.map_or("", AbstentionReason::name).to_owned());
    fields.push(answer.set.as_ref().map_or_else(String::new, |set| set.join("|")));
    fields.push(answer.distance.map_or_else(String::new, |distance| format!("{distance:.4}")));
    match table {
        Table::Top(top) => {
            let ranking = answer.ranking.iter().take(top);
            fields.extend(ranking.flat_map(|(class, p)| [(*class).to_owned(), format!("{p:.6}")]));
        }
        Table::All(classes) => fields.extend(classes.iter().map(|class| {
            let found = answer.ranking.iter().find(|(name, _)| name == class);
            found.map_or_else(String::new, |(_, p)| format!("{p:.6}"))
        })),
    }
    fields.extend((!views.is_one()).then(|| answer.views.to_string()));
    fields.push(String::new());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(abstention: Option<AbstentionReason>) -> Answer<'static> {
        Answer {
            ranking: vec![("rust", 0.75), ("healthy", 0.25)],
            abstention,
            set: Some(vec!["rust", "healthy"]),
            distance: Some(0.5),
            views: 1,
        }
    }

    fn written(format: Format) -> String {
        let old = Answer { set: None, distance: None, ..answer(None) };
        let mut bytes = Vec::new();
        let mut writer =
            Writer::new(&mut bytes, format, Views::ONE, Table::Top(2), &[], &BTreeMap::new()).unwrap();
        for (path, result) in [
            ("a, b.jpg", Ok(old)),
            ("c.jpg", Ok(answer(None))),
            ("d.jpg", Ok(answer(Some(AbstentionReason::LowConfidence)))),
            ("e.jpg", Ok(answer(Some(AbstentionReason::OutOfDistribution)))),
            ("f.jpg", Err("the file is empty".into())),
        ] {
            let remarks = if path == "c.jpg" { vec!["no-end-marker"] } else { vec![] };
            writer.write(&Row { path: path.into(), result, remarks }).unwrap();
        }
        writer.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_csv_row_has_the_columns_of_the_header() {
        let expected = "path,class,probability,abstained,reason,set,distance,\
                        candidate_1,candidate_1_probability,candidate_2,candidate_2_probability,error\n\
                        \"a, b.jpg\",rust,0.750000,false,,,,rust,0.750000,healthy,0.250000,\n\
                        c.jpg,rust,0.750000,false,,rust|healthy,0.5000,rust,0.750000,healthy,0.250000,\n\
                        d.jpg,,,true,low-confidence,rust|healthy,0.5000,rust,0.750000,healthy,0.250000,\n\
                        e.jpg,,,true,out-of-distribution,rust|healthy,0.5000,rust,0.750000,healthy,0.250000,\n\
                        f.jpg,,,,,,,,,,,the file is empty\n";
        assert_eq!(written(Format::Csv), expected);
    }

    #[test]
    fn all_classes_have_a_column_in_the_order_of_the_classifier() {
        let classes = ["healthy".to_owned(), "rust".to_owned()];
        let row = Row {
            path: "a.jpg".into(),
            result: Ok(answer(Some(AbstentionReason::LowConfidence))),
            remarks: Vec::new(),
        };
        let table = Table::All(&classes);
        assert_eq!(header(table, Views::ONE)[7..], ["p:healthy", "p:rust", "error"]);
        assert_eq!(record(&row, table, Views::ONE)[7..], ["0.250000", "0.750000", ""]);
        let failed =
            Row { path: "a.jpg".into(), result: Err("the file is empty".into()), remarks: Vec::new() };
        for views in [Views::ONE, Views::new(4).unwrap()] {
            assert_eq!(record(&failed, table, views).len(), header(table, views).len());
            assert_eq!(record(&row, table, views).len(), header(table, views).len());
        }
    }

    #[test]
    fn a_json_row_has_an_answer_or_an_error() {
        let text = written(Format::Jsonl);
        let rows: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows[0]["answer"], "rust");
        assert_eq!(rows[0]["predictions"][1]["class"], "healthy");
        assert!(
            rows[0].get("set").is_none() && rows[0].get("reason").is_none() && rows[0]["abstained"] == false
        );
        assert_eq!(rows[1]["set"][1], "healthy");
        assert!(rows[0].get("remarks").is_none() && rows[1]["remarks"][0] == "no-end-marker");
        assert_eq!(
            (&rows[2]["reason"], &rows[3]["reason"]),
            (&"low-confidence".into(), &"out-of-distribution".into())
        );
        assert!(rows[3]["answer"].is_null() && rows[3].get("answer").is_some());
        assert_eq!(rows[4], serde_json::json!({"path": "f.jpg", "error": "the file is empty"}));
    }

    #[test]
    fn text_is_a_line_a_photograph() {
        assert_eq!(
            written(Format::Text),
            "a, b.jpg  rust 75.0 %, healthy 25.0 %\n\
             c.jpg  rust 75.0 %, healthy 25.0 %; likely one of rust, healthy\n\
             d.jpg  unknown (no class is probable enough): rust 75.0 %, healthy 25.0 %; likely one of rust, healthy\n\
             e.jpg  unknown (unlike any training photo); closest: rust 75.0 %, healthy 25.0 %\n\
             f.jpg  error: the file is empty\n"
        );
    }
}
