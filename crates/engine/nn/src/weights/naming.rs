//! What other programs call the tensors of our networks, and what images they were trained on.
//!
//! Graphs bear torchvision's names, but for MobileNet v1, which bears those of Keras's layers, ViT-S/16, which bears timm's, and
//! DINOv2's networks, which bear their own.

use std::fmt;

use super::layout::Layout;
use crate::parameters::{Parameter, Role};

/// Whose names a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The graphs' own, which are torchvision's where it has the network.
    Torchvision,
    /// torchvision's without the names of the outermost modules, as `nn.Sequential(*list(network.children())[:-1])` and
    /// `network.features` have them: `4.0.conv1.weight` for `layer1.0.conv1.weight`.
    Children,
    /// timm's, where its network is one of torchvision's or DINOv2's: `blocks.1.0.conv_dw.weight` of `mobilenetv2_100` and
    /// `efficientnet_b0`, `s1.b1.conv1.conv.weight` of `regnety_004`, `stages.0.blocks.0.gamma` of `convnext_tiny`,
    /// `blocks.0.attn.qkv.weight` of `vit_base_patch16_224`.
    Timm,
    /// Those of Keras's MobileNet v1: `conv_dw_1/depthwise_kernel`.
    Keras,
    /// Those of TensorFlow-slim's MobileNet v1: `MobilenetV1/Conv2d_1_depthwise/depthwise_weights`.
    TensorFlowSlim,
    /// Those of Caffe's SqueezeNet 1.0: `fire2/squeeze1x1.weight`, or `fire2/conv1x1_1.weight` as in Deep Compression.
    Caffe,
}

/// How the images were prepared that the weights of a naming are customarily trained on.
///
/// A network takes `(RGB / 255 - mean) / std`. Weights for blue-green-red images have been turned by [`super::fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputConvention {
    /// Mean of red, green and blue, as a share of 255.
    pub mean: [f32; 3],
    /// What red, green and blue are divided by, as a share of 255.
    pub std: [f32; 3],
    /// Side of the square images in pixels, if one is customary; the networks take others too.
    pub size: Option<usize>,
}

impl fmt::Display for Naming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Naming::Torchvision => "torchvision's",
            Naming::Children => "torchvision's, numbered by nn.Sequential,",
            Naming::Timm => "timm's",
            Naming::Keras => "Keras's",
            Naming::TensorFlowSlim => "TensorFlow-slim's",
            Naming::Caffe => "Caffe's",
        })
    }
}

impl Naming {
    /// All of them; where the names of two are alike, the first one is meant.
    pub(super) const ALL: [Self; 6] = [
        Naming::Torchvision,
        Naming::Children,
        Naming::Timm,
        Naming::Keras,
        Naming::TensorFlowSlim,
        Naming::Caffe,
    ];

    /// What the images were prepared with that weights of a network with these names are trained on.
    pub(super) fn input(self, network: &str) -> InputConvention {
        match (self, network) {
            // What timm trained its vision transformers with.
            (Naming::Torchvision, "vit_small_patch16_224")
            | (Naming::Timm, "vit_small_patch16_224" | "vit_b_16") => {
                InputConvention { mean: [0.5; 3], std: [0.5; 3], size: Some(224) }
            }
            _ => self.usual_input(),
        }
    }

    fn usual_input(self) -> InputConvention {
        match self {
            Naming::Torchvision | Naming::Children | Naming::Timm => {
                InputConvention { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], size: Some(224) }
            }
            Naming::Keras | Naming::TensorFlowSlim => {
                InputConvention { mean: [0.5; 3], std: [0.5; 3], size: None }
            }
            Naming::Caffe => InputConvention {
                mean: [123.0, 117.0, 104.0].map(|level| level / 255.0),
                std: [1.0 / 255.0; 3],
                size: Some(227),
            },
        }
    }

    /// What the file may call a parameter of the node `node`, the likeliest first, and its layout there. No name at all if the
    /// naming has none for it.
    pub(super) fn foreign(self, node: &str, parameter: &Parameter) -> (Vec<String>, Layout) {
        let ours = &parameter.name;
        match self {
            Naming::Torchvision => {
                let older = old_densenet(ours).or_else(|| old_vit(ours));
                (std::iter::once(ours.clone()).chain(older).collect(), Layout::Ours)
            }
            Naming::Children => {
                let names = std::iter::once(ours.clone()).chain(old_densenet(ours));
                (names.filter_map(|name| child(&name)).collect(), Layout::Ours)
            }
            Naming::Timm => {
                let names = [timm(ours), timm_convnext(ours), timm_vit(ours)];
                (names.into_iter().flatten().collect(), Layout::Ours)
            }
            Naming::Keras => {
                (vec![format!("{node}/{}", keras_suffix(parameter.role))], tensorflow(parameter))
            }
            Naming::TensorFlowSlim => (vec![slim(node, parameter.role)], tensorflow(parameter)),
            Naming::Caffe => {
                let suffix = if parameter.role == Role::Bias { "bias" } else { "weight" };
                let names = caffe(node).into_iter().map(|layer| format!("{layer}.{suffix}")).collect();
                let from_image = node == "features.0" && parameter.role == Role::ConvWeight;
                (names, if from_image { Layout::BlueFirst } else { Layout::Ours })
            }
        }
    }
}

/// The scope of every variable of TensorFlow-slim's network.
const SLIM_SCOPE: &str = "MobilenetV1/";

/// torchvision's file for DenseNet is older than its names: there `denselayer1.norm1` is `denselayer1.norm.1`.
fn old_densenet(name: &str) -> Option<String> {
    let (block, rest) = name.split_at_checked(name.find(".denselayer")? + 1)?;
    let (layer, rest) = rest.split_once('.')?;
    ["norm", "conv"].iter().find_map(|kind| {
        let number = rest.strip_prefix(kind)?;
        number.starts_with(['1', '2']).then(|| format!("{block}{layer}.{kind}.{number}"))
    })
}

/// torchvision's file for ViT-B/16 is older than its names: there `mlp.0` is `mlp.linear_1`, and `mlp.3` is `mlp.linear_2`.
fn old_vit(name: &str) -> Option<String> {
    let (block, layer) = name.strip_prefix("encoder.")?.split_once(".mlp.")?;
    let (place, kind) = layer.split_once('.')?;
    let number = match place {
        "0" => 1,
        "3" => 2,
        _ => return None,
    };
    Some(format!("encoder.{block}.mlp.linear_{number}.{kind}"))
}

/// timm's name for a tensor of torchvision's ConvNeXt.
fn timm_convnext(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('.').collect();
    // Stages and what makes images smaller before them take turns.
    let stage = |place: &str| place.parse::<usize>().ok()?.checked_sub(1);
    match parts[..] {
        ["classifier", "0", kind] => Some(format!("head.norm.{kind}")),
        ["classifier", "2", kind] => Some(format!("head.fc.{kind}")),
        ["features", "0", layer @ ("0" | "1"), kind] => Some(format!("stem.{layer}.{kind}")),
        ["features", place, layer @ ("0" | "1"), kind @ ("weight" | "bias")] => {
            let before = stage(place)?;
            Some(format!("stages.{}.downsample.{layer}.{kind}", before.div_ceil(2)))
        }
        ["features", place, number, "layer_scale"] => {
            Some(format!("stages.{}.blocks.{number}.gamma", stage(place)? / 2))
        }
        ["features", place, number, "block", layer, kind] => {
            let layer = match layer {
                "0" => "conv_dw",
                "2" => "norm",
                "3" => "mlp.fc1",
                "5" => "mlp.fc2",
                _ => return None,
            };
            Some(format!("stages.{}.blocks.{number}.{layer}.{kind}", stage(place)? / 2))
        }
        _ => None,
    }
}

/// timm's name for a tensor of torchvision's vision transformer, or of DINOv2's with registers.
fn timm_vit(name: &str) -> Option<String> {
    let begins = ["blocks.", "patch_embed.", "norm.", "head."];
    if ["cls_token", "pos_embed"].contains(&name) || begins.iter().any(|begin| name.starts_with(begin)) {
        return Some(name.to_owned());
    }
    let fixed = match name {
        "register_tokens" => "reg_token",
        "class_token" => "cls_token",
        "encoder.pos_embedding" => "pos_embed",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    let outer = [("conv_proj.", "patch_embed.proj."), ("encoder.ln.", "norm."), ("heads.head.", "head.")];
    if let Some((kind, theirs)) =
        outer.iter().find_map(|(ours, theirs)| Some((name.strip_prefix(ours)?, theirs)))
    {
        return Some(format!("{theirs}{kind}"));
    }
    let (number, part) = name.strip_prefix("encoder.layers.encoder_layer_")?.split_once('.')?;
    let layers = [
        ("ln_1.", "norm1."),
        ("self_attention.in_proj_", "attn.qkv."),
        ("self_attention.out_proj.", "attn.proj."),
        ("ln_2.", "norm2."),
        ("mlp.0.", "mlp.fc1."),
        ("mlp.3.", "mlp.fc2."),
    ];
    let (kind, theirs) = layers.iter().find_map(|(ours, theirs)| Some((part.strip_prefix(ours)?, theirs)))?;
    Some(format!("blocks.{number}.{theirs}{kind}"))
}

/// A name without that of the outermost module, which is left out (`features`) or numbered (a residual network's).
fn child(name: &str) -> Option<String> {
    if let Some(rest) = name.strip_prefix("features.") {
        return Some(rest.to_owned());
    }
    let (module, rest) = name.split_once('.')?;
    let place = match module {
        "conv1" => 0,
        "bn1" => 1,
        // After an activation and a pooling.
        "layer1" => 4,
        "layer2" => 5,
        "layer3" => 6,
        "layer4" => 7,
        // Of RegNet.
        "stem" => 0,
        "trunk_output" => 1,
        _ => return None,
    };
    Some(format!("{place}.{rest}"))
}

/// Units of each stage of MobileNet v2, which torchvision numbers in one row.
const MOBILENET_V2_UNITS: [usize; 7] = [1, 2, 3, 4, 3, 3, 1];

/// timm's name for a tensor of torchvision's MobileNet v2, EfficientNet-B0 to B3 or RegNet.
fn timm(name: &str) -> Option<String> {
    if let Some(regnet) = timm_regnet(name) {
        return Some(regnet);
    }
    let parts: Vec<&str> = name.split('.').collect();
    let numbers = |text: &str| text.parse::<usize>().ok();
    match parts[..] {
        ["classifier", "1", kind] => Some(format!("classifier.{kind}")),
        ["features", "0", "0", kind] => Some(format!("conv_stem.{kind}")),
        ["features", "0", "1", kind] => Some(format!("bn1.{kind}")),
        ["features", "8" | "18", "0", kind] => Some(format!("conv_head.{kind}")),
        ["features", "8" | "18", "1", kind] => Some(format!("bn2.{kind}")),
        ["features", place, "conv", ref layer @ .., kind] => {
            let (mut stage, mut unit) = (0, numbers(place)?.checked_sub(1)?);
            while unit >= *MOBILENET_V2_UNITS.get(stage)? {
                unit -= MOBILENET_V2_UNITS[stage];
                stage += 1;
            }
            let layer = match (stage, layer) {
                (0, ["0", "0"]) => "conv_dw",
                (0, ["0", "1"]) => "bn1",
                (0, ["1"]) => "conv_pw",
                (0, ["2"]) => "bn2",
                (_, ["0", "0"]) => "conv_pw",
                (_, ["0", "1"]) => "bn1",
                (_, ["1", "0"]) => "conv_dw",
                (_, ["1", "1"]) => "bn2",
                (_, ["2"]) => "conv_pwl",
                (_, ["3"]) => "bn3",
                _ => return None,
            };
            Some(format!("blocks.{stage}.{unit}.{layer}.{kind}"))
        }
        ["features", stage, unit, "block", place, layer, kind] => {
            let stage = numbers(stage)?.checked_sub(1)?;
            // The first stage has no layer that widens.
            let layer = match (numbers(place)? + usize::from(stage == 0), layer) {
                (0, "0") => "conv_pw",
                (0, "1") => "bn1",
                (1, "0") => "conv_dw",
                (1, "1") if stage == 0 => "bn1",
                (1, "1") => "bn2",
                (2, "fc1") => "se.conv_reduce",
                (2, "fc2") => "se.conv_expand",
                (3, "0") if stage == 0 => "conv_pw",
                (3, "1") if stage == 0 => "bn2",
                (3, "0") => "conv_pwl",
                (3, "1") => "bn3",
                _ => return None,
            };
            Some(format!("blocks.{stage}.{unit}.{layer}.{kind}"))
        }
        _ => None,
    }
}

/// timm's name for a tensor of torchvision's RegNet but for the classifier, whose name alone says nothing of the network.
fn timm_regnet(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('.').collect();
    let layer = |place: &str| match place {
        "0" => Some("conv"),
        "1" => Some("bn"),
        _ => None,
    };
    match parts[..] {
        ["stem", place, kind] => Some(format!("stem.{}.{kind}", layer(place)?)),
        ["trunk_output", _, unit, ref within @ .., kind] => {
            let (stage, index) = unit.strip_prefix("block")?.split_once('-')?;
            let unit = format!("s{stage}.b{}", index.parse::<usize>().ok()?.checked_add(1)?);
            let within = match *within {
                ["proj", place] => format!("downsample.{}", layer(place)?),
                ["f", "se", part] => format!("se.{part}"),
                ["f", place @ ("a" | "b" | "c"), within] => {
                    let number = place.bytes().next()? - b'a' + 1;
                    format!("conv{number}.{}", layer(within)?)
                }
                _ => return None,
            };
            Some(format!("{unit}.{within}.{kind}"))
        }
        _ => None,
    }
}

fn keras_suffix(role: Role) -> &'static str {
    match role {
        Role::ConvWeight | Role::LinearWeight => "kernel",
        Role::DepthwiseWeight => "depthwise_kernel",
        Role::Bias => "bias",
        Role::NormScale => "gamma",
        Role::NormShift => "beta",
        // No network with Keras's names has them.
        Role::ChannelScale | Role::ChannelShift | Role::Token | Role::Position => "",
        Role::RunningMean => "moving_mean",
        Role::RunningVariance => "moving_variance",
    }
}

fn tensorflow(parameter: &Parameter) -> Layout {
    match parameter.role {
        Role::ConvWeight | Role::LinearWeight => Layout::InputsOutputsLast,
        Role::DepthwiseWeight => Layout::ChannelsLast,
        _ => Layout::Ours,
    }
}

fn slim(node: &str, role: Role) -> String {
    let (layer, norm) = match node.strip_suffix("_bn") {
        Some(layer) => (layer, "/BatchNorm"),
        None => (node, ""),
    };
    let numbered = |prefix: &str, kind: &str| {
        layer.strip_prefix(prefix).map(|number| format!("{SLIM_SCOPE}Conv2d_{number}_{kind}"))
    };
    let scope = match layer {
        "conv1" => format!("{SLIM_SCOPE}Conv2d_0"),
        "conv_preds" => format!("{SLIM_SCOPE}Logits/Conv2d_1c_1x1"),
        _ => numbered("conv_dw_", "depthwise")
            .or_else(|| numbered("conv_pw_", "pointwise"))
            .unwrap_or_else(|| layer.to_owned()),
    };
    let suffix = match role {
        Role::ConvWeight | Role::LinearWeight => "weights",
        Role::DepthwiseWeight => "depthwise_weights",
        Role::Bias => "biases",
        norm => keras_suffix(norm),
    };
    format!("{scope}{norm}/{suffix}")
}

/// Caffe's layers for a node of torchvision's SqueezeNet 1.0, whose fire modules stand in `features` between pools.
fn caffe(node: &str) -> Vec<String> {
    let fire = |place: &str| {
        Some(match place {
            "3" => 2,
            "4" => 3,
            "5" => 4,
            "7" => 5,
            "8" => 6,
            "9" => 7,
            "10" => 8,
            "12" => 9,
            _ => return None,
        })
    };
    match node.split('.').collect::<Vec<_>>()[..] {
        ["features", "0"] => vec!["conv1".into()],
        ["classifier", "1"] => vec!["conv10".into(), "conv_final".into()],
        ["features", place, part] => {
            let compressed = match part {
                "squeeze" => "conv1x1_1",
                "expand1x1" => "conv1x1_2",
                _ => "conv3x3_2",
            };
            let part = if part == "squeeze" { "squeeze1x1" } else { part };
            fire(place).map_or_else(
                || vec![node.to_owned()],
                |fire| vec![format!("fire{fire}/{part}"), format!("fire{fire}/{compressed}")],
            )
        }
        _ => vec![node.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tensorflow_slim_and_caffe() {
        assert_eq!(slim("conv1", Role::ConvWeight), "MobilenetV1/Conv2d_0/weights");
        assert_eq!(
            slim("conv_dw_3", Role::DepthwiseWeight),
            "MobilenetV1/Conv2d_3_depthwise/depthwise_weights"
        );
        assert_eq!(
            slim("conv_pw_13_bn", Role::RunningVariance),
            "MobilenetV1/Conv2d_13_pointwise/BatchNorm/moving_variance"
        );
        assert_eq!(slim("conv_preds", Role::Bias), "MobilenetV1/Logits/Conv2d_1c_1x1/biases");
        assert_eq!(caffe("features.12.expand3x3"), ["fire9/expand3x3", "fire9/conv3x3_2"]);
        assert_eq!(caffe("features.3.squeeze"), ["fire2/squeeze1x1", "fire2/conv1x1_1"]);
    }

    #[test]
    fn names_of_children() {
        assert_eq!(child("layer1.0.conv1.weight").as_deref(), Some("4.0.conv1.weight"));
        assert_eq!(child("bn1.running_var").as_deref(), Some("1.running_var"));
        assert_eq!(child("features.0.0.weight").as_deref(), Some("0.0.weight"));
        assert_eq!(child("fc.weight"), None);
    }

    #[test]
    fn names_of_timm() {
        for (ours, theirs) in [
            ("features.0.0.weight", "conv_stem.weight"),
            ("features.1.conv.0.0.weight", "blocks.0.0.conv_dw.weight"),
            ("features.1.conv.1.weight", "blocks.0.0.conv_pw.weight"),
            ("features.1.conv.2.running_var", "blocks.0.0.bn2.running_var"),
            ("features.3.conv.1.0.weight", "blocks.1.1.conv_dw.weight"),
            ("features.17.conv.3.bias", "blocks.6.0.bn3.bias"),
            ("features.18.1.weight", "bn2.weight"),
            ("features.1.0.block.1.fc1.bias", "blocks.0.0.se.conv_reduce.bias"),
            ("features.1.0.block.2.1.weight", "blocks.0.0.bn2.weight"),
            ("features.2.1.block.0.0.weight", "blocks.1.1.conv_pw.weight"),
            ("features.7.0.block.3.1.bias", "blocks.6.0.bn3.bias"),
            ("features.8.0.weight", "conv_head.weight"),
            ("classifier.1.bias", "classifier.bias"),
            ("stem.1.running_mean", "stem.bn.running_mean"),
            ("trunk_output.block1.block1-0.proj.0.weight", "s1.b1.downsample.conv.weight"),
            ("trunk_output.block3.block3-11.f.b.1.bias", "s3.b12.conv2.bn.bias"),
            ("trunk_output.block4.block4-1.f.se.fc2.bias", "s4.b2.se.fc2.bias"),
        ] {
            assert_eq!(timm(ours).as_deref(), Some(theirs), "{ours}");
        }
        for other in ["layer1.0.conv1.weight", "features.3.squeeze.weight", "features.8.weight", "fc.bias"] {
            assert_eq!(timm(other), None);
        }
    }

    #[test]
    fn names_of_timms_transformers() {
        for (ours, theirs) in [
            ("features.0.1.bias", "stem.1.bias"),
            ("features.1.2.block.0.weight", "stages.0.blocks.2.conv_dw.weight"),
            ("features.1.2.block.0.bias", "stages.0.blocks.2.conv_dw.bias"),
            ("features.2.0.weight", "stages.1.downsample.0.weight"),
            ("features.6.1.bias", "stages.3.downsample.1.bias"),
            ("features.7.0.block.2.weight", "stages.3.blocks.0.norm.weight"),
            ("features.5.8.block.5.bias", "stages.2.blocks.8.mlp.fc2.bias"),
            ("features.3.0.layer_scale", "stages.1.blocks.0.gamma"),
            ("classifier.0.weight", "head.norm.weight"),
            ("classifier.2.bias", "head.fc.bias"),
        ] {
            assert_eq!(timm_convnext(ours).as_deref(), Some(theirs), "{ours}");
        }
        for (ours, theirs) in [
            ("class_token", "cls_token"),
            ("encoder.pos_embedding", "pos_embed"),
            ("conv_proj.weight", "patch_embed.proj.weight"),
            ("encoder.layers.encoder_layer_11.self_attention.in_proj_bias", "blocks.11.attn.qkv.bias"),
            ("encoder.layers.encoder_layer_0.self_attention.out_proj.weight", "blocks.0.attn.proj.weight"),
            ("encoder.layers.encoder_layer_3.mlp.3.bias", "blocks.3.mlp.fc2.bias"),
            ("encoder.ln.bias", "norm.bias"),
            ("heads.head.weight", "head.weight"),
            ("register_tokens", "reg_token"),
            ("blocks.3.ls1.gamma", "blocks.3.ls1.gamma"),
        ] {
            assert_eq!(timm_vit(ours).as_deref(), Some(theirs), "{ours}");
        }
        assert_eq!(
            old_vit("encoder.layers.encoder_layer_3.mlp.3.bias").as_deref(),
            Some("encoder.layers.encoder_layer_3.mlp.linear_2.bias")
        );
        assert_eq!(old_vit("encoder.ln.bias"), None);
    }

    #[test]
    fn names_of_the_old_densenet() {
        let old = |name| old_densenet(name);
        assert_eq!(
            old("features.denseblock1.denselayer2.norm1.running_var").as_deref(),
            Some("features.denseblock1.denselayer2.norm.1.running_var")
        );
        assert_eq!(
            old("features.denseblock4.denselayer16.conv2.weight").as_deref(),
            Some("features.denseblock4.denselayer16.conv.2.weight")
        );
        assert_eq!(old("features.transition1.norm.weight"), None);
        assert_eq!(old("layer1.0.conv1.weight"), None);
    }
}
