//! Appends nodes to a graph; what the model zoo is written with.

use crate::graph::{Graph, Node, NodeId, Op, Sliding};

/// A graph under construction.
pub(crate) struct Builder {
    graph: Graph,
}

impl Builder {
    /// A graph that holds the input alone.
    pub(crate) fn new(name: &str) -> (Self, NodeId) {
        let mut builder = Self { graph: Graph { name: name.to_owned(), nodes: Vec::new() } };
        let input = builder.push("input", Op::Input, &[]);
        (builder, input)
    }

    pub(crate) fn push(&mut self, name: impl Into<String>, op: Op, inputs: &[NodeId]) -> NodeId {
        self.graph.nodes.push(Node { name: name.into(), op, inputs: inputs.to_vec() });
        self.graph.nodes.len() - 1
    }

    /// A dense convolution without bias.
    pub(crate) fn conv(
        &mut self,
        name: impl Into<String>,
        x: NodeId,
        channels: usize,
        window: Sliding,
    ) -> NodeId {
        self.push(name, Op::Conv { channels, window, bias: false }, &[x])
    }

    /// Batch norm with PyTorch's defaults.
    pub(crate) fn batch_norm(&mut self, name: impl Into<String>, x: NodeId) -> NodeId {
        self.push(name, Op::BatchNorm { epsilon: 1e-5, momentum: 0.1 }, &[x])
    }

    /// Global average pooling and the classifier `name`; ends the graph.
    pub(crate) fn classify(mut self, name: &str, x: NodeId, classes: usize) -> Graph {
        let pooled = self.push("pool", Op::GlobalAveragePool, &[x]);
        self.push(name, Op::Linear { features: classes }, &[pooled]);
        self.finish()
    }

    /// The graph, which ends in the node that was pushed last.
    pub(crate) fn finish(self) -> Graph {
        self.graph
    }
}
