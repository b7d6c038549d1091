//! Exports every network with drawn weights and writes what foliar computes with it: what `bench/export.py` compares other
//! programs with. `cargo run --release -p foliar-export --example networks -- FOLDER [SIZE] [NAME ...]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends by panicking, and tells what it does"
)]

#[path = "../tests/common/bundle.rs"]
mod bundle;

use std::fs;
use std::path::Path;

use foliar_export::{ExportError, InputForm, OnnxOptions, Origin, WeightType, onnx, tflite, torch};
use foliar_model::Predictor;
use foliar_nn::zoo;
use foliar_vision::{Preprocessing, Rgb};
use serde_json::json;

const CLASSES: usize = 5;
const PHOTOS: [(u32, u32); 3] = [(131, 97), (60, 200), (300, 301)];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "networks".to_owned());
    let size = arguments.next().map_or(96, |size| size.parse().unwrap());
    let chosen: Vec<String> = arguments.collect();
    for model in zoo::MODELS.iter().filter(|&&name| chosen.is_empty() || chosen.iter().any(|c| c == name)) {
        write(&Path::new(&folder).join(model), model, size);
        println!("{model}");
    }
}

fn write(folder: &Path, model: &str, size: u32) {
    fs::create_dir_all(folder.join("torch")).unwrap();
    let graph = zoo::build(model, CLASSES).unwrap();
    let bundle = bundle::bundle(graph, Preprocessing::imagenet(size), 3);
    let origin = Origin::default();
    for input in [InputForm::Image, InputForm::Tensor] {
        let bytes = onnx(&bundle, &origin, OnnxOptions { input, weights: WeightType::F32 }).unwrap();
        fs::write(folder.join(format!("{}.onnx", input.name())), bytes).unwrap();
    }
    let half = OnnxOptions { input: InputForm::Tensor, weights: WeightType::F16 };
    fs::write(folder.join("half.onnx"), onnx(&bundle, &origin, half).unwrap()).unwrap();
    for (name, weights) in [("model.tflite", WeightType::F32), ("half.tflite", WeightType::F16)] {
        match tflite(&bundle, &origin, weights) {
            Err(ExportError::Unsupported { .. }) => {}
            made => fs::write(folder.join(name), made.unwrap()).unwrap(),
        }
    }
    for (name, bytes) in torch(&bundle, &origin, WeightType::F32).unwrap() {
        fs::write(folder.join("torch").join(name), bytes).unwrap();
    }
    let photos: Vec<Rgb> = PHOTOS.iter().map(|&(width, height)| bundle::photo(7, width, height)).collect();
    let mut predictor = Predictor::new(bundle.clone(), photos.len()).unwrap();
    let predictions = predictor.predict(&photos).unwrap();
    let mut rows = Vec::new();
    for (index, (photo, prediction)) in photos.iter().zip(&predictions).enumerate() {
        fs::write(folder.join(format!("{index}.rgb")), &photo.pixels).unwrap();
        let input = bundle.preprocessing.prepare(photo);
        let bytes: Vec<u8> = input.iter().flat_map(|value| value.to_le_bytes()).collect();
        fs::write(folder.join(format!("{index}.f32")), bytes).unwrap();
        let Preprocessing { mean, std, .. } = &bundle.preprocessing;
        let byte = |(place, value): (usize, &f32)| {
            ((value * std[place % 3] + mean[place % 3]) * 255.0).round() as u8
        };
        let bytes: Vec<u8> = input.iter().enumerate().map(byte).collect();
        fs::write(folder.join(format!("{index}.u8")), bytes).unwrap();
        rows.push(json!({
            "width": photo.width,
            "height": photo.height,
            "logits": prediction.logits,
            "set": prediction.set(),
            "distance": prediction.distance(),
            "answer": if prediction.abstention().is_some() { -1 } else { prediction.predicted() as i64 },
        }));
    }
    let about = json!({ "size": size, "temperature": bundle.temperature, "rows": rows });
    fs::write(folder.join("expected.json"), about.to_string()).unwrap();
}
