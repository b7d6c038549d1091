//! `foliar explain`: where in photographs the evidence for a class lies, and how much of it beside the leaf.

mod document;
mod text;

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_explain::{
    Classifier, Explainer, Explanation, Method, class_evidence, overlay, png, side_by_side,
};
use foliar_files::{Printable as _, write_atomically};
use foliar_model::{AbstentionReason, Bundle, Prediction, Predictor, decode_reduced};
use foliar_report::{Answer, AnsweredPhoto, Answers, answers_page};
use foliar_scan::OUTPUT_MARK;
use foliar_vision::{Limits, Rgb};

use self::document::{Class, Document, Photograph};
use super::inputs::{self, Input};
use super::{open_bundle, thumbnails, use_threads};
use crate::arguments::{ExplainArguments, MethodName};
use crate::exit::{Exit, UsageError};
use crate::output;
use crate::progress;

/// The page in the folder of the pictures.
const PAGE: &str = "explain.html";
/// Photographs of which the page holds small copies.
const PICTURED: usize = 1000;
/// What the file that marks the folder holds.
const MARK: &[u8] = b"Pictures made by foliar explain; no photos.\n";
/// Classes that a card names.
const NAMED: usize = 3;

pub(crate) fn run(arguments: &ExplainArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let bundle = open_bundle(&arguments.bundle)?;
    let class = arguments.class.as_deref().map(|name| class_number(&bundle, name)).transpose()?;
    let method = match arguments.method {
        MethodName::GradCam => Method::GradCam,
        MethodName::Occlusion => Method::Occlusion,
    };
    let classifier = Classifier {
        graph: &bundle.graph,
        state: &bundle.state,
        preprocessing: &bundle.preprocessing,
        temperature: bundle.temperature,
    };
    let mut explainer = Explainer::new(classifier, method)?;
    let mut predictor = Predictor::new(bundle, 1)?;
    let inputs = inputs::find(&arguments.paths)?;
    fs::create_dir_all(&arguments.out)
        .with_context(|| format!("{}: the folder cannot be created", arguments.out.shown()))?;
    // Where the folder lies among photos, nothing in it is taken for one.
    write_atomically(&arguments.out.join(OUTPUT_MARK), |file| file.write_all(MARK))
        .with_context(|| format!("{}: the folder cannot be written", arguments.out.shown()))?;
    let mut out = output::text();
    let bar = progress::photographs("explaining");
    bar.set_length(inputs.len() as u64);
    let classes = predictor.bundle().classes.clone();
    let (mut rows, mut cards, mut measured, mut unlike) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (index, input) in inputs.iter().enumerate() {
        let explained = explain(&mut explainer, &mut predictor, input, class);
        let row = match explained {
            Ok((photo, explanation, prediction)) => {
                let picture = picture_name(index, input);
                write_picture(&arguments.out.join(&picture), &photo, &explanation)?;
                // Where a photo shows none of the classes, the evidence tells nothing of the one that is closest.
                match prediction.abstention() {
                    Some(AbstentionReason::OutOfDistribution) if class.is_none() => unlike += 1,
                    _ => measured.push((explanation.class, explanation.background)),
                }
                let mut card = card(input.name(), &explanation, &prediction, &classes);
                if index < PICTURED {
                    card.photo = thumbnails::of_picture(&photo);
                    card.heat_map = thumbnails::of_picture(&overlay(&photo, &explanation));
                }
                cards.push(card);
                Photograph::explained(input.name(), &explanation, prediction.abstention(), &classes, picture)
            }
            Err(reason) => {
                let answer = Answer::Failed(reason.clone());
                cards.push(AnsweredPhoto { path: input.name(), answer, ..AnsweredPhoto::default() });
                Photograph::failed(input.name(), reason)
            }
        };
        if !arguments.json {
            bar.suspend(|| text::photograph(&mut out, &row))?;
        }
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let failed = rows.iter().any(|row| row.error.is_some());
    let evidence: Vec<Class<'_>> = class_evidence(measured)
        .into_iter()
        .map(|(class, share)| Class::new(class, share, &classes))
        .collect();
    let page = write_page(arguments, cards, text::remarks(&evidence, unlike))?;
    if arguments.json {
        let (bundle, out_folder) = (arguments.bundle.shown().to_string(), arguments.out.shown().to_string());
        let document = Document { bundle, method, out: out_folder, photographs: rows, classes: evidence };
        drop(out);
        output::stdout().json(&document)?;
    } else {
        text::classes(&mut out, &evidence, unlike)?;
        writeln!(out, "\npictures in {}, on one page in {page}", arguments.out.shown())?;
    }
    Ok(Exit::with_problems(failed))
}

/// The card of a photo on the page.
fn card(
    path: String,
    explanation: &Explanation,
    prediction: &Prediction,
    classes: &[String],
) -> AnsweredPhoto {
    let name = |class: usize| classes[class].clone();
    AnsweredPhoto {
        path,
        answer: match prediction.abstention() {
            Some(AbstentionReason::OutOfDistribution) => Answer::Unlike,
            Some(AbstentionReason::LowConfidence) => Answer::Unknown,
            None => Answer::Class(name(prediction.predicted())),
        },
        ranking: prediction.top(NAMED).into_iter().map(|(class, p)| (name(class), p)).collect(),
        set: prediction.set().into_iter().flatten().map(|&class| name(class)).collect(),
        evidence: format!("evidence for {}: {}", name(explanation.class), text::evidence_of(explanation)),
        ..AnsweredPhoto::default()
    }
}

/// Writes the page and returns its path.
fn write_page(
    arguments: &ExplainArguments,
    photos: Vec<AnsweredPhoto>,
    remarks: Vec<String>,
) -> anyhow::Result<String> {
    let path = arguments.html.clone().unwrap_or_else(|| arguments.out.join(PAGE));
    let answers = Answers {
        heading: format!("Where {} looks", super::folder_name(&arguments.bundle)),
        legend: text::LEGEND.map(str::to_owned).to_vec(),
        photos,
        remarks,
        written_by: "foliar explain".to_owned(),
    };
    write_atomically(&path, |file| file.write_all(answers_page(&answers).as_bytes()))
        .with_context(|| format!("{} cannot be written", path.shown()))?;
    Ok(path.display().to_string())
}

fn class_number(bundle: &Bundle, name: &str) -> Result<usize, UsageError> {
    bundle.classes.iter().position(|class| class == name).ok_or_else(|| {
        UsageError(format!(
            "--class {name}: the classes of this classifier are {}",
            bundle.classes.join(", ")
        ))
    })
}

/// The photo, where the evidence lies in it, and what the classifier says of it.
fn explain(
    explainer: &mut Explainer,
    predictor: &mut Predictor,
    input: &Input,
    class: Option<usize>,
) -> Result<(Rgb, Explanation, Prediction), String> {
    let path = match input {
        Input::File(path) | Input::Listed { file: path, .. } => path,
        Input::Missing { reason, .. } => return Err(reason.clone()),
    };
    let side = predictor.bundle().preprocessing.store_side;
    let photo = decode_reduced(path, side, &Limits::default()).map_err(|reason| reason.to_string())?;
    let explanation = explainer.explain(&photo, class).map_err(|error| error.to_string())?;
    let predictions = predictor.predict(std::slice::from_ref(&photo)).map_err(|error| error.to_string())?;
    let prediction = predictions.into_iter().next().ok_or_else(|| "the network gave no output".to_owned())?;
    Ok((photo, explanation, prediction))
}

/// `0007_leaf.png`: photographs of one name in several folders do not overwrite each other.
fn picture_name(index: usize, input: &Input) -> String {
    let name = input.name();
    let stem =
        Path::new(&name).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    format!("{index:04}_{stem}.png")
}

fn write_picture(path: &Path, photo: &Rgb, explanation: &Explanation) -> anyhow::Result<()> {
    let bytes = png(&side_by_side(photo, explanation)).with_context(|| path.shown().to_string())?;
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}
