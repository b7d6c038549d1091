//! A slow reference engine: plain loops in float64, one node after the other, nothing fused and no memory shared.

#[path = "naive/hellinger.rs"]
mod hellinger;
#[path = "naive/tokens.rs"]
mod tokens;

use std::collections::BTreeMap;

use foliar_kernels::{Accumulate, dropout};
use foliar_nn::{Graph, Nhwc, Node, Op, Padding, Sliding, StateDict, infer, tensor_name};

/// The numbers of a tensor, by its name, in PyTorch's order.
pub(crate) type Tensors = BTreeMap<String, Vec<f64>>;

/// How batch norms and dropout behave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// Running statistics, no dropout.
    Evaluate,
    /// Statistics of the batch; dropout with the engine's seed and step.
    TrainWithBatch { seed: u64, step: u64 },
    /// Running statistics; dropout with the engine's seed and step.
    TrainWithRunning { seed: u64, step: u64 },
}

/// A graph with its weights.
pub(crate) struct Naive<'a> {
    graph: &'a Graph,
    shapes: Vec<Nhwc>,
    tensors: Tensors,
}

/// What a forward pass left.
pub(crate) struct Pass {
    mode: Mode,
    /// Value of each node, (n, h, w, c).
    values: Vec<Vec<f64>>,
    /// Of each batch norm, mean and 1 / standard deviation of each channel.
    norms: BTreeMap<usize, (Vec<f64>, Vec<f64>)>,
    /// The running statistics afterwards.
    pub(crate) running: Tensors,
    /// Least distance of a value from a place where a gradient jumps: where an activation bends, or a maximum changes hands.
    /// Values that lie there exactly do not count.
    pub(crate) margin: f64,
}

impl Pass {
    fn near(&mut self, distances: impl Iterator<Item = f64>) {
        self.margin = distances.map(f64::abs).filter(|&distance| distance > 0.0).fold(self.margin, f64::min);
    }
}

impl Pass {
    /// The last node's value.
    pub(crate) fn logits(&self) -> &[f64] {
        self.values.last().map_or(&[], Vec::as_slice)
    }
}

impl<'a> Naive<'a> {
    pub(crate) fn new(graph: &'a Graph, state: &StateDict, batch: usize, size: usize) -> Self {
        let double = |data: &[f32]| data.iter().map(|&value| f64::from(value)).collect();
        let tensors =
            state.tensors.iter().map(|(name, tensor)| (name.clone(), double(&tensor.data))).collect();
        Self { graph, shapes: infer(graph, batch, size, size).unwrap(), tensors }
    }

    fn tensor(&self, node: &Node, suffix: &str) -> &[f64] {
        &self.tensors[&tensor_name(&node.name, suffix)]
    }

    pub(crate) fn forward(&self, images: &[f32], mode: Mode) -> Pass {
        let mut pass = Pass {
            mode,
            values: Vec::new(),
            norms: BTreeMap::new(),
            running: BTreeMap::new(),
            margin: f64::INFINITY,
        };
        for (id, node) in self.graph.nodes.iter().enumerate() {
            let value = match node.op {
                Op::Input | Op::Features { .. } => images.iter().map(|&value| f64::from(value)).collect(),
                _ => self.value(id, node, &mut pass),
            };
            pass.values.push(value);
        }
        pass
    }

    fn value(&self, id: usize, node: &Node, pass: &mut Pass) -> Vec<f64> {
        let shape = self.shapes[id];
        let from = self.shapes[node.inputs[0]];
        let x = pass.values[node.inputs[0]].clone();
        let second = node.inputs.get(1).map(|&input| (self.shapes[input], pass.values[input].clone()));
        let mut y = vec![0.0; shape.len()];
        match node.op {
            Op::Input | Op::Features { .. } => unreachable!("inputs are given"),
            Op::Conv { window, bias, .. } => {
                let weight = self.tensor(node, "weight");
                meetings(window, from, shape, |meeting| {
                    for o in 0..shape.c() {
                        for i in 0..from.c() {
                            y[meeting.output + o] += x[meeting.input + i]
                                * weight[(o * from.c() + i) * meeting.taps + meeting.tap];
                        }
                    }
                });
                if bias {
                    let bias = self.tensor(node, "bias");
                    y.iter_mut().enumerate().for_each(|(at, y)| *y += bias[at % shape.c()]);
                }
            }
            Op::GroupedConv { groups, window, .. } => {
                let weight = self.tensor(node, "weight");
                meetings(window, from, shape, |meeting| {
                    products(from.c(), shape.c(), groups, |i, o, at| {
                        y[meeting.output + o] +=
                            x[meeting.input + i] * weight[at * meeting.taps + meeting.tap];
                    });
                });
            }
            Op::Depthwise { window } => {
                let weight = self.tensor(node, "weight");
                meetings(window, from, shape, |meeting| {
                    for c in 0..shape.c() {
                        y[meeting.output + c] +=
                            x[meeting.input + c] * weight[c * meeting.taps + meeting.tap];
                    }
                });
            }
            Op::BatchNorm { epsilon, momentum } => {
                let (mean, variance) = self.statistics(node, shape, &x, momentum, pass);
                let deviation = |variance: &f64| 1.0 / (variance + f64::from(epsilon)).sqrt();
                let inverse: Vec<f64> = variance.iter().map(deviation).collect();
                let (gamma, beta) = (self.tensor(node, "weight"), self.tensor(node, "bias"));
                for (at, y) in y.iter_mut().enumerate() {
                    let c = at % shape.c();
                    *y = (x[at] - mean[c]) * inverse[c] * gamma[c] + beta[c];
                }
                pass.norms.insert(id, (mean, inverse));
            }
            Op::Relu => {
                pass.near(x.iter().copied());
                map(&x, &mut y, |x| x.max(0.0));
            }
            Op::Relu6 => {
                pass.near(x.iter().flat_map(|&x| [x, x - 6.0]));
                map(&x, &mut y, |x| x.clamp(0.0, 6.0));
            }
            Op::Silu => map(&x, &mut y, |x| x * sigmoid(x)),
            Op::Sigmoid => map(&x, &mut y, sigmoid),
            Op::HardSigmoid | Op::HardSwish => {
                let swish = node.op == Op::HardSwish;
                pass.near(x.iter().flat_map(|&x| [x + 3.0, x - 3.0]));
                map(&x, &mut y, |x| if swish { x * hard_sigmoid(x) } else { hard_sigmoid(x) });
            }
            Op::Dropout { rate } => {
                let factors = factors(pass.mode, id, rate, x.len());
                (0..x.len()).for_each(|at| y[at] = x[at] * factors[at]);
            }
            Op::StochasticDepth { rate } => {
                let factors = factors(pass.mode, id, rate, shape.n());
                (0..x.len()).for_each(|at| y[at] = x[at] * factors[at / shape.image_len()]);
            }
            Op::MaxPool { window, .. } => {
                y.fill(f64::NEG_INFINITY);
                meetings(window, from, shape, |meeting| {
                    for c in 0..shape.c() {
                        y[meeting.output + c] = y[meeting.output + c].max(x[meeting.input + c]);
                    }
                });
                let mut gaps = Vec::new();
                meetings(window, from, shape, |meeting| {
                    gaps.extend((0..shape.c()).map(|c| y[meeting.output + c] - x[meeting.input + c]));
                });
                pass.near(gaps.into_iter());
            }
            Op::AveragePool { window } => meetings(window, from, shape, |meeting| {
                for c in 0..shape.c() {
                    y[meeting.output + c] += x[meeting.input + c] / meeting.taps as f64;
                }
            }),
            Op::AdaptiveAveragePool { .. } | Op::GlobalAveragePool => {
                shares(from, shape, |output, input, share| y[output] += x[input] * share);
            }
            Op::PixelLinear { .. } => {
                let (weight, bias) = (self.tensor(node, "weight"), self.tensor(node, "bias"));
                for (x, y) in x.chunks_exact(from.c()).zip(y.chunks_exact_mut(shape.c())) {
                    for (feature, y) in y.iter_mut().enumerate() {
                        let row = &weight[feature * from.c()..][..from.c()];
                        *y = bias[feature] + x.iter().zip(row).map(|(x, w)| x * w).sum::<f64>();
                    }
                }
            }
            Op::LayerNorm { epsilon } => {
                let tensors = ["weight", "bias"].map(|suffix| self.tensor(node, suffix));
                tokens::layer_norm(tensors, epsilon, &x, &mut y);
            }
            Op::Hellinger => hellinger::forward(from.c(), &x, &mut y),
            Op::Gelu => map(&x, &mut y, |x| x * tokens::below(x)),
            Op::ChannelScale { .. } => {
                let scale = self.tensor(node, "");
                (0..x.len()).for_each(|at| y[at] = x[at] * scale[at % scale.len()]);
            }
            Op::ChannelShift | Op::PositionEmbedding { .. } => {
                let shift = self.tensor(node, "");
                (0..x.len()).for_each(|at| y[at] = x[at] + shift[at % shift.len()]);
            }
            Op::Attention { heads } => tokens::attention(from, shape, heads, &x, &mut y),
            Op::Token { count, after } => {
                let learned = self.tensor(node, "");
                for (x, y) in x.chunks_exact(from.image_len()).zip(y.chunks_exact_mut(shape.image_len())) {
                    let (first, rest) = x.split_at(after * from.c());
                    y.copy_from_slice(&[first, &learned[..count * from.c()], rest].concat());
                }
            }
            Op::PickToken { place } => {
                for (x, y) in x.chunks_exact(from.image_len()).zip(y.chunks_exact_mut(shape.c())) {
                    y.copy_from_slice(&x[place * from.c()..][..from.c()]);
                }
            }
            Op::Linear { features } => {
                let (weight, bias) = (self.tensor(node, "weight"), self.tensor(node, "bias"));
                for image in 0..shape.n() {
                    for feature in 0..features {
                        let sum: f64 = (0..from.image_len())
                            .map(|at| {
                                let weight = weight[feature * from.image_len() + outside(from, at)];
                                x[image * from.image_len() + at] * weight
                            })
                            .sum();
                        y[image * features + feature] = sum + bias[feature];
                    }
                }
            }
            Op::Add => {
                let (_, b) = second.unwrap();
                (0..x.len()).for_each(|at| y[at] = x[at] + b[at]);
            }
            Op::Concat => {
                let (other, b) = second.unwrap();
                for (row, y) in y.chunks_exact_mut(shape.c()).enumerate() {
                    y[..from.c()].copy_from_slice(&x[row * from.c()..][..from.c()]);
                    y[from.c()..].copy_from_slice(&b[row * other.c()..][..other.c()]);
                }
            }
            Op::Scale => {
                let (_, factor) = second.unwrap();
                (0..x.len()).for_each(|at| {
                    y[at] = x[at] * factor[at / shape.image_len() * shape.c() + at % shape.c()];
                });
            }
        }
        y
    }

    /// Mean and biased variance of each channel, as the mode says.
    fn statistics(
        &self,
        node: &Node,
        shape: Nhwc,
        x: &[f64],
        momentum: f32,
        pass: &mut Pass,
    ) -> (Vec<f64>, Vec<f64>) {
        let running = ["running_mean", "running_var"].map(|suffix| self.tensor(node, suffix).to_vec());
        if !matches!(pass.mode, Mode::TrainWithBatch { .. }) {
            let [mean, variance] = running;
            return (mean, variance);
        }
        let rows = shape.rows() as f64;
        let channel = |c: usize| x.iter().skip(c).step_by(shape.c());
        let mean: Vec<f64> = (0..shape.c()).map(|c| channel(c).sum::<f64>() / rows).collect();
        let variance: Vec<f64> =
            (0..shape.c()).map(|c| channel(c).map(|x| (x - mean[c]).powi(2)).sum::<f64>() / rows).collect();
        let unbias = if rows > 1.0 { rows / (rows - 1.0) } else { 1.0 };
        let momentum = f64::from(momentum);
        let [old_mean, old_variance] = running;
        let mixed = |old: &[f64], new: &[f64], factor: f64| -> Vec<f64> {
            old.iter().zip(new).map(|(old, new)| (1.0 - momentum) * old + momentum * new * factor).collect()
        };
        pass.running.insert(format!("{}.running_mean", node.name), mixed(&old_mean, &mean, 1.0));
        pass.running.insert(format!("{}.running_var", node.name), mixed(&old_variance, &variance, unbias));
        (mean, variance)
    }

    /// The gradients of all weights, and of the input, from those of the logits.
    pub(crate) fn backward(&self, pass: &Pass, dlogits: &[f64]) -> (Tensors, Vec<f64>) {
        let mut gradients: Vec<Vec<f64>> = pass.values.iter().map(|value| vec![0.0; value.len()]).collect();
        if let Some(last) = gradients.last_mut() {
            last.copy_from_slice(dlogits);
        }
        let mut weights = Tensors::new();
        for (id, node) in self.graph.nodes.iter().enumerate().rev() {
            if node.inputs.is_empty() {
                continue;
            }
            let dy = std::mem::take(&mut gradients[id]);
            let parts = self.input_gradients(id, node, pass, &dy, &mut weights);
            for (&input, part) in node.inputs.iter().zip(parts) {
                gradients[input].iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
            }
        }
        (weights, gradients.swap_remove(0))
    }

    fn input_gradients(
        &self,
        id: usize,
        node: &Node,
        pass: &Pass,
        dy: &[f64],
        weights: &mut Tensors,
    ) -> Vec<Vec<f64>> {
        let (shape, from) = (self.shapes[id], self.shapes[node.inputs[0]]);
        let (x, y) = (&pass.values[node.inputs[0]], &pass.values[id]);
        let mut dx = vec![0.0; x.len()];
        let mut put = |suffix: &str, values: Vec<f64>| {
            weights.insert(tensor_name(&node.name, suffix), values);
        };
        match node.op {
            Op::Input | Op::Features { .. } => {}
            Op::Conv { window, bias, .. } => {
                let weight = self.tensor(node, "weight");
                let mut dweight = vec![0.0; weight.len()];
                meetings(window, from, shape, |meeting| {
                    for o in 0..shape.c() {
                        for i in 0..from.c() {
                            let at = (o * from.c() + i) * meeting.taps + meeting.tap;
                            dx[meeting.input + i] += dy[meeting.output + o] * weight[at];
                            dweight[at] += dy[meeting.output + o] * x[meeting.input + i];
                        }
                    }
                });
                put("weight", dweight);
                if bias {
                    put("bias", channel_sums(dy, shape.c()));
                }
            }
            Op::GroupedConv { groups, window, .. } => {
                let weight = self.tensor(node, "weight");
                let mut dweight = vec![0.0; weight.len()];
                meetings(window, from, shape, |meeting| {
                    products(from.c(), shape.c(), groups, |i, o, at| {
                        let at = at * meeting.taps + meeting.tap;
                        dx[meeting.input + i] += dy[meeting.output + o] * weight[at];
                        dweight[at] += dy[meeting.output + o] * x[meeting.input + i];
                    });
                });
                put("weight", dweight);
            }
            Op::Depthwise { window } => {
                let weight = self.tensor(node, "weight");
                let mut dweight = vec![0.0; weight.len()];
                meetings(window, from, shape, |meeting| {
                    for c in 0..shape.c() {
                        let at = c * meeting.taps + meeting.tap;
                        dx[meeting.input + c] += dy[meeting.output + c] * weight[at];
                        dweight[at] += dy[meeting.output + c] * x[meeting.input + c];
                    }
                });
                put("weight", dweight);
            }
            Op::BatchNorm { .. } => {
                let (mean, inverse) = &pass.norms[&id];
                let gamma = self.tensor(node, "weight");
                let normal: Vec<f64> = x
                    .iter()
                    .enumerate()
                    .map(|(at, x)| (x - mean[at % shape.c()]) * inverse[at % shape.c()])
                    .collect();
                let products: Vec<f64> = dy.iter().zip(&normal).map(|(dy, normal)| dy * normal).collect();
                let (dgamma, dbeta) = (channel_sums(&products, shape.c()), channel_sums(dy, shape.c()));
                let rows = shape.rows() as f64;
                let depends = matches!(pass.mode, Mode::TrainWithBatch { .. });
                for (at, dx) in dx.iter_mut().enumerate() {
                    let c = at % shape.c();
                    let taken = if depends { (dbeta[c] + normal[at] * dgamma[c]) / rows } else { 0.0 };
                    *dx = gamma[c] * inverse[c] * (dy[at] - taken);
                }
                put("weight", dgamma);
                put("bias", dbeta);
            }
            Op::Relu => (0..x.len()).for_each(|at| dx[at] = if x[at] > 0.0 { dy[at] } else { 0.0 }),
            Op::Relu6 => (0..x.len()).for_each(|at| {
                dx[at] = if x[at] > 0.0 && x[at] < 6.0 { dy[at] } else { 0.0 };
            }),
            Op::Silu => (0..x.len()).for_each(|at| {
                let s = sigmoid(x[at]);
                dx[at] = dy[at] * s * (1.0 + x[at] * (1.0 - s));
            }),
            Op::Sigmoid => (0..x.len()).for_each(|at| dx[at] = dy[at] * y[at] * (1.0 - y[at])),
            Op::HardSigmoid | Op::HardSwish => (0..x.len()).for_each(|at| {
                let within = if x[at] > -3.0 && x[at] < 3.0 { 1.0 / 6.0 } else { 0.0 };
                let swish = node.op == Op::HardSwish;
                dx[at] = dy[at] * if swish { hard_sigmoid(x[at]) + x[at] * within } else { within };
            }),
            Op::StochasticDepth { rate } => {
                let factors = factors(pass.mode, id, rate, shape.n());
                (0..x.len()).for_each(|at| dx[at] = dy[at] * factors[at / shape.image_len()]);
            }
            Op::Dropout { rate } => {
                let factors = factors(pass.mode, id, rate, x.len());
                (0..x.len()).for_each(|at| dx[at] = dy[at] * factors[at]);
            }
            Op::MaxPool { window, .. } => {
                let mut given = vec![false; y.len()];
                meetings(window, from, shape, |meeting| {
                    for c in 0..shape.c() {
                        let at = meeting.output + c;
                        if !given[at] && x[meeting.input + c] == y[at] {
                            given[at] = true;
                            dx[meeting.input + c] += dy[at];
                        }
                    }
                });
            }
            Op::AveragePool { window } => meetings(window, from, shape, |meeting| {
                for c in 0..shape.c() {
                    dx[meeting.input + c] += dy[meeting.output + c] / meeting.taps as f64;
                }
            }),
            Op::AdaptiveAveragePool { .. } | Op::GlobalAveragePool => {
                shares(from, shape, |output, input, share| dx[input] += dy[output] * share);
            }
            Op::PixelLinear { .. } => {
                let weight = self.tensor(node, "weight");
                let mut dweight = vec![0.0; weight.len()];
                let rows = x.chunks_exact(from.c()).zip(dx.chunks_exact_mut(from.c()));
                for ((x, dx), dy) in rows.zip(dy.chunks_exact(shape.c())) {
                    for (feature, dy) in dy.iter().enumerate() {
                        for i in 0..from.c() {
                            dx[i] += dy * weight[feature * from.c() + i];
                            dweight[feature * from.c() + i] += dy * x[i];
                        }
                    }
                }
                put("weight", dweight);
                put("bias", channel_sums(dy, shape.c()));
            }
            Op::LayerNorm { epsilon } => {
                let products =
                    tokens::layer_norm_backward(self.tensor(node, "weight"), epsilon, x, dy, &mut dx);
                put("weight", channel_sums(&products, from.c()));
                put("bias", channel_sums(dy, from.c()));
            }
            Op::Hellinger => hellinger::backward(from.c(), x, dy, &mut dx),
            Op::Gelu => (0..x.len()).for_each(|at| {
                let density = (-0.5 * x[at] * x[at]).exp() / (2.0 * std::f64::consts::PI).sqrt();
                dx[at] = dy[at] * (tokens::below(x[at]) + x[at] * density);
            }),
            Op::ChannelScale { .. } => {
                let scale = self.tensor(node, "");
                (0..x.len()).for_each(|at| dx[at] = dy[at] * scale[at % scale.len()]);
                let products: Vec<f64> = x.iter().zip(dy).map(|(x, dy)| x * dy).collect();
                put("", channel_sums(&products, scale.len()));
            }
            Op::ChannelShift | Op::PositionEmbedding { .. } => {
                put("", channel_sums(dy, self.tensor(node, "").len()));
                dx.copy_from_slice(dy);
            }
            Op::Attention { heads } => tokens::attention_backward(from, shape, heads, x, dy, &mut dx),
            Op::Token { count, after } => {
                let (before, inserted) = (after * from.c(), count * from.c());
                let mut dlearned = vec![0.0; inserted];
                for (dx, dy) in dx.chunks_exact_mut(from.image_len()).zip(dy.chunks_exact(shape.image_len()))
                {
                    dx.copy_from_slice(&[&dy[..before], &dy[before + inserted..]].concat());
                    dlearned.iter_mut().zip(&dy[before..]).for_each(|(sum, dy)| *sum += dy);
                }
                put("", dlearned);
            }
            Op::PickToken { place } => {
                for (dx, dy) in dx.chunks_exact_mut(from.image_len()).zip(dy.chunks_exact(shape.c())) {
                    dx[place * from.c()..][..from.c()].copy_from_slice(dy);
                }
            }
            Op::Linear { features } => {
                let weight = self.tensor(node, "weight");
                let len = from.image_len();
                let mut dweight = vec![0.0; weight.len()];
                for image in 0..shape.n() {
                    for feature in 0..features {
                        for at in 0..len {
                            let place = feature * len + outside(from, at);
                            dx[image * len + at] += dy[image * features + feature] * weight[place];
                            dweight[place] += dy[image * features + feature] * x[image * len + at];
                        }
                    }
                }
                put("weight", dweight);
                put("bias", channel_sums(dy, features));
            }
            Op::Add => return vec![dy.to_vec(), dy.to_vec()],
            Op::Concat => {
                let (a, b) = (from.c(), shape.c() - from.c());
                let part = |offset: usize, width: usize| -> Vec<f64> {
                    dy.chunks_exact(shape.c()).flat_map(|dy| dy[offset..offset + width].to_vec()).collect()
                };
                return vec![part(0, a), part(a, b)];
            }
            Op::Scale => {
                let factor = &pass.values[node.inputs[1]];
                let mut dfactor = vec![0.0; factor.len()];
                for at in 0..x.len() {
                    let place = at / shape.image_len() * shape.c() + at % shape.c();
                    dx[at] = dy[at] * factor[place];
                    dfactor[place] += dy[at] * x[at];
                }
                return vec![dx, dfactor];
            }
        }
        vec![dx]
    }
}

/// A pixel that a window sees.
struct Meeting {
    /// Where the channels of the input's pixel begin, and those of the output's.
    input: usize,
    output: usize,
    /// Number of the window's pixel, of `taps`, row by row.
    tap: usize,
    taps: usize,
}

/// Calls `work` for each pixel inside the image that each window sees.
fn meetings(window: Sliding, from: Nhwc, to: Nhwc, mut work: impl FnMut(Meeting)) {
    let Sliding { kernel, stride, padding } = window;
    let before = |input: usize, output: usize| match padding {
        Padding::Explicit(border) => border,
        Padding::Same => ((output - 1) * stride + kernel).saturating_sub(input) / 2,
    };
    let (top, left) = (before(from.h(), to.h()), before(from.w(), to.w()));
    for image in 0..to.n() {
        for (i, j) in (0..to.h()).flat_map(|i| (0..to.w()).map(move |j| (i, j))) {
            for (a, b) in (0..kernel).flat_map(|a| (0..kernel).map(move |b| (a, b))) {
                let (y, x) = ((i * stride + a).wrapping_sub(top), (j * stride + b).wrapping_sub(left));
                if y < from.h() && x < from.w() {
                    work(Meeting {
                        input: ((image * from.h() + y) * from.w() + x) * from.c(),
                        output: ((image * to.h() + i) * to.w() + j) * to.c(),
                        tap: a * kernel + b,
                        taps: kernel * kernel,
                    });
                }
            }
        }
    }
}

/// Calls `work(output, input, share)` for each value of the mean over windows that divide an image into that of `to`.
fn shares(from: Nhwc, to: Nhwc, mut work: impl FnMut(usize, usize, f64)) {
    let seen = |place: usize, extent: usize, parts: usize| {
        place * extent / parts..((place + 1) * extent).div_ceil(parts)
    };
    for image in 0..to.n() {
        for (i, j) in (0..to.h()).flat_map(|i| (0..to.w()).map(move |j| (i, j))) {
            let (rows, columns) = (seen(i, from.h(), to.h()), seen(j, from.w(), to.w()));
            let share = 1.0 / (rows.len() * columns.len()) as f64;
            for (y, x) in rows.flat_map(|y| columns.clone().map(move |x| (y, x))) {
                for c in 0..from.c() {
                    let output = ((image * to.h() + i) * to.w() + j) * to.c() + c;
                    work(output, ((image * from.h() + y) * from.w() + x) * from.c() + c, share);
                }
            }
        }
    }
}

/// The place in (c, h, w) order of a value of an image.
fn outside(shape: Nhwc, at: usize) -> usize {
    at % shape.c() * shape.h() * shape.w() + at / shape.c()
}

fn channel_sums(values: &[f64], channels: usize) -> Vec<f64> {
    (0..channels).map(|c| values.iter().skip(c).step_by(channels).sum()).collect()
}

/// What dropout multiplies each value by. The mask is the kernels' own: which numbers are dropped is chance, not arithmetic.
fn factors(mode: Mode, node: usize, rate: f32, len: usize) -> Vec<f64> {
    let (Mode::TrainWithBatch { seed, step } | Mode::TrainWithRunning { seed, step }) = mode else {
        return vec![1.0; len];
    };
    let mut factors = vec![0.0; len];
    let mask = dropout::Mask::new(seed, step, node as u64, rate);
    dropout::apply(mask, &vec![1.0; len], Accumulate::Overwrite, &mut factors);
    factors.into_iter().map(f64::from).collect()
}

/// Calls `visit(input channel, output channel, number of the weight's filter)` for all products of a grouped convolution.
fn products(inputs: usize, outputs: usize, groups: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let (seen, made) = (inputs / groups, outputs / groups);
    for output in 0..outputs {
        for within in 0..seen {
            visit(output / made * seen + within, output, output * seen + within);
        }
    }
}

fn hard_sigmoid(x: f64) -> f64 {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

fn map(x: &[f64], y: &mut [f64], function: impl Fn(f64) -> f64) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = function(x));
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
