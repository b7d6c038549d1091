//! `foliar export`: a classifier in the formats of other programs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use foliar_catalogue::find;
use foliar_eval::{OutOfFoldAccuracy, out_of_fold_accuracy};
use foliar_export::{Figures, InputForm, OnnxOptions, Origin, WeightType, onnx, onnx_program, torch};
use foliar_files::{Printable as _, write_atomically};
use foliar_metrics::Calibrated;
use foliar_model::{Bundle, Predictor};
use foliar_results::words::count;
use foliar_runlog::RunDir;
use foliar_train::{Recipe, Run};
use foliar_vision::Digest;

use super::inputs;
use super::{folder_name, open_bundle_with_risk, paths, predict};
use crate::arguments::{ExportArguments, ExportFormat, InputName, WeightsName};
use crate::exit::{Exit, UsageError};
use crate::output;

/// What `foliar predict` says of the photos of `--check`.
const EXPECTED: &str = "expected.jsonl";

pub(crate) fn run(arguments: &ExportArguments) -> anyhow::Result<Exit> {
    if arguments.format == ExportFormat::Torch && arguments.input.is_some() {
        let what = "--input is for --format onnx: a module of PyTorch takes float32 [n, 3, size, size]";
        return Err(UsageError(what.to_owned()).into());
    }
    let file = paths::bundle(&arguments.bundle)?;
    let bundle = open_bundle_with_risk(&arguments.bundle, arguments.risk)?;
    let origin = origin(&file, &bundle)?;
    let weights = match arguments.weights {
        WeightsName::F32 => WeightType::F32,
        WeightsName::F16 => WeightType::F16,
    };
    let input = match arguments.input {
        Some(InputName::Tensor) => InputForm::Tensor,
        Some(InputName::Image) | None => InputForm::Image,
    };
    let mut written = Written::default();
    let folder = match arguments.format {
        ExportFormat::Onnx => {
            let out = arguments.out.clone().unwrap_or_else(|| file.with_file_name("model.onnx"));
            let bytes = onnx(&bundle, &origin, OnnxOptions { input, weights })?;
            written.write(&out, &bytes)?;
            written.write(&with_end(&out, ".py"), onnx_program(input).as_bytes())?;
            out.parent().unwrap_or(Path::new("")).to_owned()
        }
        ExportFormat::Torch => {
            let out = arguments.out.clone().unwrap_or_else(|| file.with_file_name("torch"));
            fs::create_dir_all(&out)
                .with_context(|| format!("{}: the folder cannot be created", out.shown()))?;
            for (name, bytes) in torch(&bundle, &origin, weights)? {
                written.write(&out.join(name), &bytes)?;
            }
            out
        }
    };
    let traps = traps(&bundle, arguments.format, input, weights);
    let mut failures = 0;
    if !arguments.check.is_empty() {
        let inputs = inputs::find(&arguments.check);
        let mut rows = Vec::new();
        let mut predictor = Predictor::new(bundle, predict::BATCH)?;
        failures = predict::json_rows(&mut predictor, &inputs, &mut rows)?;
        written.write(&folder.join(EXPECTED), &rows)?;
    }
    written.print()?;
    traps.iter().for_each(|trap| say!("{trap}"));
    Ok(Exit::with_problems(failures > 0))
}

/// What the surroundings of a bundle know of it.
pub(super) fn origin(file: &Path, bundle: &Bundle) -> anyhow::Result<Origin> {
    let bytes = foliar_files::read(file).with_context(|| format!("{} cannot be read", file.shown()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let is_run = file.file_name() == Some(RunDir::BUNDLE.as_ref()) && folder.join(RunDir::RECIPE).is_file();
    // A run whose tables cannot be read leaves a classifier of which less is known, and that is said.
    let figures = if is_run {
        figures(folder, bundle).unwrap_or_else(|error| {
            say!("note: how good it is cannot be told: {error}");
            None
        })
    } else {
        None
    };
    Ok(Origin { bundle_blake3: Digest::of(&bytes).to_string(), licence: licence(bundle), figures })
}

fn figures(folder: &Path, bundle: &Bundle) -> anyhow::Result<Option<Figures>> {
    let run = Run::open(folder)?;
    let found = out_of_fold_accuracy(&run, &bundle.classes)?;
    let refitted =
        bundle.uncertainty.as_ref().is_some_and(|uncertainty| uncertainty.calibrated == Calibrated::Refitted);
    Ok(found.map(|OutOfFoldAccuracy { accuracy, photographs, groups, .. }| {
        let on = format!("{} in {}", count(photographs, "photo", "photos"), count(groups, "group", "groups"));
        let judged_by = if refitted {
            format!("{}-fold cross-validation on {on}", run.recipe.refit)
        } else {
            format!("{on} held back for validation; they also chose the epoch")
        };
        Figures { accuracy, photographs, groups, judged_by }
    }))
}

/// The licence of the weights that training began with. A file of the catalogue is known by its name.
fn licence(bundle: &Bundle) -> Option<String> {
    let recipe = Recipe::of_bundle(bundle).ok()?;
    match recipe.weights {
        None => Some("trained from random weights".to_owned()),
        Some(weights) => {
            let name = folder_name(&weights.file);
            find(&name).ok().map(|entry| format!("weights of {name}: {}", entry.licence))
        }
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What whoever uses the file must do right, in plain words.
fn traps(bundle: &Bundle, format: ExportFormat, input: InputForm, weights: WeightType) -> Vec<String> {
    let size = bundle.preprocessing.size;
    let mut lines = match (format, input) {
        (ExportFormat::Onnx, InputForm::Image) => vec![
            "it takes one photo as it is, uint8 [height, width, 3]: do not resize, crop or normalise it"
                .to_owned(),
        ],
        _ => vec![format!(
            "it takes float32 [n, 3, {size}, {size}]: reduce, crop and normalise photos as the Python program does"
        )],
    };
    lines.extend(
        [
            "turn the photo upright first, as its EXIF orientation says (Pillow: ImageOps.exif_transpose)",
            "the order is red, green, blue; OpenCV and C# bitmaps have it the other way round",
            "bring colours to sRGB where the photo has a profile (iPhones), and draw transparent parts over white",
        ]
        .map(str::to_owned),
    );
    match (&bundle.uncertainty, format) {
        (_, ExportFormat::Torch) => lines.push(
            "the module gives logits: load.py divides them by the temperature; sets and unknown are in ONNX files alone"
                .to_owned(),
        ),
        (None, _) => lines.push(
            "it never abstains and has no prediction sets: it was trained without validation photos".to_owned(),
        ),
        (Some(uncertainty), _) if uncertainty.ood.is_none() => {
            lines.push("it does not know photos unlike its training photos: there were too few to tell".to_owned());
        }
        _ => {}
    }
    if weights == WeightType::F16 {
        lines.push(
            "with weights of half precision about one answer in a hundred differs from `foliar predict`"
                .to_owned(),
        );
    }
    lines
}

/// Files that were written.
#[derive(Default)]
struct Written(Vec<(PathBuf, usize)>);

impl Written {
    fn write(&mut self, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        write_atomically(path, |file| file.write_all(bytes))
            .with_context(|| format!("{} cannot be written", path.shown()))?;
        self.0.push((path.to_owned(), bytes.len()));
        Ok(())
    }

    fn print(&self) -> io::Result<()> {
        let mut out = output::stdout();
        for (path, bytes) in &self.0 {
            writeln!(out, "{}  {}", path.shown(), size(*bytes))?;
        }
        out.flush()
    }
}

/// `7.6 MB`, `12 kB` or `40 bytes`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
