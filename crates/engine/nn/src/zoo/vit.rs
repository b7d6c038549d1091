//! Vision transformers (Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"), and those of DINOv2 (Oquab et al. 2023) with
//! layer scale and, in their later form, registers (Darcet et al. 2023). The classifier sees the class token.
//!
//! Names are those of the state dicts of torchvision (`vit_b_16`), timm (`vit_small_patch16_224`) and DINOv2. Position
//! embeddings have a number for each patch of the photographs' size; those of files are resampled to it.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

const NORM: Op = Op::LayerNorm { epsilon: 1e-6 };
/// A block's inner layer has so many times its channels.
const EXPANSION: usize = 4;
/// Blocks of the small and the base network.
const BLOCKS: usize = 12;
/// Channels of a head.
const HEAD: usize = 64;

/// What tells the networks apart.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) channels: usize,
    /// Side of a patch in pixels.
    pub(super) patch: usize,
    /// Whose names.
    pub(super) names: &'static Names,
    /// Whether residuals have factors.
    pub(super) layer_scale: bool,
    /// Learned tokens that stand for nothing.
    pub(super) registers: usize,
}

impl Form {
    /// A network without layer scale and registers, for photographs of which 16 x 16 pixels are a patch.
    pub(super) fn plain(channels: usize, names: &'static Names) -> Self {
        Self { channels, patch: 16, names, layer_scale: false, registers: 0 }
    }

    /// A network of DINOv2.
    pub(super) fn dinov2(channels: usize, registers: usize) -> Self {
        Self { channels, patch: 14, names: &TIMM, layer_scale: true, registers }
    }
}

/// Names of the parts; those of a block stand behind its own.
pub(super) struct Names {
    patches: &'static str,
    class_token: &'static str,
    positions: &'static str,
    /// Before the number of a block.
    block: &'static str,
    norms: [&'static str; 2],
    /// Queries, keys and values; the projection after attention.
    attention: [&'static str; 2],
    layers: [&'static str; 2],
    norm: &'static str,
    head: &'static str,
}

pub(super) static TORCHVISION: Names = Names {
    patches: "conv_proj",
    class_token: "class_token",
    positions: "encoder.pos_embedding",
    block: "encoder.layers.encoder_layer_",
    norms: ["ln_1", "ln_2"],
    attention: ["self_attention.in_proj", "self_attention.out_proj"],
    layers: ["mlp.0", "mlp.3"],
    norm: "encoder.ln",
    head: "heads.head",
};

/// timm's, and DINOv2's.
pub(super) static TIMM: Names = Names {
    patches: "patch_embed.proj",
    class_token: "cls_token",
    positions: "pos_embed",
    block: "blocks.",
    norms: ["norm1", "norm2"],
    attention: ["attn.qkv", "attn.proj"],
    layers: ["mlp.fc1", "mlp.fc2"],
    norm: "norm",
    head: "head",
};

pub(super) fn vit(name: &str, form: Form, classes: usize) -> Graph {
    let Form { channels, patch, names, registers, .. } = form;
    let (mut builder, input) = Builder::new(name);
    let window = Sliding::new(patch, patch, 0);
    let x = builder.push(names.patches, Op::Conv { channels, window, bias: true }, &[input]);
    let x = builder.push(names.class_token, Op::Token { count: 1, after: 0 }, &[x]);
    let mut x = builder.push(names.positions, Op::PositionEmbedding { extra: 1 }, &[x]);
    if registers > 0 {
        x = builder.push("register_tokens", Op::Token { count: registers, after: 1 }, &[x]);
    }
    for number in 0..BLOCKS {
        x = block(&mut builder, &format!("{}{number}", names.block), x, form);
    }
    let x = builder.push(names.norm, NORM, &[x]);
    let x = builder.push("token", Op::PickToken { place: 0 }, &[x]);
    builder.push(names.head, Op::Linear { features: classes }, &[x]);
    builder.finish()
}

/// Attention and two layers, each a residual of its normalised input.
fn block(builder: &mut Builder, name: &str, x: NodeId, form: Form) -> NodeId {
    let Form { channels, names, .. } = form;
    let part = |part: &str| format!("{name}.{part}");
    let y = builder.push(part(names.norms[0]), NORM, &[x]);
    let y = builder.push(part(names.attention[0]), Op::PixelLinear { features: 3 * channels }, &[y]);
    let y = builder.push(part("attention"), Op::Attention { heads: channels / HEAD }, &[y]);
    let y = builder.push(part(names.attention[1]), Op::PixelLinear { features: channels }, &[y]);
    let y = scaled(builder, &part("ls1.gamma"), y, form);
    let x = builder.push(part("add1"), Op::Add, &[x, y]);
    let y = builder.push(part(names.norms[1]), NORM, &[x]);
    let y = builder.push(part(names.layers[0]), Op::PixelLinear { features: EXPANSION * channels }, &[y]);
    let y = builder.push(part("gelu"), Op::Gelu, &[y]);
    let y = builder.push(part(names.layers[1]), Op::PixelLinear { features: channels }, &[y]);
    let y = scaled(builder, &part("ls2.gamma"), y, form);
    builder.push(part("add2"), Op::Add, &[x, y])
}

fn scaled(builder: &mut Builder, name: &str, x: NodeId, form: Form) -> NodeId {
    // DINOv2's networks begin with factors of 1.
    let scale = Op::ChannelScale { initial: 1.0 };
    if form.layer_scale { builder.push(name, scale, &[x]) } else { x }
}
