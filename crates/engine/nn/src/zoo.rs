//! The networks by name.

mod alias;
mod baseline;
mod convnext;
mod densenet;
mod efficientnet;
mod excitation;
mod mobilenet_v1;
mod mobilenet_v2;
mod mobilenet_v3;
mod regnet;
mod resnet;
mod squeezenet;
mod vgg;
mod vit;

pub use self::alias::{known_as, nearest};
use crate::error::GraphError;
use crate::graph::Graph;

/// The names that [`build`] knows.
pub const MODELS: [&str; 33] = [
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
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_v2_s",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "regnet_y_400mf",
    "regnet_y_800mf",
    "regnet_y_1_6gf",
    "regnet_y_3_2gf",
    "resnext50_32x4d",
    "convnext_tiny",
    "convnext_small",
    "vit_b_16",
    "vit_small_patch16_224",
    "dinov2_vits14",
    "dinov2_vits14_reg4",
    "dinov2_vitb14",
    "dinov2_vitb14_reg4",
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
        "efficientnet_b0" => efficientnet::efficientnet(name, [1.0, 1.0], 0.2, classes),
        "efficientnet_b1" => efficientnet::efficientnet(name, [1.0, 1.1], 0.2, classes),
        "efficientnet_b2" => efficientnet::efficientnet(name, [1.1, 1.2], 0.3, classes),
        "efficientnet_b3" => efficientnet::efficientnet(name, [1.2, 1.4], 0.3, classes),
        "efficientnet_v2_s" => efficientnet::efficientnet_v2_s(classes),
        "mobilenet_v3_small" => mobilenet_v3::mobilenet_v3_small(classes),
        "mobilenet_v3_large" => mobilenet_v3::mobilenet_v3_large(classes),
        "regnet_y_400mf" => regnet::regnet_y(name, regnet::Y_400MF, classes),
        "regnet_y_800mf" => regnet::regnet_y(name, regnet::Y_800MF, classes),
        "regnet_y_1_6gf" => regnet::regnet_y(name, regnet::Y_1_6GF, classes),
        "regnet_y_3_2gf" => regnet::regnet_y(name, regnet::Y_3_2GF, classes),
        "resnext50_32x4d" => resnet::resnet(name, resnet::Block::Aggregated, [3, 4, 6, 3], classes),
        "convnext_tiny" => convnext::convnext(name, [3, 3, 9, 3], 0.1, classes),
        "convnext_small" => convnext::convnext(name, [3, 3, 27, 3], 0.4, classes),
        "vit_b_16" => vit::vit(name, vit::Form::plain(768, &vit::TORCHVISION), classes),
        "vit_small_patch16_224" => vit::vit(name, vit::Form::plain(384, &vit::TIMM), classes),
        "dinov2_vits14" => vit::vit(name, vit::Form::dinov2(384, 0), classes),
        "dinov2_vits14_reg4" => vit::vit(name, vit::Form::dinov2(384, 4), classes),
        "dinov2_vitb14" => vit::vit(name, vit::Form::dinov2(768, 0), classes),
        "dinov2_vitb14_reg4" => vit::vit(name, vit::Form::dinov2(768, 4), classes),
        _ => return Err(GraphError::UnknownModel { name: name.to_owned(), known: MODELS.join(", ") }),
    })
}
