//! `foliar export`: a classifier in the formats of other programs.

mod place;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use foliar_catalogue::{CATALOGUE, verify};
use foliar_eval::{OutOfFoldAccuracy, out_of_fold_accuracy};
use foliar_export::{
    Figures, InputForm, OnnxOptions, Origin, Page, WeightType, is_exported_onnx, is_exported_tflite, onnx,
    onnx_program, tflite, tflite_program, torch,
};
use foliar_files::Printable as _;
use foliar_metrics::Calibrated;
use foliar_model::{Bundle, Predictor};
use foliar_results::words::count;
use foliar_runlog::RunDir;
use foliar_train::{Recipe, Run};
use foliar_vision::Digest;

use self::place::Place;
use super::inputs;
use super::{open_bundle_with_digest, paths, predict};
use crate::arguments::{ExportArguments, ExportFormat, InputName, WeightsName};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Bytes of a page from which phones take long to open it.
const LARGE_PAGE: usize = 30_000_000;

pub(crate) fn run(arguments: &ExportArguments) -> anyhow::Result<Exit> {
    let takes = match arguments.format {
        ExportFormat::Onnx => None,
        ExportFormat::Tflite => Some("a TFLite file takes uint8 [1, size, size, 3]"),
        ExportFormat::Torch => Some("a module of PyTorch takes float32 [n, 3, size, size]"),
        ExportFormat::Page => Some("a page takes photos as they are"),
    };
    if let (Some(takes), true) = (takes, arguments.input.is_some()) {
        return Err(UsageError(format!("--input is for --format onnx: {takes}")).into());
    }
    let file = paths::bundle(&arguments.bundle)?;
    let (mut bundle, digest) = open_bundle_with_digest(&arguments.bundle, arguments.risk)?;
    let origin = origin(&file, digest, &bundle);
    let weights = match (arguments.weights, arguments.format) {
        (Some(WeightsName::F16), _) | (None, ExportFormat::Page) => WeightType::F16,
        (Some(WeightsName::F32) | None, _) => WeightType::F32,
    };
    let input = match arguments.input {
        Some(InputName::Tensor) => InputForm::Tensor,
        Some(InputName::Image) | None => InputForm::Image,
    };
    let place = match arguments.format {
        ExportFormat::Onnx => {
            let out = arguments.out.clone().unwrap_or_else(|| file.with_file_name("model.onnx"));
            Place::of_file(out, &file, "model.onnx", is_exported_onnx)?
        }
        ExportFormat::Tflite => {
            let out = arguments.out.clone().unwrap_or_else(|| file.with_file_name("model.tflite"));
            Place::of_file(out, &file, "model.tflite", is_exported_tflite)?
        }
        ExportFormat::Torch => {
            let out = arguments.out.clone().unwrap_or_else(|| file.with_file_name("torch"));
            Place::of_folder(out)?
        }
        ExportFormat::Page => {
            let out = arguments.out.clone().unwrap_or_else(|| file.with_file_name("model.html"));
            Place::of_page(out, &file)?
        }
    };
    let with_check = !arguments.check.is_empty();
    place.check(with_check)?;
    let mut parts = match arguments.format {
        ExportFormat::Onnx => place.parts([
            onnx(&bundle, &origin, OnnxOptions { input, weights })?,
            onnx_program(input).into_bytes(),
        ]),
        ExportFormat::Tflite => {
            place.parts([tflite(&bundle, &origin, weights)?, tflite_program().into_bytes()])
        }
        ExportFormat::Torch => place.parts(torch(&bundle, &origin, weights)?.map(|(_, bytes)| bytes)),
        ExportFormat::Page => {
            let page = Page::new(&bundle, &origin, weights)?;
            // What --check is told is what the page says, of weights that may be rounded.
            bundle = in_page(&page, &bundle)?;
            if place.is_folder() {
                place.parts(page.folder()?.map(|(_, bytes)| bytes))
            } else {
                place.parts([page.file()?])
            }
        }
    };
    let traps = match arguments.format {
        ExportFormat::Page => hints(&bundle, &place, weights, &parts),
        format => traps(&bundle, format, input, weights),
    };
    let mut failures = 0;
    let mut stale = None;
    if with_check {
        let inputs = inputs::find(&arguments.check)?;
        let mut rows = Vec::new();
        let mut predictor = Predictor::new(bundle, predict::BATCH)?;
        failures = predict::json_rows(&mut predictor, &inputs, &mut rows)?;
        parts.push((place.expected().to_owned(), rows));
    } else {
        stale = place.remove_stale(&parts)?;
    }
    print(&place.write(parts)?)?;
    if let Some(removed) = stale {
        say!(
            "removed {}: it was of another export; --check PHOTOS writes what belongs to this one",
            removed.shown()
        );
    }
    traps.iter().for_each(|trap| say!("{trap}"));
    Ok(Exit::with_problems(failures > 0))
}

/// The classifier in a page, at the risk of `bundle`.
fn in_page(page: &Page, bundle: &Bundle) -> anyhow::Result<Bundle> {
    let mut inside = Bundle::from_bytes(page.bundle().to_vec()).map_err(anyhow::Error::msg)?;
    if let (Some(inside), Some(outside)) = (&mut inside.uncertainty, &bundle.uncertainty) {
        inside.set_risk(outside.level().sets.alpha)?;
    }
    Ok(inside)
}

/// What the surroundings of a bundle know of it.
pub(super) fn origin(file: &Path, digest: Digest, bundle: &Bundle) -> Origin {
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
    Origin { bundle_blake3: digest.to_string(), licence: licence(bundle), figures }
}

fn figures(folder: &Path, bundle: &Bundle) -> anyhow::Result<Option<Figures>> {
    let run = Run::open(folder)?;
    let found = out_of_fold_accuracy(&run, &bundle.classes)?;
    let refitted =
        bundle.uncertainty.as_ref().is_some_and(|uncertainty| uncertainty.calibrated == Calibrated::Refitted);
    Ok(found.map(|OutOfFoldAccuracy { accuracy, photographs, groups, .. }| {
        let on = format!("{} in {}", count(photographs, "photo", "photos"), count(groups, "group", "groups"));
        let folds = refitted.then_some(run.recipe.refit);
        let judged_by = if let Some(folds) = folds {
            format!("{folds}-fold cross-validation on {on}")
        } else {
            format!("{on} held back for validation; they also chose the epoch")
        };
        Figures { accuracy, photographs, groups, judged_by, folds }
    }))
}

/// The licence of the weights that training began with, where it is certain which they were.
fn licence(bundle: &Bundle) -> Option<String> {
    // The recipe of a merged classifier is that of its first run alone.
    if !bundle.provenance.members.is_empty() {
        return None;
    }
    match Recipe::of_bundle(bundle).ok()?.weights {
        None => Some("trained from random weights".to_owned()),
        Some(weights) => licence_of(&weights.file, &bundle.graph.name),
    }
}

/// The licence of a file of the catalogue, which has its whole name and is of this network. Where it still is there, its digest must
/// be the published one.
fn licence_of(weights: &Path, network: &str) -> Option<String> {
    let name = weights.file_name()?;
    let entry = CATALOGUE.iter().find(|entry| name == entry.file && entry.model == network)?;
    if weights.exists() && verify(weights).is_err() {
        return None;
    }
    Some(format!("weights of {}: {}", entry.file, entry.licence))
}

/// What whoever uses the file must do right, in plain words.
fn traps(bundle: &Bundle, format: ExportFormat, input: InputForm, weights: WeightType) -> Vec<String> {
    let size = bundle.preprocessing.size;
    let mut lines = match (format, input) {
        (ExportFormat::Onnx, InputForm::Image) => vec![
            "it takes one photo as it is, uint8 [height, width, 3]: do not resize, crop or normalise it"
                .to_owned(),
        ],
        (ExportFormat::Tflite, _) => vec![format!(
            "it takes uint8 [1, {size}, {size}, 3]: reduce and crop photos as the Python program does, and do not normalise them"
        )],
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
            "the module gives logits: load.py divides them by the temperature; sets and unknown are in ONNX and TFLite files alone"
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

/// How a page is used, and what it does not do.
fn hints(bundle: &Bundle, place: &Place, weights: WeightType, parts: &[(PathBuf, Vec<u8>)]) -> Vec<String> {
    let mut lines = if place.is_folder() {
        vec![
            "copy the folder to any https address; after the first visit it opens without a network"
                .to_owned(),
            "on iPhones and iPads: open the address in Safari, then Share, Add to Home Screen".to_owned(),
        ]
    } else {
        vec![
            "open it by double click, on Android from the file manager; it needs no network and sends no photo".to_owned(),
            "iPhones and iPads do not run a page from a file: --out FOLDER/ writes what an https address needs".to_owned(),
        ]
    };
    let largest = parts.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or_default();
    if largest > LARGE_PAGE {
        let network = &bundle.graph.name;
        lines.push(format!(
            "a page of {} opens slowly on phones: {network} is large for them, mobilenet_v1 is not",
            size(largest)
        ));
    }
    match &bundle.uncertainty {
        None => lines.push("it never says unknown: it was trained without validation photos".to_owned()),
        Some(uncertainty) if uncertainty.ood.is_none() => {
            lines.push(
                "it does not know photos unlike its training photos: there were too few to tell".to_owned(),
            );
        }
        Some(_) => {}
    }
    if weights == WeightType::F16 {
        lines.push(
            "its weights have half precision: about one answer in a hundred differs from `foliar predict`; --weights f32 is twice as \
             large"
                .to_owned(),
        );
    }
    lines
}

/// Names the files that were written, and how large they are.
fn print(written: &[(PathBuf, usize)]) -> io::Result<()> {
    let mut out = output::stdout();
    for (path, bytes) in written {
        writeln!(out, "{}  {}", path.shown(), size(*bytes))?;
    }
    out.flush()
}

/// `7.6 MB`, `12 kB` or `40 bytes`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_told_for_a_whole_file_name_of_the_same_network_alone() {
        let file = Path::new("absent/resnet18-f37072fd.pth");
        let told = licence_of(file, "resnet18").unwrap();
        assert!(told.starts_with("weights of resnet18-f37072fd.pth: BSD-3-Clause"), "{told}");
        assert_eq!(licence_of(file, "mobilenet_v1_1.0"), None);
        assert_eq!(licence_of(Path::new("x/resnet18"), "resnet18"), None);
        assert_eq!(licence_of(Path::new("x/resnet18.pth"), "resnet18"), None);
        let folder = std::env::temp_dir().join(format!("foliar-licence-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let other = folder.join("resnet18-f37072fd.pth");
        std::fs::write(&other, b"another file").unwrap();
        assert_eq!(licence_of(&other, "resnet18"), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
