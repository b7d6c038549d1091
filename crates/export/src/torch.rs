//! A folder for PyTorch: weights that load strictly, what they mean, and a program that uses them.
//!
//! | file | what |
//! | --- | --- |
//! | `model.safetensors` | the tensors of the network's state dict and no others |
//! | `config.json` | in the form of timm's files; `foliar` holds all that is known of the classifier, and the network as data |
//! | `load.py` | builds the module, loads the weights, classifies photos |
//!
//! `num_batches_tracked` of batch norms is not there: PyTorch takes 0 for it, also where it loads strictly.

use std::collections::BTreeMap;

use foliar_model::Bundle;
use foliar_nn::{Op, Parameters, infer};
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;

use crate::description::{Description, Origin};
use crate::error::ExportError;
use crate::options::WeightType;
use crate::python;
use crate::stored::{Stored, stored};

/// Names of the files of the folder, in the order in which [`torch`] gives them.
pub const TORCH_FILES: [&str; 3] = ["model.safetensors", "load.py", "config.json"];

/// The files of the folder by name: weights first, so that a folder with a description has them.
///
/// # Errors
/// A bundle whose weights do not fit its network, are no finite numbers, or do not fit the chosen type.
pub fn torch(
    bundle: &Bundle,
    origin: &Origin,
    weights: WeightType,
) -> Result<[(&'static str, Vec<u8>); 3], ExportError> {
    let tensors = tensors(bundle, weights)?;
    let config = Config::new(bundle, Description::new(bundle, origin, weights)?);
    let config = serde_json::to_vec_pretty(&config)?;
    let [weights, program, description] = TORCH_FILES;
    Ok([(weights, tensors), (program, python::torch_program().into_bytes()), (description, config)])
}

/// The tensors as the bytes of a safetensors file.
fn tensors(bundle: &Bundle, weights: WeightType) -> Result<Vec<u8>, ExportError> {
    let size = bundle.preprocessing.size as usize;
    bundle.graph.validate()?;
    let shapes = infer(&bundle.graph, 1, size, size)?;
    let mut tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for parameter in Parameters::new(&bundle.graph, &shapes)?.list {
        bundle.state.require(&parameter.name, &parameter.shape)?;
        let Some(tensor) = bundle.state.tensors.get(&parameter.name) else { continue };
        let Stored { bytes, is_half } =
            stored(&parameter.name, parameter.shape.len(), &tensor.data, weights)?;
        let dtype = if is_half { Dtype::F16 } else { Dtype::F32 };
        tensors.insert(parameter.name, (dtype, parameter.shape, bytes));
    }
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    // Programs that read safetensors for PyTorch ask for this entry.
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    Ok(safetensors::serialize(views, Some(metadata))?)
}

/// `config.json`.
#[derive(Serialize)]
struct Config<'a> {
    architecture: String,
    num_classes: usize,
    label_names: &'a [String],
    pretrained_cfg: Pretrained<'a>,
    foliar: Description<'a>,
}

/// What timm asks of preprocessing, and where the ends of the network are.
#[derive(Serialize)]
struct Pretrained<'a> {
    input_size: [u32; 3],
    interpolation: &'static str,
    crop_pct: f64,
    crop_mode: &'static str,
    mean: [f32; 3],
    std: [f32; 3],
    num_classes: usize,
    first_conv: Option<&'a str>,
    classifier: &'a str,
    license: String,
}

impl<'a> Config<'a> {
    fn new(bundle: &'a Bundle, description: Description<'a>) -> Self {
        let Bundle { graph, classes, preprocessing, .. } = bundle;
        let convolution = graph.nodes.iter().find(|node| matches!(node.op, Op::Conv { .. }));
        Self {
            // Other programs build the network by its name, and would leave out what they do not know of.
            architecture: graph.name.clone() + if graph.has_hellinger() { "+hellinger" } else { "" },
            num_classes: classes.len(),
            label_names: classes,
            pretrained_cfg: Pretrained {
                input_size: [3, preprocessing.size, preprocessing.size],
                interpolation: "bilinear",
                crop_pct: f64::from(preprocessing.size) / f64::from(preprocessing.resize_side),
                crop_mode: "center",
                mean: preprocessing.mean,
                std: preprocessing.std,
                num_classes: classes.len(),
                first_conv: convolution.map(|node| node.name.as_str()),
                classifier: &graph.nodes[graph.classifier()].name,
                license: description.licence(),
            },
            foliar: description.with_graph(graph),
        }
    }
}
