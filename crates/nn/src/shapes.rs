//! The shape of every value of a graph, once the size of the input is known.

use foliar_kernels::{Nhwc, Pad, Window};

use crate::error::GraphError;
use crate::graph::{Graph, Node, Op, Padding, Sliding};

/// Largest number of values of one tensor that is accepted; keeps every later product within `usize`.
const MOST_VALUES: usize = 1 << 40;

impl Sliding {
    /// The window over an image of `height` x `width` pixels, its padding worked out.
    pub fn window(&self, height: usize, width: usize) -> Window {
        match self.padding {
            Padding::Same => Window::same([self.kernel; 2], [self.stride; 2], height, width),
            Padding::Explicit(border) => Window {
                kernel: [self.kernel; 2],
                stride: [self.stride; 2],
                pad: Pad { top: border, left: border, bottom: border, right: border },
            },
        }
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
        let shape = output(node, &inputs, Nhwc { n, h: height, w: width, c: 3 })?;
        let values =
            [shape.h, shape.w, shape.c].iter().try_fold(shape.n, |product, &x| product.checked_mul(x));
        if values.is_none_or(|values| values == 0 || values > MOST_VALUES) {
            return Err(GraphError::Size { node: node.name.clone(), height: shape.h, width: shape.w });
        }
        shapes.push(shape);
    }
    Ok(shapes)
}

fn output(node: &Node, inputs: &[Nhwc], photographs: Nhwc) -> Result<Nhwc, GraphError> {
    let malformed = |what: String| GraphError::Malformed { node: node.name.clone(), what };
    let slide = |window: &Sliding, x: Nhwc, c: usize| {
        let misfit = || GraphError::Size { node: node.name.clone(), height: x.h, width: x.w };
        if window.kernel == 0 || window.stride == 0 {
            return Err(malformed("a window needs a kernel and a stride of at least 1".into()));
        }
        let (h, w) = window.window(x.h, x.w).output(x.h, x.w).ok_or_else(misfit)?;
        Ok(Nhwc { n: x.n, h, w, c })
    };
    match (&node.op, inputs) {
        (Op::Input, []) => Ok(photographs),
        (Op::Conv { channels, window, .. }, [x]) => slide(window, *x, *channels),
        (Op::Depthwise { window } | Op::MaxPool { window }, [x]) => slide(window, *x, x.c),
        (Op::BatchNorm { .. } | Op::Relu | Op::Relu6, [x]) => Ok(*x),
        (Op::GlobalAveragePool, [x]) => Ok(Nhwc { h: 1, w: 1, ..*x }),
        (Op::Linear { features }, [x]) if x.h == 1 && x.w == 1 => Ok(Nhwc { c: *features, ..*x }),
        (Op::Linear { .. }, [x]) => {
            Err(malformed(format!("needs pooled features, not {} x {} pixels", x.h, x.w)))
        }
        (Op::Add, [a, b]) if a == b => Ok(*a),
        (Op::Add, [a, b]) => Err(malformed(format!("adds values of unequal shapes, {a:?} and {b:?}"))),
        _ => Err(malformed(format!("takes {} inputs, has {}", node.op.arity(), inputs.len()))),
    }
}
