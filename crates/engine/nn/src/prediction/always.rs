//! Graphs without what passes values on unchanged when nothing is learned.

use crate::graph::{Graph, Node, NodeId, Op};

/// `graph` without its nodes of stochastic depth, so that residuals are added where a convolution stores its values. One stays
/// where a node would take the same value twice without it, and where it is the last node. The graph's structure was checked.
pub(super) fn kept(graph: &Graph) -> Graph {
    let mut nodes: Vec<Node> = Vec::with_capacity(graph.nodes.len());
    // Where the value of each node is found.
    let mut place: Vec<NodeId> = Vec::with_capacity(graph.nodes.len());
    for (id, node) in graph.nodes.iter().enumerate() {
        let passes = matches!(node.op, Op::StochasticDepth { .. }) && id + 1 < graph.nodes.len();
        if let Some(&source) = node.inputs.first().filter(|_| passes)
            && !meet_again(graph, &place, id, source)
        {
            place.push(place[source]);
            continue;
        }
        let inputs = node.inputs.iter().map(|&input| place[input]).collect();
        place.push(nodes.len());
        nodes.push(Node { inputs, ..node.clone() });
    }
    Graph { name: graph.name.clone(), nodes }
}

/// Whether some node takes the value of `id` and another one that is found where `source` is.
fn meet_again(graph: &Graph, place: &[NodeId], id: NodeId, source: NodeId) -> bool {
    // Later nodes of stochastic depth may pass either value on: what they could lead to counts as well.
    let mut same: Vec<bool> = place.iter().map(|&found| found == place[source]).collect();
    same.resize(graph.nodes.len(), false);
    same[id] = true;
    for (later, node) in graph.nodes.iter().enumerate().skip(id + 1) {
        if node.inputs.len() == 2 && node.inputs.iter().all(|&input| same[input]) {
            return true;
        }
        same[later] =
            matches!(node.op, Op::StochasticDepth { .. }) && node.inputs.iter().any(|&input| same[input]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    #[test]
    fn only_stochastic_depth_is_left_out() {
        let graph = zoo::build("efficientnet_b0", 3).unwrap();
        let dropped = |graph: &Graph| {
            graph.nodes.iter().filter(|node| matches!(node.op, Op::StochasticDepth { .. })).count()
        };
        let without = kept(&graph);
        assert!(dropped(&graph) > 0);
        assert_eq!((dropped(&without), without.nodes.len()), (0, graph.nodes.len() - dropped(&graph)));
        without.validate().unwrap();
        let plain = zoo::build("resnet18", 3).unwrap();
        assert_eq!(kept(&plain), plain);
    }

    #[test]
    fn a_value_that_meets_itself_again_stays_apart() {
        let depth = Op::StochasticDepth { rate: 0.5 };
        let nodes = [
            ("input", Op::Input, vec![]),
            ("first", depth, vec![0]),
            ("second", depth, vec![0]),
            ("add", Op::Add, vec![1, 2]),
            ("mean", Op::GlobalAveragePool, vec![3]),
            ("fc", Op::Linear { features: 3 }, vec![4]),
        ];
        let node = |(name, op, inputs): (&str, Op, Vec<usize>)| Node { name: name.to_owned(), op, inputs };
        let graph = Graph { name: "twice".to_owned(), nodes: nodes.into_iter().map(node).collect() };
        let without = kept(&graph);
        assert_eq!(without.nodes.len(), graph.nodes.len() - 1);
        without.validate().unwrap();
    }
}
