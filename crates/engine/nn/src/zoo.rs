//! The networks by name.

mod alias;
mod baseline;
mod densenet;
mod efficientnet;
mod mobilenet_v1;
mod mobilenet_v2;
mod resnet;
mod squeezenet;
mod vgg;

pub use self::alias::{known_as, nearest};
use crate::error::GraphError;
use crate::graph::Graph;

/// The names that [`build`] knows.
pub const MODELS: [&str; 14] = [
    "baseline",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "mobilenet_v1_0.25",
    "mobilenet_v1_0.5",
    "mobilenet_v1_0.75",
    "mobilenet_v1_1.0",
    "mobilenet_v2",
    "squeezenet1_0",
    "vgg16_bn",
    "densenet121",
    "efficientnet_b0",
];

/// Builds the network `name` for `classes` classes (at least 2).
///
/// # Errors
/// An unknown name, with the known ones; fewer than 2 classes.
pub fn build(name: &str, classes: usize) -> Result<Graph, GraphError> {
    if classes < 2 {
        return Err(GraphError::TooFewClasses(classes));
    }
    Ok(match name {
        "baseline" => baseline::baseline(classes),
        "resnet18" => resnet::resnet(name, resnet::Block::Basic, [2, 2, 2, 2], classes),
        "resnet34" => resnet::resnet(name, resnet::Block::Basic, [3, 4, 6, 3], classes),
        "resnet50" => resnet::resnet(name, resnet::Block::Bottleneck, [3, 4, 6, 3], classes),
        "resnet101" => resnet::resnet(name, resnet::Block::Bottleneck, [3, 4, 23, 3], classes),
        "mobilenet_v1_0.25" => mobilenet_v1::mobilenet_v1(name, 0.25, classes),
        "mobilenet_v1_0.5" => mobilenet_v1::mobilenet_v1(name, 0.5, classes),
        "mobilenet_v1_0.75" => mobilenet_v1::mobilenet_v1(name, 0.75, classes),
        "mobilenet_v1_1.0" => mobilenet_v1::mobilenet_v1(name, 1.0, classes),
        "mobilenet_v2" => mobilenet_v2::mobilenet_v2(classes),
        "squeezenet1_0" => squeezenet::squeezenet1_0(classes),
        "vgg16_bn" => vgg::vgg16_bn(classes),
        "densenet121" => densenet::densenet121(classes),
        "efficientnet_b0" => efficientnet::efficientnet_b0(classes),
        _ => return Err(GraphError::UnknownModel { name: name.to_owned(), known: MODELS.join(", ") }),
    })
}
