//! The shape of every value of a graph, once the size of the input is known.

use foliar_kernels::attention::Attention;
use foliar_kernels::conv::Conv;
use foliar_kernels::conv::grouped::Grouped;
use foliar_kernels::depthwise::Depthwise;
use foliar_kernels::pool::Pool;
use foliar_kernels::{Nhwc, Pad, Window};

use crate::error::GraphError;
use crate::graph::{Graph, Node, Op, Padding, Sliding};

impl Sliding {
    /// The window over an image, its padding worked out.
    fn window(&self, image: Nhwc) -> Option<Window> {
        let (kernel, stride) = ([self.kernel; 2], [self.stride; 2]);
        match self.padding {
            Padding::Same => Window::same(kernel, stride, image.h(), image.w()),
            Padding::Explicit(border) => Window::new(kernel, stride, Pad::all(border)),
        }
    }

    /// The convolution of `input` to so many channels; `None` if the window does not fit, or there are too many numbers.
    pub(crate) fn conv(&self, input: Nhwc, channels: usize) -> Option<Conv> {
        Conv::new(input, channels, self.window(input)?)
    }

    /// The grouped convolution of `input`; `None` as from [`Sliding::conv`], or if the groups do not divide the channels.
    pub(crate) fn grouped(&self, input: Nhwc, channels: usize, groups: usize) -> Option<Grouped> {
        Grouped::new(input, channels, groups, self.window(input)?)
    }

    /// The depthwise convolution of `input`; `None` as from [`Sliding::conv`].
    pub(crate) fn depthwise(&self, input: Nhwc) -> Option<Depthwise> {
        Depthwise::new(input, self.window(input)?)
    }

    /// The pooling of `input`, with windows that reach beyond the border if `ceil` says so; `None` as from [`Sliding::conv`].
    pub(crate) fn pool(&self, input: Nhwc, ceil: bool) -> Option<Pool> {
        let window = self.window(input)?;
        Pool::new(input, if ceil { window.ceil(input.h(), input.w()) } else { window })
    }
}

/// The shape of each node's value for `n` photographs of `height` x `width` pixels, in the order of the nodes.
///
/// # Errors
/// Names the first node whose window does not fit, whose inputs disagree, or whose value is absurdly large.
pub fn infer(graph: &Graph, n: usize, height: usize, width: usize) -> Result<Vec<Nhwc>, GraphError> {
    let mut shapes: Vec<Nhwc> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let inputs: Vec<Nhwc> = node.inputs.iter().map(|&id| shapes[id]).collect();
        let shape = output(node, &inputs, [n, height, width])?;
        if shape.is_empty() {
            return Err(GraphError::Size { node: node.name.clone(), height: shape.h(), width: shape.w() });
        }
        shapes.push(shape);
    }
    Ok(shapes)
}

fn output(node: &Node, inputs: &[Nhwc], [n, height, width]: [usize; 3]) -> Result<Nhwc, GraphError> {
    let malformed = |what: String| Err(GraphError::Malformed { node: node.name.clone(), what });
    let counted = |shape: Option<Nhwc>| shape.ok_or_else(|| GraphError::TooLarge { node: node.name.clone() });
    // What slides over x, unless the window does not fit.
    let slid = |window: &Sliding, x: Nhwc, shape: Option<Nhwc>| {
        if shape.is_none() && window.window(x).and_then(|window| window.output(x.h(), x.w())).is_none() {
            return Err(GraphError::Size { node: node.name.clone(), height: x.h(), width: x.w() });
        }
        counted(shape)
    };
    match (&node.op, inputs) {
        (Op::Input, []) => counted(Nhwc::new(n, height, width, 3)),
        (&Op::Features { height, width, channels }, []) => counted(Nhwc::new(n, height, width, channels)),
        (Op::Conv { channels, window, .. }, [x]) => {
            slid(window, *x, window.conv(*x, *channels).map(|conv| conv.output()))
        }
        (Op::GroupedConv { channels, groups, window }, [x]) => {
            if !x.c().is_multiple_of(*groups) || !channels.is_multiple_of(*groups) {
                return malformed(format!("cuts {} channels to {channels} into {groups} groups", x.c()));
            }
            slid(window, *x, window.grouped(*x, *channels, *groups).map(|conv| conv.output()))
        }
        (Op::Depthwise { window }, [x]) => slid(window, *x, window.depthwise(*x).map(|conv| conv.output())),
        (Op::AveragePool { window }, [x]) => {
            slid(window, *x, window.pool(*x, false).map(|pool| pool.output()))
        }
        (Op::MaxPool { window, ceil }, [x]) => {
            slid(window, *x, window.pool(*x, *ceil).map(|pool| pool.output()))
        }
        (
            Op::BatchNorm { .. }
            | Op::Relu
            | Op::Relu6
            | Op::Silu
            | Op::Sigmoid
            | Op::HardSigmoid
            | Op::HardSwish
            | Op::Hellinger
            | Op::Gelu
            | Op::LayerNorm { .. }
            | Op::ChannelScale { .. }
            | Op::ChannelShift
            | Op::PositionEmbedding { .. }
            | Op::Dropout { .. }
            | Op::StochasticDepth { .. },
            [x],
        ) => Ok(*x),
        (Op::PixelLinear { features }, [x]) => counted(Nhwc::new(x.n(), x.h(), x.w(), *features)),
        (Op::Attention { heads }, [x]) if !x.c().is_multiple_of(3 * heads) => {
            malformed(format!("{} channels are no queries, keys and values of {heads} heads", x.c()))
        }
        (Op::Attention { heads }, [x]) => {
            let channels = Attention::new(*x, *heads).map(|attention| attention.channels());
            counted(channels.and_then(|channels| Nhwc::new(x.n(), x.h(), x.w(), channels)))
        }
        (Op::Token { after, .. }, [x]) if *after > x.h() * x.w() => {
            malformed(format!("there are no {after} tokens before it"))
        }
        (Op::Token { count, .. }, [x]) => counted(Nhwc::new(x.n(), 1, x.h() * x.w() + count, x.c())),
        (Op::PickToken { place }, [x]) if *place >= x.h() * x.w() => {
            malformed(format!("there is no token number {place}"))
        }
        (Op::PickToken { .. }, [x]) => counted(Nhwc::new(x.n(), 1, 1, x.c())),
        (Op::AdaptiveAveragePool { size }, [x]) => counted(Nhwc::new(x.n(), *size, *size, x.c())),
        (Op::GlobalAveragePool, [x]) => counted(Nhwc::new(x.n(), 1, 1, x.c())),
        (Op::Linear { features }, [x]) => counted(Nhwc::new(x.n(), 1, 1, *features)),
        (Op::Add, [a, b]) if a == b => Ok(*a),
        (Op::Add, [a, b]) => malformed(format!("adds values of unequal shapes, {a:?} and {b:?}")),
        (Op::Concat, [a, b]) if (a.h(), a.w()) == (b.h(), b.w()) => {
            counted(Nhwc::new(a.n(), a.h(), a.w(), a.c() + b.c()))
        }
        (Op::Concat, [a, b]) => malformed(format!("joins images of unequal sizes, {a:?} and {b:?}")),
        (Op::Scale, [x, s]) if Some(*s) == Nhwc::new(x.n(), 1, 1, x.c()) => Ok(*x),
        (Op::Scale, [x, s]) => malformed(format!("scales {x:?} by {s:?}, not by one number a channel")),
        _ => malformed(format!("takes {} inputs, has {}", node.op.arity(), inputs.len())),
    }
}
