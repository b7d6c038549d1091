//! The page of a drawn classifier: what is in it, and what cannot be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::bundle;
use foliar_export::{ExportError, Figures, Origin, PAGE_FILES, Page, WeightType};
use foliar_metrics::Estimate;
use foliar_model::Bundle;
use foliar_nn::zoo;
use foliar_vision::Preprocessing;

fn drawn() -> Bundle {
    let graph = zoo::build("mobilenet_v1_0.25", 3).unwrap();
    let mut bundle = bundle::bundle(graph, Preprocessing::minus_one_to_one(64), 4);
    bundle.classes[1] = "</script><b>".to_owned();
    bundle.provenance.recipe = serde_json::json!({"data": "/home/someone/leaves"});
    bundle
}

#[test]
fn a_page_holds_the_classifier_and_loads_nothing() {
    let bundle = drawn();
    let figures = Figures {
        accuracy: Estimate { value: 0.9, low: 0.8, high: 0.95 },
        photographs: 100,
        groups: 20,
        judged_by: "5-fold cross-validation".to_owned(),
        folds: Some(5),
    };
    let origin = Origin { figures: Some(figures), ..Origin::default() };
    let page = Page::new(&bundle, &origin, WeightType::F16).unwrap();
    let file = page.file().unwrap();
    assert_eq!(file, page.file().unwrap(), "equal classifiers give equal pages");
    let html = String::from_utf8(file).unwrap();
    assert!(html.contains("\"folds\":5") && html.contains("\"photographs\":100"));
    assert!(
        html.contains("\\u003c/script>\\u003cb>") && !html.contains("</script><b>"),
        "a name ends nothing"
    );
    assert_eq!(html.matches("</script>").count(), 6);
    for word in ["http:", "https:", " src=", "url(", "/home/"] {
        assert!(!html.contains(word), "{word}");
    }
    for place in ["{policy}", "{links}", "{style}", "{script}", "{engine}", "{bundle}"] {
        assert!(!html.contains(place), "{place}");
    }

    let inside = Bundle::from_bytes(page.bundle().to_vec()).unwrap();
    assert_eq!((&inside.classes, &inside.uncertainty), (&bundle.classes, &bundle.uncertainty));
    assert!(inside.provenance.recipe.is_null(), "no path of the recipe is in it");
    for (name, tensor) in &bundle.state.tensors {
        let rounded = &inside.state.tensors[name];
        let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * a.abs() + 6e-8;
        assert!(tensor.data.iter().zip(&rounded.data).all(is_near), "{name}");
        assert!(tensor.shape.len() > 1 || tensor == rounded, "{name} is whole");
    }
    let whole = Page::new(&bundle, &origin, WeightType::F32).unwrap();
    assert_eq!(Bundle::from_bytes(whole.bundle().to_vec()).unwrap().state, bundle.state);
    assert!(page.bundle().len() * 10 < whole.bundle().len() * 7);
}

#[test]
fn a_folder_holds_the_page_and_what_keeps_it() {
    let page = Page::new(&drawn(), &Origin::default(), WeightType::F16).unwrap();
    let files = page.folder().unwrap();
    assert_eq!(files.each_ref().map(|(name, _)| *name), PAGE_FILES);
    let text = |name: &str| {
        let (_, bytes) = files.iter().find(|(file, _)| *file == name).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    };
    assert!(text("index.html").contains("rel=\"manifest\""));
    let worker = text("sw.js");
    assert!(!worker.contains("{digest}"));
    for (name, _) in &files {
        assert!(matches!(*name, "index.html" | "sw.js") || worker.contains(name), "{name} is kept");
    }
    let mut other = drawn();
    other.classes[0] = "another".to_owned();
    let other = Page::new(&other, &Origin::default(), WeightType::F16).unwrap().folder().unwrap();
    assert_ne!(other[3].1, files[3].1, "another classifier has another name in the store");
}

#[test]
fn a_weight_beyond_half_precision_is_named() {
    let mut bundle = drawn();
    let filters = bundle.state.tensors.iter_mut().find(|(_, tensor)| tensor.shape.len() > 1);
    let (name, tensor) = filters.unwrap();
    tensor.data[0] = 1e6;
    let name = name.clone();
    let refused = Page::new(&bundle, &Origin::default(), WeightType::F16).err().unwrap();
    assert!(matches!(&refused, ExportError::Half { tensor, .. } if *tensor == name), "{refused}");
    assert!(Page::new(&bundle, &Origin::default(), WeightType::F32).is_ok());
}
