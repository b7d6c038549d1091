//! What a graph's lists of tokens are: which of them are places of the picture.

use foliar_kernels::Nhwc;

use crate::graph::{Graph, NodeId, Op};

impl Graph {
    /// Learned tokens that stand before those of the picture in a node's value; `None` if its value is no list of tokens.
    pub fn learned_tokens(&self, id: NodeId) -> Option<usize> {
        let mut tokens = None;
        let mut next = Some(id);
        while let Some(node) = next.and_then(|id| self.nodes.get(id)) {
            match node.op {
                Op::Token { count, .. } => tokens = Some(tokens.unwrap_or(0) + count),
                // One token is no list.
                Op::PickToken { .. } | Op::GlobalAveragePool | Op::Linear { .. } => return tokens,
                _ => {}
            }
            next = node.inputs.first().copied();
        }
        tokens
    }

    /// The places of the picture in a node's value of the shape `shape`: how many numbers of a photograph's value stand before
    /// them, and rows, columns and channels. A list of tokens begins with the learned ones, and the others are a square.
    pub fn picture(&self, id: NodeId, shape: Nhwc) -> (usize, [usize; 3]) {
        let learned = self.learned_tokens(id).filter(|&learned| learned <= shape.w() && shape.h() == 1);
        let side = learned.map(|learned| (learned, (shape.w() - learned).isqrt()));
        match side {
            Some((learned, side)) if learned + side * side == shape.w() => {
                (learned * shape.c(), [side, side, shape.c()])
            }
            _ => (0, [shape.h(), shape.w(), shape.c()]),
        }
    }

    /// For each node, how many nodes of attention are at or before it.
    pub(crate) fn attentions(&self) -> Vec<usize> {
        self.nodes
            .iter()
            .scan(0, |sum, node| {
                *sum += usize::from(matches!(node.op, Op::Attention { .. }));
                Some(*sum)
            })
            .collect()
    }
}
