//! Predictions as text, CSV or JSON lines.

use std::io::{self, Write};

use foliar_model::AbstentionReason;
use serde::Serialize;

use crate::arguments::Format;

/// The prediction for one photograph, or what is wrong with it.
pub(super) struct Row<'a> {
    pub(super) path: String,
    pub(super) result: Result<Answer<'a>, String>,
    /// Codes of what is odd about the file, though it was read.
    pub(super) remarks: Vec<&'static str>,
}

/// The prediction for one photograph.
#[derive(Clone, Debug)]
pub(super) struct Answer<'a> {
    /// Classes with their probabilities, the most probable first.
    pub(super) ranking: Vec<(&'a str, f64)>,
    /// Why the classifier abstains; `None` if it answers.
    pub(super) abstention: Option<AbstentionReason>,
    /// Classes that may be the true one; `None` for a bundle without prediction sets.
    pub(super) set: Option<Vec<&'a str>>,
    /// Above 1 is out-of-distribution; `None` for a bundle without a detector.
    pub(super) distance: Option<f64>,
}

impl Answer<'_> {
    /// The class, unless the classifier abstains.
    fn class(&self) -> Option<&str> {
        self.ranking.first().filter(|_| self.abstention.is_none()).map(|&(class, _)| class)
    }
}

#[derive(Serialize)]
struct JsonRow<'a> {
    path: &'a str,
    /// Absent for an error, null where the classifier abstains.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abstained: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predictions: Option<Vec<JsonPrediction<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    remarks: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPrediction<'a> {
    class: &'a str,
    probability: f64,
}

/// Writes rows in one form.
pub(super) enum Writer<W: Write> {
    Text(W),
    Csv { csv: Box<csv::Writer<W>>, top: usize },
    Jsonl(W),
}

impl<W: Write> Writer<W> {
    /// Rows of at most `top` classes.
    pub(super) fn new(out: W, format: Format, top: usize) -> io::Result<Self> {
        Ok(match format {
            Format::Text => Self::Text(out),
            Format::Jsonl => Self::Jsonl(out),
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(header(top)).map_err(io_error)?;
                Self::Csv { csv: Box::new(csv), top }
            }
        })
    }

    pub(super) fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self {
            Self::Text(out) => match &row.result {
                Ok(answer) => writeln!(out, "{}  {}", row.path, text(answer)),
                Err(reason) => writeln!(out, "{}  error: {reason}", row.path),
            },
            Self::Csv { csv, top } => csv.write_record(record(row, *top)).map_err(io_error),
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, &json(row))?;
                writeln!(out)
            }
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Text(mut out) | Self::Jsonl(mut out) => out.flush(),
            Self::Csv { mut csv, .. } => csv.flush(),
        }
    }
}

/// The operating system's error itself, so that a closed pipe is seen to be one.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
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

/// `path,class,probability,class_2,probability_2,...,answer,abstained,reason,set,distance,error`.
fn header(top: usize) -> Vec<String> {
    let mut fields = vec!["path".to_owned(), "class".to_owned(), "probability".to_owned()];
    for rank in 2..=top {
        fields.extend([format!("class_{rank}"), format!("probability_{rank}")]);
    }
    fields.extend(["answer", "abstained", "reason", "set", "distance", "error"].map(String::from));
    fields
}

fn record(row: &Row<'_>, top: usize) -> Vec<String> {
    let mut fields = vec![row.path.clone()];
    match &row.result {
        Ok(answer) => {
            let ranking = answer.ranking.iter();
            fields.extend(ranking.flat_map(|(class, p)| [(*class).to_owned(), format!("{p:.6}")]));
            fields.push(answer.class().unwrap_or("unknown").to_owned());
            fields.push(answer.abstention.is_some().to_string());
            fields.push(answer.abstention.map_or("", AbstentionReason::name).to_owned());
            fields.push(answer.set.as_ref().map_or_else(String::new, |set| set.join("|")));
            fields.push(answer.distance.map_or_else(String::new, |distance| format!("{distance:.4}")));
            fields.push(String::new());
        }
        Err(reason) => {
            fields.extend(std::iter::repeat_n(String::new(), 2 * top + 5));
            fields.push(reason.clone());
        }
    }
    fields
}

fn json<'a>(row: &'a Row<'_>) -> JsonRow<'a> {
    let answer = row.result.as_ref().ok();
    let prediction = |&(class, probability): &(&'a str, f64)| JsonPrediction { class, probability };
    JsonRow {
        path: &row.path,
        answer: answer.map(Answer::class),
        abstained: answer.map(|answer| answer.abstention.is_some()),
        reason: answer.and_then(|answer| answer.abstention).map(AbstentionReason::name),
        predictions: answer.map(|answer| answer.ranking.iter().map(prediction).collect()),
        set: answer.and_then(|answer| answer.set.as_deref()),
        distance: answer.and_then(|answer| answer.distance).filter(|distance| distance.is_finite()),
        remarks: &row.remarks,
        error: row.result.as_ref().err().map(String::as_str),
    }
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
        }
    }

    fn written(format: Format) -> String {
        let old = Answer { set: None, distance: None, ..answer(None) };
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, format, 2).unwrap();
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
        let expected = "path,class,probability,class_2,probability_2,answer,abstained,reason,set,distance,error\n\
                        \"a, b.jpg\",rust,0.750000,healthy,0.250000,rust,false,,,,\n\
                        c.jpg,rust,0.750000,healthy,0.250000,rust,false,,rust|healthy,0.5000,\n\
                        d.jpg,rust,0.750000,healthy,0.250000,unknown,true,low-confidence,rust|healthy,0.5000,\n\
                        e.jpg,rust,0.750000,healthy,0.250000,unknown,true,out-of-distribution,rust|healthy,0.5000,\n\
                        f.jpg,,,,,,,,,,the file is empty\n";
        assert_eq!(written(Format::Csv), expected);
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
