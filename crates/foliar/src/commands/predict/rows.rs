//! Predictions as text, CSV or JSON lines.

use std::io::{self, Write};

use serde::Serialize;

use crate::arguments::Format;

/// What is said of one photograph: its classes with their probabilities, the most probable first, or what is wrong.
pub(super) struct Row<'a> {
    pub(super) path: String,
    pub(super) result: Result<Vec<(&'a str, f64)>, String>,
}

#[derive(Serialize)]
struct JsonRow<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    predictions: Option<Vec<JsonPrediction<'a>>>,
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
                Ok(classes) => {
                    let said: Vec<String> =
                        classes.iter().map(|(class, p)| format!("{class} {:.1} %", 100.0 * p)).collect();
                    writeln!(out, "{}  {}", row.path, said.join(", "))
                }
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

/// `path,class,probability,class_2,probability_2,...,error`.
fn header(top: usize) -> Vec<String> {
    let mut fields = vec!["path".to_owned(), "class".to_owned(), "probability".to_owned()];
    for rank in 2..=top {
        fields.extend([format!("class_{rank}"), format!("probability_{rank}")]);
    }
    fields.push("error".to_owned());
    fields
}

fn record(row: &Row<'_>, top: usize) -> Vec<String> {
    let mut fields = vec![row.path.clone()];
    match &row.result {
        Ok(classes) => {
            fields.extend(classes.iter().flat_map(|(class, p)| [(*class).to_owned(), format!("{p:.6}")]));
            fields.push(String::new());
        }
        Err(reason) => {
            fields.extend(std::iter::repeat_n(String::new(), 2 * top));
            fields.push(reason.clone());
        }
    }
    fields
}

fn json<'a>(row: &'a Row<'_>) -> JsonRow<'a> {
    let predictions = row.result.as_ref().ok().map(|classes| {
        let prediction = |&(class, probability): &(&'a str, f64)| JsonPrediction { class, probability };
        classes.iter().map(prediction).collect()
    });
    JsonRow { path: &row.path, predictions, error: row.result.as_ref().err().map(String::as_str) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, format, 2).unwrap();
        writer
            .write(&Row { path: "a, b.jpg".into(), result: Ok(vec![("rust", 0.75), ("healthy", 0.25)]) })
            .unwrap();
        writer.write(&Row { path: "c.jpg".into(), result: Err("the file is empty".into()) }).unwrap();
        writer.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_csv_row_has_the_columns_of_the_header() {
        let expected = "path,class,probability,class_2,probability_2,error\n\
                        \"a, b.jpg\",rust,0.750000,healthy,0.250000,\n\
                        c.jpg,,,,,the file is empty\n";
        assert_eq!(written(Format::Csv), expected);
    }

    #[test]
    fn a_json_row_has_predictions_or_an_error() {
        let expected = "{\"path\":\"a, b.jpg\",\"predictions\":[{\"class\":\"rust\",\"probability\":0.75},\
                        {\"class\":\"healthy\",\"probability\":0.25}]}\n\
                        {\"path\":\"c.jpg\",\"error\":\"the file is empty\"}\n";
        assert_eq!(written(Format::Jsonl), expected);
    }

    #[test]
    fn text_is_a_line_a_photograph() {
        assert_eq!(
            written(Format::Text),
            "a, b.jpg  rust 75.0 %, healthy 25.0 %\nc.jpg  error: the file is empty\n"
        );
    }
}
