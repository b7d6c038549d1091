//! One ONNX file that is the whole classifier.
//!
//! | output | type | of one photo (`image`) | of n (`tensor`) |
//! | --- | --- | --- | --- |
//! | `probabilities` | float32 | (classes) | (n, classes) |
//! | `set` | bool | (classes) | (n, classes) |
//! | `distance` | float32 | () | (n) |
//! | `answer` | int64, -1 is unknown | () | (n) |
//!
//! A classifier that was trained without validation photos has no `set` and no `distance`; one with too few of them no `distance`.
//! Then the outputs are missing: there is nothing to be said.

mod builder;
mod network;
mod proto;
mod resample;
mod tokens;

use foliar_model::Bundle;

use self::builder::{Builder, Value};
use self::network::network;
use self::proto::{Element, Extent, Model, Port};
use crate::answer::{Answers, answers, single};
use crate::description::{Description, Origin};
use crate::error::ExportError;
use crate::options::{InputForm, OnnxOptions};
use crate::weights::Weights;

/// Longest file that readers of protocol buffers take.
const MOST_BYTES: usize = i32::MAX as usize;

/// The bytes of an ONNX file with the classifier of `bundle` at its chosen risk level. Equal bundles give equal bytes.
///
/// # Errors
/// A bundle whose weights do not fit its network, are no finite numbers, or do not fit the chosen type; a file of 2 GiB or more.
pub fn onnx(bundle: &Bundle, origin: &Origin, options: OnnxOptions) -> Result<Vec<u8>, ExportError> {
    let size = bundle.preprocessing.size as usize;
    let classes = bundle.classes.len();
    let description = Description::new(bundle, origin, options.weights)?.with_input(options.input.name());
    let mut b = Builder::new(options.weights);
    let image = options.input == InputForm::Image;
    let name = options.input.name().to_owned();
    let pixels = if image { resample::prepare(&mut b, &name, &bundle.preprocessing) } else { name };
    let uncertainty = bundle.uncertainty.as_ref();
    let width = uncertainty.and_then(|uncertainty| uncertainty.ood.as_ref()).map(|ood| ood.distance.width);
    let weights = Weights::new(&bundle.graph, &bundle.state, size, width)?;
    let outputs = network(&mut b, &weights, &pixels, width.is_some())?;
    let mut said = answers(&mut b, &outputs, bundle.temperature, uncertainty, classes);
    if image {
        said = single(&mut b, said);
    }
    let outputs = ports(&mut b, &said, classes, image);
    let model = Model {
        name: bundle.graph.name.clone(),
        description: description.sentence(),
        nodes: b.nodes,
        initialisers: b.initialisers,
        input: input(options.input, size),
        outputs,
        metadata: vec![
            ("foliar", description.json()?),
            ("names", description.names()),
            ("description", description.sentence()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("license", description.licence()),
        ],
    };
    let bytes = model.encode();
    if bytes.len() > MOST_BYTES {
        return Err(ExportError::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes)
}

fn input(form: InputForm, size: usize) -> Port {
    match form {
        InputForm::Image => Port {
            name: form.name(),
            element: Element::Uint8,
            shape: vec![Extent::Named("height"), Extent::Named("width"), Extent::Fixed(3)],
            description: "one photo as it is: RGB, upright, any size",
        },
        InputForm::Tensor => Port {
            name: form.name(),
            element: Element::Float,
            shape: vec![Extent::Named("n"), Extent::Fixed(3), Extent::Fixed(size), Extent::Fixed(size)],
            description: "photos, RGB, reduced, cropped and normalised as the metadata say",
        },
    }
}

/// Gives what is said its names.
fn ports(b: &mut Builder, said: &Answers<Value>, classes: usize, image: bool) -> Vec<Port> {
    let rows = if image { Vec::new() } else { vec![Extent::Named("n")] };
    let columns = [&rows[..], &[Extent::Fixed(classes)]].concat();
    let all = [
        (
            "probabilities",
            Some(&said.probabilities),
            Element::Float,
            &columns,
            "of each class; they add up to 1",
        ),
        ("set", said.set.as_ref(), Element::Bool, &columns, "classes that may be the true one"),
        (
            "distance",
            said.distance.as_ref(),
            Element::Float,
            &rows,
            "from the training photos; above 1 is out-of-distribution",
        ),
        ("answer", Some(&said.answer), Element::Int64, &rows, "place of the class, or -1: unknown"),
    ];
    all.into_iter()
        .filter_map(|(name, value, element, shape, description)| {
            b.rename(value?, name);
            Some(Port { name, element, shape: shape.clone(), description })
        })
        .collect()
}
