//! The weights of a network as exported files hold them: checked, and with the batch norms that became part of convolutions.
//!
//! A batch norm behind a convolution whose value nothing else takes becomes part of that convolution; any other one stays.

use foliar_nn::{
    Graph, Nhwc, NodeId, Op, Padding, Parameters, Sliding, StateDict, StateError, infer, tensor_name,
};

use crate::error::ExportError;

/// A network with its weights.
pub(crate) struct Weights<'a> {
    pub(crate) graph: &'a Graph,
    state: &'a StateDict,
    /// The shape of each node's value for one photo.
    pub(crate) shapes: Vec<Nhwc>,
    /// For each convolution, the batch norm that becomes part of it.
    folded: Vec<Option<NodeId>>,
}

impl<'a> Weights<'a> {
    /// The weights `state` of `graph` for photos of `size` pixels, of which `width` features are expected before the classifier.
    ///
    /// # Errors
    /// A malformed graph, weights that do not fit it, features of another width.
    pub(crate) fn new(
        graph: &'a Graph,
        state: &'a StateDict,
        size: usize,
        width: Option<usize>,
    ) -> Result<Self, ExportError> {
        graph.validate()?;
        let shapes = infer(graph, 1, size, size)?;
        for parameter in Parameters::new(graph, &shapes)?.list {
            state.require(&parameter.name, &parameter.shape)?;
        }
        let found = shapes[graph.backbone()].c();
        if let Some(expected) = width.filter(|&expected| expected != found) {
            return Err(ExportError::Features { found, expected });
        }
        Ok(Self { graph, state, shapes, folded: folded(graph) })
    }

    /// Whether this batch norm is part of the convolution before it.
    pub(crate) fn is_folded(&self, norm: NodeId) -> bool {
        self.graph.nodes[norm].inputs.first().is_some_and(|&source| self.folded[source] == Some(norm))
    }

    /// The tensor `NODE.SUFFIX`, or that with the node's own name for no suffix; its shape was checked.
    pub(crate) fn tensor(&self, id: NodeId, suffix: &str) -> Result<&[f32], ExportError> {
        let name = tensor_name(&self.graph.nodes[id].name, suffix);
        match self.state.tensors.get(&name) {
            Some(tensor) => Ok(&tensor.data),
            None => Err(StateError::Missing { name, shape: Vec::new() }.into()),
        }
    }

    /// Filters of a convolution in PyTorch's order, (outputs, inputs, kernel, kernel), and what is added to each of its `channels`,
    /// or nothing where nothing is.
    pub(crate) fn convolution(
        &self,
        id: NodeId,
        channels: usize,
        bias: bool,
    ) -> Result<(Vec<f32>, Vec<f32>), ExportError> {
        let mut filters = self.tensor(id, "weight")?.to_vec();
        let mut shift = if bias { self.tensor(id, "bias")?.to_vec() } else { Vec::new() };
        if let Some(norm) = self.folded[id] {
            let (scales, shifts) = self.scale_and_shift(norm)?;
            let filter = (filters.len() / channels.max(1)).max(1);
            for (values, &scale) in filters.chunks_exact_mut(filter).zip(&scales) {
                values.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
            }
            shift.resize(channels, 0.0);
            for ((shift, scale), norm) in shift.iter_mut().zip(scales).zip(shifts) {
                *shift = (f64::from(*shift) * scale + norm) as f32;
            }
        }
        Ok((filters, shift))
    }

    /// What a batch norm multiplies each channel by and then adds to it.
    pub(crate) fn scale_and_shift(&self, norm: NodeId) -> Result<(Vec<f64>, Vec<f64>), ExportError> {
        let Op::BatchNorm { epsilon, .. } = self.graph.nodes[norm].op else { return Ok(Default::default()) };
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
        let [weight, bias] = [self.tensor(norm, "weight")?, self.tensor(norm, "bias")?].map(wide);
        let [mean, variance] =
            [self.tensor(norm, "running_mean")?, self.tensor(norm, "running_var")?].map(wide);
        let scales: Vec<f64> = weight
            .iter()
            .zip(&variance)
            .map(|(weight, variance)| weight / (variance + f64::from(epsilon)).sqrt())
            .collect();
        let shifts = bias.iter().zip(&mean).zip(&scales).map(|((bias, mean), scale)| bias - mean * scale);
        let shifts = shifts.collect();
        Ok((scales, shifts))
    }

    /// The border of a sliding window before and behind, of rows and of columns, worked out for the size of the input: as much
    /// behind as the last window needs.
    pub(crate) fn border(&self, id: NodeId, window: Sliding) -> [[usize; 2]; 2] {
        let from = self.shapes[self.graph.nodes[id].inputs[0]];
        let to = self.shapes[id];
        let Sliding { kernel, stride, padding } = window;
        [(from.h(), to.h()), (from.w(), to.w())].map(|(input, output)| {
            let needed = (output.max(1) - 1) * stride + kernel;
            let before = match padding {
                Padding::Explicit(border) => border,
                Padding::Same => needed.saturating_sub(input) / 2,
            };
            [before, needed.saturating_sub(input + before)]
        })
    }
}

fn folded(graph: &Graph) -> Vec<Option<NodeId>> {
    let uses = graph.uses();
    let mut folded = vec![None; graph.nodes.len()];
    for (id, node) in graph.nodes.iter().enumerate() {
        let (Op::BatchNorm { .. }, &[source]) = (&node.op, &node.inputs[..]) else { continue };
        let op = &graph.nodes[source].op;
        if uses[source] == 1 && matches!(op, Op::Conv { .. } | Op::GroupedConv { .. } | Op::Depthwise { .. })
        {
            folded[source] = Some(id);
        }
    }
    folded
}

/// The matrix (size, length) whose row i is the mean of `floor(i length / size)` to `ceil((i + 1) length / size)`: PyTorch's adaptive
/// pooling of one side.
pub(crate) fn means(length: usize, size: usize) -> Vec<f32> {
    let mut matrix = vec![0.0; size * length];
    for (result, row) in matrix.chunks_exact_mut(length).enumerate() {
        let (begin, end) = (result * length / size, ((result + 1) * length).div_ceil(size));
        row[begin..end].fill(1.0 / (end - begin) as f32);
    }
    matrix
}
