//! Position embeddings of another number of patches, resampled.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | s, t | patches a side in the file and in the network |
//! | r | `s / t` |
//! | u | centre of a patch in the file's grid, `(i + 1/2) r` |
//! | a | -0.75 where the grid grows, -0.5 where it shrinks |
//!
//! Bicubic (Keys 1981) along rows and then columns. A grid that grows, or keeps its size, takes four neighbours, those beyond the
//! border being the border's: PyTorch's `interpolate(mode="bicubic")`. One that shrinks takes all within 2 r, weighted by the kernel
//! stretched by r and divided by the weights' sum, so that none is passed over: the same with `antialias=True`, as timm does.
//! DINOv2's own program shrinks without the stretching.

use super::layout::agree;
use crate::error::GraphError;
use crate::graph::{Graph, Node, Op};
use crate::parameters::{Parameter, Parameters, Role};
use crate::shapes;
use crate::tensor::{StateDict, Tensor};

/// A position embedding that was resampled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resampled {
    /// The tensor.
    pub name: String,
    /// Patches a side as it was.
    pub from: usize,
    /// Patches a side that photographs of the network's size have.
    pub to: usize,
}

/// Resamples the position embeddings of `state` for photographs of `size` x `size` pixels, where they have another number of
/// patches; says which. Tensors that are not what the graph could have are left as they are.
///
/// # Errors
/// A malformed graph, or photographs that do not fit it.
pub fn fit_positions(
    graph: &Graph,
    state: &mut StateDict,
    size: usize,
) -> Result<Vec<Resampled>, GraphError> {
    let parameters = Parameters::new(graph, &shapes::infer(graph, 1, size, size)?)?;
    let mut resampled = Vec::new();
    for parameter in parameters.list.iter().filter(|parameter| parameter.role == Role::Position) {
        let Op::PositionEmbedding { extra } = graph.nodes[parameter.node].op else { continue };
        let Some(tensor) = state.tensors.get_mut(&parameter.name) else { continue };
        let channels = parameter.shape[2];
        let sides = (side_of(&tensor.shape, channels, extra), side_of(&parameter.shape, channels, extra));
        if let (Some(from), Some(to)) = sides
            && from != to
        {
            let (before, grid) = tensor.data.split_at(extra * channels);
            let mut data = before.to_vec();
            data.extend(resample(grid, channels, from, to));
            *tensor = Tensor { shape: parameter.shape.clone(), data };
            resampled.push(Resampled { name: parameter.name.clone(), from, to });
        }
    }
    Ok(resampled)
}

/// Whether a file's tensor of `shape` can be `parameter` of `node`: of its shape, but for the number of places of a position
/// embedding.
pub(super) fn fits(node: &Node, parameter: &Parameter, shape: &[usize]) -> bool {
    let (Op::PositionEmbedding { extra }, &[_, _, channels]) = (&node.op, &parameter.shape[..]) else {
        return agree(shape, &parameter.shape);
    };
    [*extra, 0].into_iter().any(|extra| side_of(shape, channels, extra).is_some())
}

/// A position embedding of a file, with zeros for the tokens that are no patches where it has none for them, as timm's networks
/// with registers: their class token has its own added.
pub(super) fn with_extra(tensor: Tensor, extra: usize) -> Tensor {
    let &[_, places, channels] = &tensor.shape[..] else { return tensor };
    if side_of(&tensor.shape, channels, extra).is_some() {
        return tensor;
    }
    let mut data = vec![0.0; extra * channels];
    data.extend(tensor.data);
    Tensor { shape: vec![1, extra + places, channels], data }
}

/// Patches a side of an embedding of this shape, (1, extra + side², channels).
pub(super) fn side_of(shape: &[usize], channels: usize, extra: usize) -> Option<usize> {
    let &[1, places, found] = shape else { return None };
    let patches = places.checked_sub(extra)?;
    let side = patches.isqrt();
    (found == channels && side > 0 && side * side == patches).then_some(side)
}

/// A square grid of `from` patches a side, of so many channels, with `to`.
fn resample(grid: &[f32], channels: usize, from: usize, to: usize) -> Vec<f32> {
    let taps = taps(from, to);
    let wide: Vec<f64> = grid.iter().map(|&value| f64::from(value)).collect();
    // Rows first: (to, from), then columns: (to, to).
    let mut rows = vec![0.0; to * from * channels];
    for (row, taps) in rows.chunks_exact_mut(from * channels).zip(&taps) {
        for &(place, weight) in taps {
            let source = &wide[place * from * channels..][..from * channels];
            row.iter_mut().zip(source).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    let mut out = Vec::with_capacity(to * to * channels);
    for row in rows.chunks_exact(from * channels) {
        for taps in &taps {
            let value = |c: usize| {
                taps.iter().map(|&(place, weight)| weight * row[place * channels + c]).sum::<f64>()
            };
            out.extend((0..channels).map(|c| value(c) as f32));
        }
    }
    out
}

/// For each patch, those that it is made of and their weights.
fn taps(from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
    let ratio = from as f64 / to as f64;
    let (stretch, a) = if ratio > 1.0 { (ratio, -0.5) } else { (1.0, -0.75) };
    let last = from.saturating_sub(1);
    let of = |index: usize| {
        let centre = (index as f64 + 0.5) * ratio;
        let first = (centre - 2.0 * stretch - 0.5).floor() as i64;
        let end = (centre + 2.0 * stretch + 0.5).ceil() as i64;
        let weighted = |place: i64| {
            let weight = kernel((place as f64 + 0.5 - centre) / stretch, a);
            // Beyond the border there is nothing where the kernel is stretched, else the border's value.
            let inside = (0..from as i64).contains(&place);
            (weight != 0.0 && (inside || stretch == 1.0))
                .then(|| (place.clamp(0, last as i64) as usize, weight))
        };
        let taps: Vec<(usize, f64)> = (first..end).filter_map(weighted).collect();
        let sum: f64 = taps.iter().map(|(_, weight)| weight).sum();
        taps.into_iter().map(|(place, weight)| (place, weight / sum)).collect()
    };
    (0..to).map(of).collect()
}

/// Keys's cubic convolution kernel.
fn kernel(x: f64, a: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_of_one_value_stay_and_equal_grids_are_kept() {
        for (from, to) in [(3, 5), (5, 3), (4, 4), (37, 16), (1, 4), (4, 1)] {
            assert!(
                resample(&vec![2.5; from * from * 2], 2, from, to).iter().all(|v| (v - 2.5).abs() < 1e-6)
            );
        }
        let grid: Vec<f32> = (0..16).map(|i| (i * i % 7) as f32).collect();
        assert_eq!(resample(&grid, 1, 4, 4), grid);
    }

    #[test]
    fn sides_are_found() {
        assert_eq!(side_of(&[1, 197, 8], 8, 1), Some(14));
        for (shape, extra) in [(&[1, 197, 8][..], 0), (&[1, 1, 8], 1), (&[197, 8], 1), (&[1, 197, 7], 1)] {
            assert_eq!(side_of(shape, 8, extra), None);
        }
    }
}
