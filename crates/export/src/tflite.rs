//! One TFLite file with the network, its normalisation and what it says.
//!
//! | | name | type | what |
//! | --- | --- | --- | --- |
//! | input | `image` | uint8 (1, size, size, 3) | one photo, RGB, reduced and cropped |
//! | output | `probabilities` | float32 (1, classes) | they add up to 1 |
//! | | `set` | bool (1, classes) | the prediction set |
//! | | `distance` | float32 (1) | above 1 is out-of-distribution |
//! | | `answer` | int64 (1) | place of the class, or -1: unknown |
//!
//! What the classifier does not know is no output, as in an ONNX file. Behind the file lies a zip archive with the classes and
//! with all that is known, where the tools of the format look for them.

mod builder;
mod metadata;
mod model;
mod network;

use foliar_model::Bundle;

use self::builder::{Builder, Value};
use self::metadata::{DOCUMENT, LABELS, Labels, Output, labels, metadata};
use self::model::{Element, Kind, Model};
use self::network::network;
use crate::answer::{Answers, answers};
use crate::description::{Description, Origin};
use crate::error::ExportError;
use crate::flatbuffer::{Field, Table};
use crate::ops::{Binary, Ops as _};
use crate::options::WeightType;
use crate::weights::Weights;
use crate::zip;

/// Longest file whose offsets every reader takes.
const MOST_BYTES: usize = i32::MAX as usize;

/// The bytes of a TFLite file with the classifier of `bundle` at its chosen risk level. Equal bundles give equal bytes.
///
/// # Errors
/// A bundle whose weights do not fit its network, are no finite numbers, or do not fit the chosen type; a file of 2 GiB or more.
pub fn tflite(bundle: &Bundle, origin: &Origin, weights: WeightType) -> Result<Vec<u8>, ExportError> {
    let size = bundle.preprocessing.size as usize;
    let description = Description::new(bundle, origin, weights)?.with_input("pixels");
    let uncertainty = bundle.uncertainty.as_ref();
    let width = uncertainty.and_then(|uncertainty| uncertainty.ood.as_ref()).map(|ood| ood.distance.width);
    let known = Weights::new(&bundle.graph, &bundle.state, size, width)?;
    let mut b = Builder::new(weights);
    let input = b.input("image", Element::Uint8, &[1, size, size, 3]);
    let pixels = normalised(&mut b, input, &bundle.preprocessing.mean, &bundle.preprocessing.std);
    let outputs = network(&mut b, &known, pixels, width.is_some())?;
    let said = answers(&mut b, &outputs, bundle.temperature, uncertainty, bundle.classes.len());
    let (values, outputs): (Vec<Value>, Vec<Output>) = ports(&said).unzip();
    for (&value, output) in values.iter().zip(&outputs) {
        b.rename(value, output.name);
    }
    let model = Model {
        name: bundle.graph.name.clone(),
        description: format!("foliar: {}", description.sentence()),
        tensors: b.tensors,
        operators: b.operators,
        inputs: vec![input],
        outputs: values,
        metadata: metadata(&description, &bundle.graph.name, size, &outputs),
    };
    let mut bytes = model.into_file();
    let (classes, document) = (labels(&bundle.classes), description.json()?);
    zip::append(&mut bytes, &[(LABELS, classes.as_bytes()), (DOCUMENT, document.as_bytes())]);
    if bytes.len() > MOST_BYTES {
        return Err(ExportError::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes)
}

/// Pixels as the network takes them, computed as [`foliar_vision::Preprocessing`] does.
fn normalised(b: &mut Builder, pixels: Value, mean: &[f32; 3], std: &[f32; 3]) -> Value {
    b.enter("normalise");
    let shape = b.shape(pixels).to_vec();
    let types = [Element::Uint8, Element::Float].map(|element| Field::Byte(element as u8));
    let [from, to] = types;
    let x = b.op(Kind::Cast, &[pixels], Table::new().with(0, from).with(1, to), Element::Float, &shape);
    let white = b.float(255.0);
    let x = b.binary(Binary::Div, &x, &white);
    let mean = b.floats(&[3], mean);
    let x = b.binary(Binary::Sub, &x, &mean);
    let std = b.floats(&[3], std);
    b.binary(Binary::Div, &x, &std)
}

/// What is said, with its names.
fn ports(said: &Answers<Value>) -> impl Iterator<Item = (Value, Output)> {
    let all = [
        (Some(said.probabilities), "probabilities", "of each class; they add up to 1", Labels::Axis),
        (said.set, "set", "classes that may be the true one", Labels::Axis),
        (said.distance, "distance", "from the training photos; above 1 is out-of-distribution", Labels::None),
        (Some(said.answer), "answer", "place of the class, or -1: unknown", Labels::Value),
    ];
    all.into_iter()
        .filter_map(|(value, name, description, labels)| Some((value?, Output { name, description, labels })))
}
