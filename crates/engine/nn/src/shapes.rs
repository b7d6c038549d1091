//! The shape of every value of a graph, once the size of the input is known.

use foliar_kernels::{Nhwc, Pad, Window};

use crate::error::GraphError;
use crate::graph::{Graph, Node, Op, Padding, Sliding};

/// Largest number of values of one tensor, or of all weights, that is accepted; keeps every later product within `usize`.
pub(crate) const MOST_VALUES: usize = if usize::BITS == 64 { 1_usize.wrapping_shl(40) } else { 1 << 27 };

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

    /// [`Sliding::window`], with the padding that `ceil` adds.
    pub(crate) fn pooling(&self, height: usize, width: usize, ceil: bool) -> Window {
        let window = self.window(height, width);
        if ceil { window.ceil(height, width) } else { window }
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
    let slide = |window: &Sliding, x: Nhwc, c: usize, ceil: bool| {
        let misfit = || GraphError::Size { node: node.name.clone(), height: x.h, width: x.w };
        if window.kernel == 0 || window.stride == 0 {
            return Err(malformed("a window needs a kernel and a stride of at least 1".into()));
        }
        let (h, w) = window.pooling(x.h, x.w, ceil).output(x.h, x.w).ok_or_else(misfit)?;
        Ok(Nhwc { n: x.n, h, w, c })
    };
    match (&node.op, inputs) {
        (Op::Input, []) => Ok(photographs),
        (Op::Features { height, width, channels }, []) => {
            Ok(Nhwc { n: photographs.n, h: *height, w: *width, c: *channels })
        }
        (Op::Conv { channels, window, .. }, [x]) => slide(window, *x, *channels, false),
        (Op::Depthwise { window } | Op::AveragePool { window }, [x]) => slide(window, *x, x.c, false),
        (Op::MaxPool { window, ceil }, [x]) => slide(window, *x, x.c, *ceil),
        (Op::BatchNorm { .. } | Op::Relu | Op::Relu6 | Op::Silu | Op::Sigmoid | Op::Dropout { .. }, [x]) => {
            Ok(*x)
        }
        (Op::AdaptiveAveragePool { size }, [x]) => Ok(Nhwc { h: *size, w: *size, ..*x }),
        (Op::GlobalAveragePool, [x]) => Ok(Nhwc { h: 1, w: 1, ..*x }),
        (Op::Linear { features }, [x]) => Ok(Nhwc { n: x.n, h: 1, w: 1, c: *features }),
        (Op::Add, [a, b]) if a == b => Ok(*a),
        (Op::Add, [a, b]) => Err(malformed(format!("adds values of unequal shapes, {a:?} and {b:?}"))),
        (Op::Concat, [a, b]) if (a.h, a.w) == (b.h, b.w) => Ok(Nhwc { c: a.c + b.c, ..*a }),
        (Op::Concat, [a, b]) => Err(malformed(format!("joins images of unequal sizes, {a:?} and {b:?}"))),
        (Op::Scale, [x, s]) if *s == (Nhwc { h: 1, w: 1, ..*x }) => Ok(*x),
        (Op::Scale, [x, s]) => Err(malformed(format!("scales {x:?} by {s:?}, not by one number a channel"))),
        _ => Err(malformed(format!("takes {} inputs, has {}", node.op.arity(), inputs.len()))),
    }
}
