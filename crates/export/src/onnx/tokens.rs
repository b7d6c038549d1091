//! Layers of transformers as ONNX nodes. Lists of tokens are images of one row, (n, c, 1, tokens); set 18 has no GELU and no
//! attention, which are made of what there is.

use foliar_nn::{NodeId, tensor_name};

use super::builder::{Builder, Value};
use super::proto::Attribute;
use crate::error::ExportError;
use crate::weights::Weights;

/// The tensor of a node that bears the node's own name.
fn own<'a>(weights: &'a Weights<'_>, id: NodeId) -> Result<(&'a [f32], String), ExportError> {
    Ok((weights.tensor(id, "")?, tensor_name(&weights.graph.nodes[id].name, "")))
}

/// x Φ(x).
pub(super) fn gelu(b: &mut Builder, x: &Value) -> Value {
    let [root, one, half] = [std::f32::consts::SQRT_2, 1.0, 0.5].map(|value| b.float(value));
    let scaled = b.op("Div", &[x, &root]);
    let erf = b.op("Erf", &[&scaled]);
    let below = b.op("Add", &[&erf, &one]);
    let twice = b.op("Mul", &[x, &below]);
    b.op("Mul", &[&twice, &half])
}

/// A layer norm over the channels.
pub(super) fn layer_norm(
    b: &mut Builder,
    weights: &Weights<'_>,
    id: NodeId,
    x: &Value,
    epsilon: f32,
) -> Result<Value, ExportError> {
    let mut inputs = vec![b.transpose(x, &[0, 2, 3, 1])];
    for suffix in ["weight", "bias"] {
        let values = weights.tensor(id, suffix)?;
        let name = tensor_name(&weights.graph.nodes[id].name, suffix);
        inputs.push(b.weights(&name, &[values.len()], values)?);
    }
    let attributes = vec![("axis", Attribute::Int(-1)), ("epsilon", Attribute::Float(epsilon))];
    let y = b.node("LayerNormalization", &inputs.iter().collect::<Vec<_>>(), attributes);
    Ok(b.transpose(&y, &[0, 3, 1, 2]))
}

/// `x` and a number for each channel, by `kind`.
pub(super) fn by_channel(
    b: &mut Builder,
    weights: &Weights<'_>,
    id: NodeId,
    x: &Value,
    kind: &'static str,
) -> Result<Value, ExportError> {
    let (values, name) = own(weights, id)?;
    let values = b.weights(&name, &[1, values.len(), 1, 1], values)?;
    Ok(b.op(kind, &[x, &values]))
}

/// Positions are added.
pub(super) fn positions(
    b: &mut Builder,
    weights: &Weights<'_>,
    id: NodeId,
    x: &Value,
) -> Result<Value, ExportError> {
    let (values, name) = own(weights, id)?;
    let shape = weights.shapes[id];
    let values = planes(values, shape.c());
    let values = b.weights(&name, &[1, shape.c(), shape.h(), shape.w()], &values)?;
    Ok(b.op("Add", &[x, &values]))
}

/// `count` learned tokens are put into the list, behind the first `after`.
pub(super) fn insert(
    b: &mut Builder,
    weights: &Weights<'_>,
    id: NodeId,
    x: &Value,
    [count, after]: [usize; 2],
) -> Result<Value, ExportError> {
    let (values, name) = own(weights, id)?;
    let channels = weights.shapes[id].c();
    let (list, tokens) = list(b, weights, weights.graph.nodes[id].inputs[0], x);
    // Zeros for as many photos as there are.
    let border = b.ints(&[0, 0, 0, count as i64, 0, 0, 0, 0]);
    let padded = b.op("Pad", &[&list, &border]);
    let zeros = range(b, &padded, 0..count, 3);
    let learned = b.weights(&name, &[1, channels, 1, count], &planes(values, channels))?;
    let learned = b.op("Add", &[&zeros, &learned]);
    let first = (after > 0).then(|| range(b, &list, 0..after, 3));
    let rest = (after < tokens).then(|| range(b, &list, after..tokens, 3));
    let parts: Vec<&Value> = first.iter().chain([&learned]).chain(&rest).collect();
    Ok(b.concat(&parts, 3))
}

/// One token.
pub(super) fn pick(b: &mut Builder, weights: &Weights<'_>, id: NodeId, x: &Value, place: usize) -> Value {
    let (list, _) = list(b, weights, weights.graph.nodes[id].inputs[0], x);
    range(b, &list, place..place + 1, 3)
}

/// Attention over the places of `x`, (n, 3 c, h, w).
pub(super) fn attention(
    b: &mut Builder,
    weights: &Weights<'_>,
    id: NodeId,
    x: &Value,
    heads: usize,
) -> Value {
    let shape = weights.shapes[id];
    let width = shape.c() / heads.max(1);
    let extents = [0, 3 * heads as i64, width as i64, (shape.h() * shape.w()) as i64];
    let extents = b.ints(&extents);
    let split = b.op("Reshape", &[x, &extents]);
    let [queries, keys, values] = [0, 1, 2].map(|part| range(b, &split, part * heads..(part + 1) * heads, 1));
    let queries = b.transpose(&queries, &[0, 1, 3, 2]);
    let scores = b.op("MatMul", &[&queries, &keys]);
    let factor = b.float(1.0 / (width as f32).sqrt());
    let scores = b.op("Mul", &[&scores, &factor]);
    let shares = b.node("Softmax", &[&scores], vec![("axis", Attribute::Int(3))]);
    let shares = b.transpose(&shares, &[0, 1, 3, 2]);
    let y = b.op("MatMul", &[&values, &shares]);
    let extents = b.ints(&[0, shape.c() as i64, shape.h() as i64, shape.w() as i64]);
    b.op("Reshape", &[&y, &extents])
}

/// The value of a node as a list, and its length.
fn list(b: &mut Builder, weights: &Weights<'_>, from: NodeId, x: &Value) -> (Value, usize) {
    let shape = weights.shapes[from];
    let tokens = shape.h() * shape.w();
    if shape.h() == 1 {
        return (x.clone(), tokens);
    }
    let extents = b.ints(&[0, shape.c() as i64, 1, tokens as i64]);
    (b.op("Reshape", &[x, &extents]), tokens)
}

fn range(b: &mut Builder, x: &Value, range: std::ops::Range<usize>, axis: i64) -> Value {
    let [from, to, axes] = [range.start as i64, range.end as i64, axis].map(|value| b.ints(&[value]));
    b.op("Slice", &[x, &from, &to, &axes])
}

/// Rows of channels as planes.
fn planes(values: &[f32], channels: usize) -> Vec<f32> {
    (0..channels).flat_map(|c| values.iter().skip(c).step_by(channels).copied()).collect()
}
