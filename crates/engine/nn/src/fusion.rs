//! Which nodes of a graph are computed in one pass over memory.

use foliar_kernels::Activation;

use crate::graph::{Graph, NodeId, Op};

/// A batch norm with what is done in the same pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FusedNorm {
    pub(crate) norm: NodeId,
    pub(crate) residual: Option<NodeId>,
    pub(crate) activation: Activation,
    /// Whether a convolution whose value nothing else reads is before it.
    pub(crate) joined: bool,
}

/// Where a node is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In a step of its own.
    Plain,
    /// Within a later step.
    Absorbed,
    /// In the step of a norm, whose last node it is.
    Norm(FusedNorm),
}

/// What is computed with what, for each node.
pub(crate) struct Fusions {
    pub(crate) places: Vec<Place>,
    /// The norm that a convolution applies to its input.
    pub(crate) before: Vec<Option<FusedNorm>>,
    /// The norm whose statistics a convolution finds, with the activation that the gradient has not passed yet when the
    /// step after it is done.
    pub(crate) after: Vec<Option<FusedNorm>>,
}

impl Fusions {
    pub(crate) fn new(graph: &Graph) -> Self {
        let nodes = graph.nodes.len();
        let mut fusions =
            Self { places: vec![Place::Plain; nodes], before: vec![None; nodes], after: vec![None; nodes] };
        let uses = graph.uses();
        let norms = fusions.find_norms(graph, &uses);
        for (id, node) in graph.nodes.iter().enumerate() {
            let Some(&input) = node.inputs.first() else { continue };
            let applies = matches!(node.op, Op::Depthwise { .. }) || node.op.is_pointwise();
            if let Place::Norm(norm @ FusedNorm { residual: None, joined: true, .. }) = fusions.places[input]
                && applies
                && uses[input] == 1
            {
                fusions.before[id] = Some(norm);
                fusions.places[input] = Place::Absorbed;
            }
        }
        for norm in norms.into_iter().filter(|norm| norm.joined) {
            let absorbed = fusions.before.iter().flatten().any(|before| before.norm == norm.norm);
            let gated = absorbed || norm.residual.is_some();
            let activation = if gated { Activation::Identity } else { norm.activation };
            let source = graph.nodes[norm.norm].inputs[0];
            fusions.after[source] = Some(FusedNorm { activation, ..norm });
        }
        fusions
    }

    /// Joins batch norms with the residuals and activations after them.
    fn find_norms(&mut self, graph: &Graph, uses: &[usize]) -> Vec<FusedNorm> {
        let only_user = |id: NodeId| {
            (uses[id] == 1).then(|| graph.nodes.iter().position(|node| node.inputs.contains(&id))).flatten()
        };
        let mut norms = Vec::new();
        for (norm, node) in graph.nodes.iter().enumerate() {
            let (Op::BatchNorm { .. }, Some(&source)) = (&node.op, node.inputs.first()) else { continue };
            let convolved = matches!(
                graph.nodes[source].op,
                Op::Conv { .. } | Op::GroupedConv { .. } | Op::Depthwise { .. }
            );
            let joined = convolved && uses[source] == 1;
            let mut end = norm;
            let mut fused = FusedNorm { norm, residual: None, activation: Activation::Identity, joined };
            // The norm's own input is no residual: two gradients would go to it, and one step has one place for them.
            let residual_of =
                |add: NodeId| graph.nodes[add].inputs.iter().copied().find(|&input| input != norm);
            if let Some(add) = only_user(end).filter(|&user| graph.nodes[user].op == Op::Add)
                && matches!(self.places[add], Place::Plain)
                && let Some(residual) = residual_of(add).filter(|&residual| residual != source)
            {
                fused.residual = Some(residual);
                end = add;
            }
            if let Some(user) = only_user(end)
                && let Some(activation) = activation(&graph.nodes[user].op)
            {
                fused.activation = activation;
                self.places[end] = Place::Absorbed;
                end = user;
            }
            self.places[norm] = Place::Absorbed;
            self.places[end] = Place::Norm(fused);
            norms.push(fused);
        }
        norms
    }
}

fn activation(op: &Op) -> Option<Activation> {
    match op {
        Op::Relu => Some(Activation::Relu),
        Op::Relu6 => Some(Activation::Relu6),
        _ => None,
    }
}
