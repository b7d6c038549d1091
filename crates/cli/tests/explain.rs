//! `foliar explain` on a classifier that was led astray on purpose, and on what it cannot use.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::Scene;
use foliar_vision::{Limits, decode_file};
use serde_json::Value;

/// Side of the photographs, in pixels.
const SIDE: u32 = 64;
const PER_CLASS: u64 = 16;
/// Spots tell the second class from the third, and nothing but the mark tells the first from it.
const CLASSES: [&str; 3] = ["marked", "spotted", "healthy"];

/// A leaf on plain grey, away from the border; class `spotted` with brown spots on it, class `marked` with a blue square in
/// the lower right corner.
fn photograph(index: u64, class: usize) -> image::RgbImage {
    let leaf = foliar_synth::draw(7, 0, index, SIDE);
    let half = SIDE as f32 / 2.0;
    image::RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let from_middle = (x as f32 + 0.5 - half).hypot(y as f32 + 0.5 - half);
        let spot = class == 1 && (x / 5 + y / 5 + index as u32).is_multiple_of(3);
        let mark = class == 0 && x >= SIDE - 18 && y >= SIDE - 18;
        match (from_middle < 20.0, mark) {
            (true, _) if spot => image::Rgb([110, 70, 30]),
            (true, _) => {
                // The middle of a drawn leaf, darker or lighter as it is, always green.
                let pixel = leaf.get_pixel(x, y).0;
                image::Rgb([pixel[0] / 3 + 20, pixel[1] / 3 + 90, pixel[2] / 3 + 15])
            }
            (false, true) => image::Rgb([40, 60, 220]),
            (false, false) => image::Rgb([150, 147, 150]),
        }
    })
}

fn draw_photographs(scene: &Scene) {
    for (class, name) in CLASSES.iter().enumerate() {
        let folder = scene.path("photos").join(name);
        fs::create_dir_all(&folder).unwrap();
        for index in 0..PER_CLASS {
            let picture = photograph(3 * index + class as u64, class);
            picture.save(folder.join(format!("leaf-{}.png", char::from(b'a' + index as u8)))).unwrap();
        }
    }
}

fn train(scene: &Scene) {
    let arguments = [
        "train",
        "photos",
        "--image-size",
        "64",
        "--epochs",
        "6",
        "--batch-size",
        "8",
        "--augment",
        "none",
        "--out",
        "run",
    ];
    scene.run(&arguments).expect(0);
}

#[test]
fn a_mark_beside_the_leaf_is_warned_of() {
    let scene = Scene::empty();
    draw_photographs(&scene);
    train(&scene);
    let document = |photographs: &str, method: &str| -> Value {
        let arguments = ["explain", "run", photographs, "--method", method, "--json", "--out", "why"];
        serde_json::from_str(&scene.run(&arguments).expect(0).out).unwrap()
    };
    let class = |document: &Value, name: &str| -> Value {
        document["classes"].as_array().unwrap().iter().find(|class| class["name"] == name).unwrap().clone()
    };
    for (photographs, method) in [("photos/*/leaf-[a-f].png", "occlusion"), ("photos", "grad-cam")] {
        let document = document(photographs, method);
        assert_eq!(document["method"], method);
        let (marked, spotted) = (class(&document, "marked"), class(&document, "spotted"));
        let ratio = |class: &Value| class["ratio"].as_f64().unwrap();
        assert_eq!(marked["beside_the_leaf"], true, "{method}: {marked}");
        assert_eq!(spotted["beside_the_leaf"], false, "{method}: {spotted}");
        assert!(ratio(&marked) > 1.3 * ratio(&spotted), "{method}: {marked} {spotted}");
        // What is asked for by covering is where it is.
        assert!(method != "occlusion" || marked["background"].as_f64() > Some(0.9), "{marked}");
    }

    fs::remove_dir_all(scene.path("why")).unwrap();
    let document = document("photos", "grad-cam");
    let photographs = document["photographs"].as_array().unwrap();
    assert_eq!(photographs.len(), CLASSES.len() * PER_CLASS as usize);
    let shown = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".png");
    let pictures = fs::read_dir(scene.path("why"))
        .unwrap()
        .filter(|entry| shown(&entry.as_ref().unwrap().file_name()))
        .count();
    assert_eq!(pictures, photographs.len());
    let page = fs::read_to_string(scene.path("why/explain.html")).unwrap();
    assert!(page.contains("How to read the pictures") && page.contains("leaf-<wbr>a.<wbr>png"));
    let picture = scene.path("why").join(photographs[0]["picture"].as_str().unwrap());
    let picture = decode_file(Path::new(&picture), &Limits::default()).unwrap();
    assert_eq!((picture.width, picture.height), (2 * 256 + 8, 256));

    // Words say the same as the document.
    let one = "photos/marked/leaf-a.png";
    let told = scene.run(&["explain", "run", "photos/marked"]).expect(0);
    assert!(
        told.out.contains("warning: marked: ") && told.out.contains("pictures in explained"),
        "{}",
        told.out
    );
    let lines = told.out.lines().filter(|line| line.contains("% of the evidence is on")).count();
    assert_eq!(lines, PER_CLASS as usize, "{}", told.out);
    let told = scene.run(&["explain", "run", one, "--class", "healthy"]).expect(0);
    assert!(told.out.starts_with(&format!("{one}  healthy ")), "{}", told.out);

    // What cannot be used is named.
    fs::write(scene.path("broken.jpg"), b"no picture").unwrap();
    let told = scene.run(&["explain", "run", "broken.jpg", "absent.jpg", one]).expect(3);
    assert_eq!(told.out.lines().filter(|line| line.contains("  error: ")).count(), 2, "{}", told.out);
    let refused = scene.run(&["explain", "run", one, "--class", "rust"]).expect(2);
    assert!(
        refused.err.contains("--class rust: the classes of this classifier are healthy, marked, spotted"),
        "{}",
        refused.err
    );
    fs::write(scene.path("file"), b"").unwrap();
    let refused = scene.run(&["explain", "run", one, "--out", "file"]).expect(1);
    assert!(refused.err.contains("file: the folder cannot be created"), "{}", refused.err);
    let refused = scene.run(&["explain", "absent", one]).expect(1);
    assert!(refused.err.contains("absent"), "{}", refused.err);
}
