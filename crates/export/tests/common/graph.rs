//! A small network with every operation.

use foliar_nn::{Graph, Node, Op, Padding, Sliding};

pub(crate) fn every_op(classes: usize) -> Graph {
    let conv = |channels, window, bias| Op::Conv { channels, window, bias };
    let norm = || Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 };
    let nodes: Vec<(&str, Op, Vec<usize>)> = vec![
        ("input", Op::Input, vec![]),
        ("same", conv(6, Sliding::same(3, 2), false), vec![0]),
        ("same_norm", norm(), vec![1]),
        ("relu6", Op::Relu6, vec![2]),
        ("depthwise", Op::Depthwise { window: Sliding::new(3, 1, 1) }, vec![3]),
        ("depthwise_norm", norm(), vec![4]),
        ("silu", Op::Silu, vec![5]),
        // Its value is used twice: the norm cannot become part of it.
        ("pointwise", conv(6, Sliding::new(1, 1, 0), true), vec![6]),
        ("own_norm", norm(), vec![7]),
        ("add", Op::Add, vec![8, 7]),
        ("relu", Op::Relu, vec![9]),
        ("concat", Op::Concat, vec![10, 3]),
        ("max", Op::MaxPool { window: Sliding::new(3, 2, 0), ceil: true }, vec![11]),
        (
            "average",
            Op::AveragePool { window: Sliding { kernel: 2, stride: 1, padding: Padding::Explicit(1) } },
            vec![12],
        ),
        ("squeeze", Op::GlobalAveragePool, vec![13]),
        ("excite", conv(12, Sliding::new(1, 1, 0), true), vec![14]),
        ("gate", Op::Sigmoid, vec![15]),
        ("scale", Op::Scale, vec![13, 16]),
        ("adaptive", Op::AdaptiveAveragePool { size: 4 }, vec![17]),
        ("hidden", Op::Linear { features: 10 }, vec![18]),
        ("hidden_relu", Op::Relu, vec![19]),
        ("hellinger", Op::Hellinger, vec![20]),
        ("dropout", Op::Dropout { rate: 0.5 }, vec![21]),
        ("fc", Op::Linear { features: classes }, vec![22]),
    ];
    let node = |(name, op, inputs): (&str, Op, Vec<usize>)| Node { name: name.to_owned(), op, inputs };
    Graph { name: "every_op".to_owned(), nodes: nodes.into_iter().map(node).collect() }
}

/// A small network with every operation of transformers.
pub(crate) fn every_token_op(classes: usize) -> Graph {
    let norm = Op::LayerNorm { epsilon: 1e-3 };
    let patches = Op::Conv { channels: 8, window: Sliding::new(8, 8, 0), bias: true };
    let nodes: Vec<(&str, Op, Vec<usize>)> = vec![
        ("input", Op::Input, vec![]),
        ("patches", patches, vec![0]),
        ("norm0", norm, vec![1]),
        ("depthwise", Op::Depthwise { window: Sliding::new(7, 1, 3) }, vec![2]),
        ("depthwise.bias", Op::ChannelShift, vec![3]),
        ("class", Op::Token { count: 1, after: 0 }, vec![4]),
        ("positions", Op::PositionEmbedding { extra: 1 }, vec![5]),
        ("registers", Op::Token { count: 2, after: 1 }, vec![6]),
        ("norm1", norm, vec![7]),
        ("attn.in_proj", Op::PixelLinear { features: 24 }, vec![8]),
        ("attention", Op::Attention { heads: 2 }, vec![9]),
        ("proj", Op::PixelLinear { features: 8 }, vec![10]),
        ("ls.gamma", Op::ChannelScale { initial: 0.5 }, vec![11]),
        ("add", Op::Add, vec![7, 12]),
        ("gelu", Op::Gelu, vec![13]),
        ("token", Op::PickToken { place: 0 }, vec![14]),
        ("fc", Op::Linear { features: classes }, vec![15]),
    ];
    let node = |(name, op, inputs): (&str, Op, Vec<usize>)| Node { name: name.to_owned(), op, inputs };
    Graph { name: "every_token_op".to_owned(), nodes: nodes.into_iter().map(node).collect() }
}

/// The mean of each colour, and a classifier.
pub(crate) fn averages(classes: usize) -> Graph {
    let nodes = [
        ("input", Op::Input, vec![]),
        ("mean", Op::GlobalAveragePool, vec![0]),
        ("fc", Op::Linear { features: classes }, vec![1]),
    ];
    let node = |(name, op, inputs): (&str, Op, Vec<usize>)| Node { name: name.to_owned(), op, inputs };
    Graph { name: "averages".to_owned(), nodes: nodes.into_iter().map(node).collect() }
}

/// Operations one after the other.
pub(crate) fn chain(ops: Vec<Op>) -> Graph {
    let node = |(id, op)| Node { name: format!("node{id}"), op, inputs: vec![id] };
    let input = Node { name: "input".to_owned(), op: Op::Input, inputs: vec![] };
    let nodes = ops.into_iter().enumerate().map(node);
    Graph { name: "chain".to_owned(), nodes: [input].into_iter().chain(nodes).collect() }
}
