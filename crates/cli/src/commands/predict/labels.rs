//! Predictions of a classifier of labels: which labels each photograph shows.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use foliar_files::cell;
use foliar_model::{Bundle, LabelAnswer, LabelPredictor, LabelsRow, Presence};
use foliar_train::Recipe;
use foliar_vision::{Limits, Reason};

use super::BATCH;
use super::classify::{Classify, EachRow, Seen, each_input};
#[cfg(feature = "parquet")]
use super::columnar::Columnar;
use crate::arguments::{Format, PredictArguments};
use crate::commands::inputs::Input;
use crate::exit::UsageError;
use crate::output::io_error;
use crate::wrap::Fitted;

/// A classifier of labels, and the form of its rows.
pub(super) struct Labels {
    predictor: LabelPredictor,
    format: Format,
    labels: Vec<String>,
    /// How the table of labels of the training wrote them.
    codes: BTreeMap<String, String>,
}

impl Labels {
    /// Rows of `bundle`, one of labels, in `format` as `arguments` say, of at most `photographs`.
    pub(super) fn new(
        arguments: &PredictArguments,
        bundle: Bundle,
        format: Format,
        photographs: usize,
    ) -> anyhow::Result<Self> {
        if arguments.html.is_some() {
            let what = "--html: its page shows one class a photo, and this is a multi-label classifier; use --format csv or jsonl";
            return Err(UsageError(what.to_owned()).into());
        }
        let mut predictor = LabelPredictor::new(bundle, photographs.clamp(1, BATCH))?;
        if let Some(risk) = arguments.risk {
            predictor.set_risk(risk)?;
        }
        let labels = predictor.bundle().classes.clone();
        let recipe = Recipe::of_bundle(predictor.bundle()).ok();
        let codes =
            recipe.and_then(|recipe| recipe.data.labels).map(|labels| labels.codes).unwrap_or_default();
        Ok(Self { predictor, format, labels, codes })
    }
}

impl Classify for Labels {
    fn table(
        &mut self,
        pieces: &mut dyn Iterator<Item = Vec<Input>>,
        out: &mut dyn Write,
        each: &mut EachRow<'_>,
    ) -> anyhow::Result<ControlFlow<()>> {
        let Self { predictor, format, labels, codes } = self;
        let labels: &[String] = labels;
        let mut writer = Writer::new(out, *format, labels, codes.clone())?;
        let rules = predictor.rules().clone();
        for inputs in pieces {
            let ended = each_input(
                &inputs,
                &mut |files, each| predictor.predict_files(files, &Limits::default(), each),
                &mut |input, logits: Result<Vec<f32>, String>, remarks| {
                    let result = logits.and_then(|logits| LabelsRow::answers(&logits, &rules, labels));
                    let failed = result.is_err();
                    let codes = remarks.iter().map(Reason::code).collect();
                    writer.write(&LabelsRow { path: input.name(), result, remarks: codes })?;
                    Ok(each(Seen { input, failed, remarks }))
                },
            )?;
            if ended.is_break() {
                return Ok(ended);
            }
        }
        writer.finish()?;
        Ok(ControlFlow::Continue(()))
    }
}

/// Writes rows in one form.
enum Writer<'a, W: Write> {
    Text(Fitted<W>),
    Jsonl(W),
    /// A column of the labels that are called, then a probability and a presence for each label.
    Csv {
        csv: Box<csv::Writer<W>>,
        labels: &'a [String],
    },
    #[cfg(feature = "parquet")]
    Parquet {
        parquet: Box<Columnar<W>>,
        labels: &'a [String],
    },
    /// As competitions take them: the labels with blanks between them, or the probabilities of all, in the words of the table.
    Kaggle {
        csv: Box<csv::Writer<W>>,
        labels: &'a [String],
        codes: BTreeMap<String, String>,
        all: bool,
    },
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(
        out: W,
        format: Format,
        labels: &'a [String],
        codes: BTreeMap<String, String>,
    ) -> io::Result<Self> {
        let header = |out: W, fields: Vec<String>| {
            let mut csv = Box::new(csv::Writer::from_writer(out));
            csv.write_record(fields).map_err(io_error)?;
            Ok::<_, io::Error>(csv)
        };
        let code = |label: &String| codes.get(label).unwrap_or(label).clone();
        Ok(match format {
            Format::Text => Self::Text(Fitted::new(out)),
            Format::Jsonl => Self::Jsonl(out),
            Format::Csv => Self::Csv { csv: header(out, columns(labels))?, labels },
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                Self::Parquet { parquet: Box::new(Columnar::new(out, &columns(labels))?), labels }
            }
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(io::Error::other(super::NO_PARQUET)),
            Format::Kaggle => {
                let fields = vec!["image".to_owned(), "labels".to_owned()];
                Self::Kaggle { csv: header(out, fields)?, labels, codes, all: false }
            }
            Format::KaggleProbabilities => {
                let fields = std::iter::once("image_id".to_owned()).chain(labels.iter().map(code)).collect();
                Self::Kaggle { csv: header(out, fields)?, labels, codes, all: true }
            }
        })
    }

    fn write(&mut self, row: &LabelsRow<'_>) -> io::Result<()> {
        match self {
            Self::Text(out) => match &row.result {
                Ok(answers) => writeln!(out, "{}  {}", row.path, text(answers)),
                Err(reason) => writeln!(out, "{}  error: {reason}", row.path),
            },
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, row)?;
                writeln!(out)
            }
            Self::Csv { csv, labels } => {
                let fields = record(row, labels);
                csv.write_record(fields.iter().map(|field| cell::defused(field).into_owned()))
                    .map_err(io_error)
            }
            #[cfg(feature = "parquet")]
            Self::Parquet { parquet, labels } => parquet.write(record(row, labels)),
            Self::Kaggle { csv, labels, codes, all } => {
                let file = Path::new(&row.path).file_name().map(|name| name.to_string_lossy().into_owned());
                let mut fields = vec![file.unwrap_or_else(|| row.path.clone())];
                if let Err(reason) = &row.result {
                    say!("{}: {reason}; its row is empty", row.path);
                }
                match (&row.result, *all) {
                    (Ok(answers), true) => {
                        fields.extend(answers.iter().map(|(_, answer)| format!("{:.6}", answer.probability)));
                    }
                    (Err(_), true) => fields.resize(labels.len() + 1, String::new()),
                    (_, false) => {
                        let word = |label: &str| codes.get(label).map_or(label, String::as_str).to_owned();
                        fields.push(row.called().into_iter().map(word).collect::<Vec<_>>().join(" "));
                    }
                }
                csv.write_record(fields).map_err(io_error)
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Text(mut out) => out.flush(),
            Self::Jsonl(mut out) => out.flush(),
            Self::Csv { mut csv, .. } | Self::Kaggle { mut csv, .. } => csv.flush(),
            #[cfg(feature = "parquet")]
            Self::Parquet { parquet, .. } => parquet.finish(),
        }
    }
}

/// A line for people: the labels that are there, the most probable first, and those of which it cannot be told.
fn text(answers: &[(&str, LabelAnswer)]) -> String {
    let mut ranked: Vec<&(&str, LabelAnswer)> = answers.iter().collect();
    ranked.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability));
    let word = |(label, answer): &(&str, LabelAnswer)| format!("{label} {:.1} %", 100.0 * answer.probability);
    let called: Vec<String> =
        ranked.iter().filter(|(_, answer)| answer.called).map(|entry| word(entry)).collect();
    let words = match (called.is_empty(), ranked.first()) {
        (true, Some(closest)) => format!("no label; closest: {}", word(closest)),
        _ => called.join(", "),
    };
    let unsure: Vec<&str> = ranked
        .iter()
        .filter(|(_, answer)| answer.presence == Some(Presence::Unsure))
        .map(|(label, _)| *label)
        .collect();
    if unsure.is_empty() { words } else { format!("{words}; cannot tell: {}", unsure.join(", ")) }
}

/// `path,labels`, then `p:LABEL,presence:LABEL` for every label, and `error`.
fn columns(labels: &[String]) -> Vec<String> {
    let of = |label: &String| [format!("p:{label}"), format!("presence:{label}")];
    let mut fields = vec!["path".to_owned(), "labels".to_owned()];
    fields.extend(labels.iter().flat_map(of));
    fields.push("error".to_owned());
    fields
}

fn record(row: &LabelsRow<'_>, labels: &[String]) -> Vec<String> {
    let mut fields = vec![row.path.clone()];
    match &row.result {
        Ok(answers) => {
            fields.push(row.called().join("|"));
            fields.extend(answers.iter().flat_map(|(_, answer)| {
                let presence = answer.presence.map_or("", Presence::name);
                [format!("{:.6}", answer.probability), presence.to_owned()]
            }));
            fields.push(String::new());
        }
        Err(reason) => {
            fields.resize(2 * labels.len() + 2, String::new());
            fields.push(reason.clone());
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let labels = ["rust".to_owned(), "scab".to_owned()];
        let answer = |probability, called, presence| LabelAnswer { probability, called, presence };
        let codes = BTreeMap::from([("scab".to_owned(), "2".to_owned())]);
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, format, &labels, codes).unwrap();
        let both = vec![
            ("rust", answer(0.75, true, Some(Presence::Unsure))),
            ("scab", answer(0.875, true, Some(Presence::Present))),
        ];
        let none = vec![("rust", answer(0.25, false, None)), ("scab", answer(0.125, false, None))];
        for (path, result) in
            [("a/1.jpg", Ok(both)), ("a/2.jpg", Ok(none)), ("3.jpg", Err("the file is empty".to_owned()))]
        {
            writer.write(&LabelsRow { path: path.to_owned(), result, remarks: Vec::new() }).unwrap();
        }
        writer.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_form_says_which_labels_are_there() {
        assert_eq!(
            written(Format::Text),
            "a/1.jpg  scab 87.5 %, rust 75.0 %; cannot tell: rust\n\
             a/2.jpg  no label; closest: rust 25.0 %\n\
             3.jpg  error: the file is empty\n"
        );
        assert_eq!(
            written(Format::Csv),
            "path,labels,p:rust,presence:rust,p:scab,presence:scab,error\n\
             a/1.jpg,rust|scab,0.750000,unsure,0.875000,present,\n\
             a/2.jpg,,0.250000,,0.125000,,\n\
             3.jpg,,,,,,the file is empty\n"
        );
        assert_eq!(written(Format::Kaggle), "image,labels\n1.jpg,rust 2\n2.jpg,\n3.jpg,\n");
        assert_eq!(
            written(Format::KaggleProbabilities),
            "image_id,rust,2\n1.jpg,0.750000,0.875000\n2.jpg,0.250000,0.125000\n3.jpg,,\n"
        );
        let rows: Vec<serde_json::Value> =
            written(Format::Jsonl).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows[0]["labels"], serde_json::json!(["rust", "scab"]));
        assert_eq!(rows[0]["predictions"][0]["presence"], "unsure");
        assert!(
            rows[1]["predictions"][0].get("presence").is_none() && rows[1]["labels"] == serde_json::json!([])
        );
        assert_eq!(rows[2], serde_json::json!({"path": "3.jpg", "error": "the file is empty"}));
    }
}
