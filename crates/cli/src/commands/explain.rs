//! `foliar explain`: where in photographs the evidence for a class lies, and how much of it beside the leaf.

mod document;
mod text;

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_explain::{Classifier, Explainer, Explanation, Method, class_evidence, png, side_by_side};
use foliar_files::Printable as _;
use foliar_files::write_atomically;
use foliar_model::{Bundle, decode_reduced};
use foliar_vision::{Limits, OUTPUT_MARK, Rgb};

use self::document::{Class, Document, Photograph};
use super::inputs::{self, Input};
use super::{open_bundle, use_threads};
use crate::arguments::{ExplainArguments, MethodName};
use crate::exit::{Exit, UsageError};
use crate::output;
use crate::progress;

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
    let inputs = inputs::find(&arguments.paths);
    fs::create_dir_all(&arguments.out)
        .with_context(|| format!("{}: the folder cannot be created", arguments.out.shown()))?;
    // Where the folder lies among photos, nothing in it is taken for one.
    fs::write(arguments.out.join(OUTPUT_MARK), "Pictures made by foliar explain; no photos.\n")
        .with_context(|| format!("{}: the folder cannot be written", arguments.out.shown()))?;
    let mut out = output::stdout();
    let bar = progress::photographs("explaining");
    bar.set_length(inputs.len() as u64);
    let (mut rows, mut measured) = (Vec::new(), Vec::new());
    for (index, input) in inputs.iter().enumerate() {
        let explained = explain(&mut explainer, input, class, &bundle);
        let row = match explained {
            Ok((photo, explanation)) => {
                let picture = picture_name(index, input);
                write_picture(&arguments.out.join(&picture), &photo, &explanation)?;
                measured.push((explanation.class, explanation.background));
                Photograph::explained(input.name(), &explanation, &bundle.classes, picture)
            }
            Err(reason) => Photograph::failed(input.name(), reason),
        };
        if !arguments.json {
            bar.suspend(|| text::photograph(&mut out, &row))?;
        }
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let failed = rows.iter().any(|row| row.error.is_some());
    let classes: Vec<Class<'_>> = class_evidence(measured)
        .into_iter()
        .map(|(class, share)| Class::new(class, share, &bundle.classes))
        .collect();
    if arguments.json {
        let (bundle, out_folder) = (arguments.bundle.shown().to_string(), arguments.out.shown().to_string());
        let document = Document { bundle, method, out: out_folder, photographs: rows, classes };
        out.json(&document)?;
    } else {
        text::classes(&mut out, &classes, &arguments.out)?;
    }
    Ok(Exit::with_problems(failed))
}

fn class_number(bundle: &Bundle, name: &str) -> Result<usize, UsageError> {
    bundle.classes.iter().position(|class| class == name).ok_or_else(|| {
        UsageError(format!(
            "--class {name}: the classes of this classifier are {}",
            bundle.classes.join(", ")
        ))
    })
}

fn explain(
    explainer: &mut Explainer,
    input: &Input,
    class: Option<usize>,
    bundle: &Bundle,
) -> Result<(Rgb, Explanation), String> {
    let path = match input {
        Input::File(path) => path,
        Input::Missing { reason, .. } => return Err(reason.clone()),
    };
    let side = bundle.preprocessing.store_side;
    let photo = decode_reduced(path, side, &Limits::default()).map_err(|reason| reason.to_string())?;
    let explanation = explainer.explain(&photo, class).map_err(|error| error.to_string())?;
    Ok((photo, explanation))
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
