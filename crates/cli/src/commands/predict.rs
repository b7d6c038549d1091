//! `foliar predict`: photographs in, classes out.

mod rows;

use std::path::Path;

use foliar_model::{Prediction, Predictor};
use foliar_vision::{Limits, Problem, Reason};

use self::rows::{Answer, Row, Writer};
use super::inputs::{self, Input};
use super::{file_problems, open_bundle_with_risk, use_threads};
use crate::arguments::PredictArguments;
use crate::exit::Exit;
use crate::output;

/// Photographs in one pass of the network.
const BATCH: usize = 16;

pub(crate) fn run(arguments: &PredictArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let bundle = open_bundle_with_risk(&arguments.bundle, arguments.risk)?;
    let inputs = inputs::find(&arguments.paths);
    // One photograph needs no room for sixteen.
    let mut predictor = Predictor::new(bundle, inputs.len().clamp(1, BATCH))?;
    let classes = predictor.bundle().classes.clone();
    let top = (arguments.top as usize).min(classes.len());
    let mut writer = Writer::new(output::stdout(), arguments.format, top)?;
    let mut failures = 0;
    let mut remarked = Vec::new();
    let mut write = |input: &Input, result: Result<Answer<'_>, String>, remarks: &[Reason]| {
        failures += usize::from(result.is_err());
        remarked.extend(remarks.iter().map(|remark| Problem::new(input.name(), remark.clone())));
        writer.write(&Row { path: input.name(), result, remarks: remarks.iter().map(Reason::code).collect() })
    };
    for inputs in inputs.chunk_by(|a, b| a.file().is_some() == b.file().is_some()) {
        let files: Vec<&Path> = inputs.iter().filter_map(Input::file).collect();
        for input in inputs {
            if let Input::Missing { reason, .. } = input {
                write(input, Err(reason.clone()), &[])?;
            }
        }
        let mut written = Ok(());
        predictor.predict_files_with_remarks(
            &files,
            &Limits::default(),
            &mut |index, prediction, remarks| {
                let result = match prediction {
                    Ok(prediction) => answer(&prediction, top, &classes),
                    Err(reason) => Err(reason.to_string()),
                };
                if written.is_ok() {
                    written = write(&inputs[index], result, remarks);
                }
            },
        )?;
        written?;
    }
    writer.finish()?;
    for line in file_problems::remark_lines(&remarked) {
        say!("{line}");
    }
    Ok(Exit::with_problems(failures > 0))
}

/// A prediction for people: the most probable classes, or that the classifier abstains.
pub(super) fn in_words(prediction: &Prediction, top: usize, classes: &[String]) -> String {
    match answer(prediction, top, classes) {
        Ok(answer) => rows::text(&answer),
        Err(reason) => format!("error: {reason}"),
    }
}

fn answer<'a>(prediction: &Prediction, top: usize, classes: &'a [String]) -> Result<Answer<'a>, String> {
    if !prediction.logits.iter().all(|logit| logit.is_finite()) {
        return Err("the network's outputs are not finite numbers".to_owned());
    }
    let name = |class: usize| classes[class].as_str();
    let ranking = prediction.top(top).into_iter().map(|(class, probability)| (name(class), probability));
    Ok(Answer {
        ranking: ranking.collect(),
        abstention: prediction.abstention(),
        set: prediction.set().map(|set| set.iter().map(|&class| name(class)).collect()),
        distance: prediction.distance(),
    })
}
