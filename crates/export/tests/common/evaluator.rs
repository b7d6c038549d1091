//! Runs ONNX nodes, slowly and plainly, as the operators are defined for opset 18.

use std::collections::BTreeMap;

use super::file::{File, Initialiser, Node};

/// A value. Numbers of every type are held as f64, which holds those of all types here; floats are rounded to single precision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f64>,
    pub(crate) is_float: bool,
}

impl Value {
    pub(crate) fn floats(shape: &[usize], data: &[f32]) -> Self {
        Self::new(shape, data.iter().map(|&value| f64::from(value)).collect(), true)
    }

    pub(crate) fn bytes(shape: &[usize], data: &[u8]) -> Self {
        Self::new(shape, data.iter().map(|&value| f64::from(value)).collect(), false)
    }

    pub(crate) fn new(shape: &[usize], mut data: Vec<f64>, is_float: bool) -> Self {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "{shape:?}");
        if is_float {
            data.iter_mut().for_each(|value| *value = f64::from(*value as f32));
        }
        Self { shape: shape.to_vec(), data, is_float }
    }

    fn int(&self) -> i64 {
        assert_eq!(self.data.len(), 1);
        self.data[0] as i64
    }

    fn ints(&self) -> Vec<i64> {
        self.data.iter().map(|&value| value as i64).collect()
    }

    fn of(initialiser: &Initialiser) -> Self {
        let Initialiser { element, shape, data, .. } = initialiser;
        let values = match element {
            1 => data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
            7 => data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
            10 => data.chunks_exact(2).map(|b| half(u16::from_le_bytes(b.try_into().unwrap()))).collect(),
            element => panic!("type {element}"),
        };
        Self::new(shape, values, *element != 7)
    }
}

/// A number of half precision.
pub(crate) fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    assert!(exponent < 31, "not finite");
    let (base, exponent) = if exponent == 0 { (0.0, 1) } else { (1.0, exponent) };
    sign * (base + fraction) * 2f64.powi(exponent - 15)
}

/// All values of the file's graph for one input, by name.
pub(crate) fn evaluate(file: &File, input: Value) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, Value> = file
        .initialisers
        .iter()
        .map(|initialiser| (initialiser.name.clone(), Value::of(initialiser)))
        .collect();
    values.insert(file.inputs[0].name.clone(), input);
    for node in &file.nodes {
        let inputs: Vec<&Value> = node.inputs.iter().map(|name| &values[name]).collect();
        let value = run(node, &inputs);
        values.insert(node.outputs[0].clone(), value);
    }
    values
}

fn run(node: &Node, inputs: &[&Value]) -> Value {
    let x = inputs[0];
    let int = |name: &str, usual: i64| node.ints.get(name).map_or(usual, |values| values[0]);
    let each =
        |f: &dyn Fn(f64) -> f64| Value::new(&x.shape, x.data.iter().map(|&v| f(v)).collect(), x.is_float);
    let pair = |f: &dyn Fn(f64, f64) -> f64, is_float: bool| pairwise(x, inputs[1], f, is_float);
    match node.kind.as_str() {
        "Shape" => ints(&x.shape.iter().map(|&extent| extent as i64).collect::<Vec<_>>()),
        "Gather" => gather(x, inputs[1]),
        "Min" => pair(&f64::min, x.is_float),
        "Max" => pair(&f64::max, x.is_float),
        "Add" => pair(&|a, b| a + b, x.is_float),
        "Sub" => pair(&|a, b| a - b, x.is_float),
        "Mul" => pair(&|a, b| a * b, x.is_float),
        "Div" if x.is_float => pair(&|a, b| a / b, true),
        "Div" => pair(&|a, b| (a / b).trunc(), false),
        "Less" => pair(&|a, b| f64::from(u8::from(a < b)), false),
        "GreaterOrEqual" => pair(&|a, b| f64::from(u8::from(a >= b)), false),
        "LessOrEqual" => pair(&|a, b| f64::from(u8::from(a <= b)), false),
        "Equal" => pair(&|a, b| f64::from(u8::from(a == b)), false),
        "And" => pair(&|a, b| a * b, false),
        "Where" => {
            let chosen = pairwise(x, inputs[1], &|c, a| if c == 1.0 { a } else { f64::NAN }, false);
            let mut other = pairwise(&chosen, inputs[2], &|_, b| b, inputs[2].is_float);
            let (chosen, c) = (broadcast(&chosen, &other.shape), broadcast(x, &other.shape));
            for ((out, a), c) in other.data.iter_mut().zip(chosen).zip(c) {
                *out = if c == 1.0 { a } else { *out };
            }
            other
        }
        "Erf" => each(&erf),
        "Pad" => {
            // Before the last dimension alone.
            let before = inputs[1].ints();
            assert!(before.iter().enumerate().all(|(place, &pad)| pad == 0 || place + 1 == x.shape.len()));
            let (width, last) = (before[x.shape.len() - 1] as usize, *x.shape.last().unwrap());
            let rows = x.data.chunks_exact(last).flat_map(|row| [vec![0.0; width], row.to_vec()].concat());
            let mut shape = x.shape.clone();
            *shape.last_mut().unwrap() += width;
            Value::new(&shape, rows.collect(), x.is_float)
        }
        "LayerNormalization" => {
            assert_eq!(int("axis", 0), -1);
            let epsilon = f64::from(node.floats["epsilon"]);
            let rows = x.data.chunks_exact(inputs[1].data.len()).flat_map(|row| {
                let count = row.len() as f64;
                let mean = row.iter().sum::<f64>() / count;
                let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
                let normal = |(c, v): (usize, &f64)| {
                    (v - mean) / (variance + epsilon).sqrt() * inputs[1].data[c] + inputs[2].data[c]
                };
                row.iter().enumerate().map(normal).collect::<Vec<_>>()
            });
            Value::new(&x.shape, rows.collect(), true)
        }
        "Softmax" if x.shape.len() == 4 => {
            assert_eq!(int("axis", 0), 3);
            let rows = x.shape[..3].iter().product();
            let flat = softmax(&Value::new(&[rows, x.shape[3]], x.data.clone(), true));
            Value::new(&x.shape, flat.data, true)
        }
        "Abs" => each(&f64::abs),
        "Relu" => each(&|v| v.max(0.0)),
        "Sqrt" => each(&f64::sqrt),
        "Floor" => each(&f64::floor),
        "Round" => each(&f64::round_ties_even),
        "Sigmoid" => each(&|v| 1.0 / (1.0 + (-v).exp())),
        "HardSigmoid" => {
            let [alpha, beta] = ["alpha", "beta"].map(|name| f64::from(node.floats[name]));
            each(&|v| (alpha * v + beta).clamp(0.0, 1.0))
        }
        "HardSwish" => each(&|v| v * (v / 6.0 + 0.5).clamp(0.0, 1.0)),
        "Clip" => each(&|v| v.clamp(inputs[1].data[0], inputs[2].data[0])),
        "Cast" => Value::new(&x.shape, x.data.clone(), int("to", 0) == 1),
        "Range" => ints(&(x.int()..inputs[1].int()).step_by(inputs[2].int() as usize).collect::<Vec<_>>()),
        "Reshape" => {
            let mut shape: Vec<i64> = inputs[1].ints();
            for (place, extent) in shape.iter_mut().enumerate() {
                *extent = if *extent == 0 { x.shape[place] as i64 } else { *extent };
            }
            let known: i64 = shape.iter().filter(|&&extent| extent > 0).product();
            let shape: Vec<usize> = shape
                .iter()
                .map(|&extent| if extent == -1 { x.data.len() / known as usize } else { extent as usize })
                .collect();
            Value::new(&shape, x.data.clone(), x.is_float)
        }
        "Unsqueeze" => {
            let mut shape = x.shape.clone();
            inputs[1].ints().into_iter().for_each(|place| shape.insert(place as usize, 1));
            Value::new(&shape, x.data.clone(), x.is_float)
        }
        "Squeeze" => {
            let mut shape = x.shape.clone();
            assert_eq!(shape.remove(inputs[1].int() as usize), 1);
            Value::new(&shape, x.data.clone(), x.is_float)
        }
        "Flatten" => {
            assert_eq!(int("axis", 1), 1);
            Value::new(&[x.shape[0], x.shape[1..].iter().product()], x.data.clone(), x.is_float)
        }
        "Transpose" => transpose(x, &node.ints["perm"]),
        "Concat" => concat(inputs, int("axis", 0) as usize),
        "Slice" => slice(x, inputs[1].int() as usize, inputs[2].int() as usize, inputs[3].int() as usize),
        "ReduceSum" => reduce(x, inputs.get(1), int("keepdims", 1), 0.0, &|a, b| a + b),
        "ReduceMax" => reduce(x, inputs.get(1), int("keepdims", 1), f64::NEG_INFINITY, &f64::max),
        "ReduceMin" => reduce(x, inputs.get(1), int("keepdims", 1), f64::INFINITY, &f64::min),
        "MatMul" => matmul(x, inputs[1]),
        "Gemm" => {
            assert_eq!(int("transB", 0), 1);
            pairwise(&matmul(x, &transpose(inputs[1], &[1, 0])), inputs[2], &|a, b| a + b, true)
        }
        "Softmax" => softmax(x),
        "ArgMax" => {
            assert_eq!((int("axis", 0), int("keepdims", 1)), (1, 1));
            Value::new(&[x.shape[0], 1], largest(x), false)
        }
        "Conv" => {
            let filters = inputs[1];
            let bias = |channel: usize| inputs.get(2).map_or(0.0, |bias| bias.data[channel]);
            let groups = int("group", 1) as usize;
            let (per, wide) = (filters.shape[0] / groups, filters.shape[1]);
            windows(node, x, filters.shape[0], &|image, channel, seen| {
                let mut sum = bias(channel);
                for input in 0..wide {
                    let plane = channel / per * wide + input;
                    for &(at, y, x) in seen {
                        let area = filters.shape[2] * filters.shape[3];
                        let filter = (channel * wide + input) * area + y * filters.shape[3] + x;
                        sum += image(plane, at) * filters.data[filter];
                    }
                }
                sum
            })
        }
        "MaxPool" => windows(node, x, x.shape[1], &|image, channel, seen| {
            seen.iter().map(|&(at, ..)| image(channel, at)).fold(f64::NEG_INFINITY, f64::max)
        }),
        "AveragePool" => {
            assert_eq!(int("count_include_pad", 0), 1);
            let area: i64 = node.ints["kernel_shape"].iter().product();
            windows(node, x, x.shape[1], &|image, channel, seen| {
                seen.iter().map(|&(at, ..)| image(channel, at)).sum::<f64>() / area as f64
            })
        }
        "GlobalAveragePool" => {
            let area = x.shape[2] * x.shape[3];
            let means =
                x.data.chunks_exact(area).map(|plane| plane.iter().sum::<f64>() / area as f64).collect();
            Value::new(&[x.shape[0], x.shape[1], 1, 1], means, true)
        }
        "BatchNormalization" => {
            let area = x.shape[2] * x.shape[3];
            let data = x.data.iter().enumerate().map(|(index, value)| {
                let [scale, shift, mean, variance] =
                    [1, 2, 3, 4].map(|place| inputs[place].data[index / area % x.shape[1]]);
                (value - mean) / (variance + f64::from(node.floats["epsilon"])).sqrt() * scale + shift
            });
            Value::new(&x.shape, data.collect(), true)
        }
        kind => panic!("{kind}"),
    }
}

/// The error function, by its series near 0 and by the continued fraction of its tail elsewhere.
fn erf(x: f64) -> f64 {
    let bell = (-x * x).exp();
    if x.abs() < 3.0 {
        let (mut term, mut sum) = (x, x);
        for k in 1..200 {
            term *= 2.0 * x * x / f64::from(2 * k + 1);
            sum += term;
        }
        return 2.0 / std::f64::consts::PI.sqrt() * bell * sum;
    }
    let fraction = (1..200).rev().fold(x.abs(), |rest, k| x.abs() + f64::from(k) / 2.0 / rest);
    (1.0 - bell / fraction / std::f64::consts::PI.sqrt()) * x.signum()
}

/// Of (n, C), along the rows.
pub(crate) fn softmax(x: &Value) -> Value {
    let mut data = x.data.clone();
    for row in data.chunks_exact_mut(x.shape[1]) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|v| (v - largest).exp()).sum();
        row.iter_mut().for_each(|v| *v = (*v - largest).exp() / sum);
    }
    Value::new(&x.shape, data, true)
}

/// The place of the first largest number of each row of (n, C).
pub(crate) fn largest(x: &Value) -> Vec<f64> {
    let first = |row: &[f64]| (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    x.data.chunks_exact(x.shape[1]).map(|row| first(row) as f64).collect()
}

fn ints(values: &[i64]) -> Value {
    Value::new(&[values.len()], values.iter().map(|&value| value as f64).collect(), false)
}

/// The data of `x` as if it had the larger `shape`.
fn broadcast(x: &Value, shape: &[usize]) -> Vec<f64> {
    let missing = shape.len() - x.shape.len();
    let count: usize = shape.iter().product();
    (0..count)
        .map(|index| {
            let (mut rest, mut place, mut step) = (index, 0, 1);
            for (axis, &extent) in shape.iter().enumerate().rev() {
                let at = rest % extent;
                rest /= extent;
                if axis >= missing {
                    let own = x.shape[axis - missing];
                    assert!(own == extent || own == 1, "{:?} to {shape:?}", x.shape);
                    place += if own == 1 { 0 } else { at * step };
                    step *= own;
                }
            }
            x.data[place]
        })
        .collect()
}

pub(crate) fn pairwise(a: &Value, b: &Value, f: &dyn Fn(f64, f64) -> f64, is_float: bool) -> Value {
    let rank = a.shape.len().max(b.shape.len());
    let padded = |value: &Value| [vec![1; rank - value.shape.len()], value.shape.clone()].concat();
    let shape: Vec<usize> =
        padded(a).into_iter().zip(padded(b)).map(|(a, b)| if a == 1 { b } else { a }).collect();
    let data = broadcast(a, &shape).into_iter().zip(broadcast(b, &shape)).map(|(a, b)| f(a, b)).collect();
    Value::new(&shape, data, is_float)
}

/// Rows of the first dimension.
fn gather(x: &Value, places: &Value) -> Value {
    let row = x.data.len() / x.shape[0];
    let data = places.ints().into_iter().flat_map(|place| x.data[place as usize * row..][..row].to_vec());
    Value::new(&[&places.shape[..], &x.shape[1..]].concat(), data.collect(), x.is_float)
}

pub(crate) fn transpose(x: &Value, order: &[i64]) -> Value {
    let order: Vec<usize> = order.iter().map(|&axis| axis as usize).collect();
    let shape: Vec<usize> = order.iter().map(|&axis| x.shape[axis]).collect();
    let steps: Vec<usize> = (0..x.shape.len()).map(|axis| x.shape[axis + 1..].iter().product()).collect();
    let data = (0..x.data.len()).map(|index| {
        let (mut rest, mut place) = (index, 0);
        for (&axis, &extent) in order.iter().zip(&shape).rev() {
            place += rest % extent * steps[axis];
            rest /= extent;
        }
        x.data[place]
    });
    Value::new(&shape, data.collect(), x.is_float)
}

pub(crate) fn concat(inputs: &[&Value], axis: usize) -> Value {
    let before: usize = inputs[0].shape[..axis].iter().product();
    let mut data = Vec::new();
    for outer in 0..before {
        for input in inputs {
            let row = input.data.len() / before;
            data.extend_from_slice(&input.data[outer * row..][..row]);
        }
    }
    let mut shape = inputs[0].shape.clone();
    shape[axis] = inputs.iter().map(|input| input.shape[axis]).sum();
    Value::new(&shape, data, inputs[0].is_float)
}

fn slice(x: &Value, from: usize, to: usize, axis: usize) -> Value {
    let after: usize = x.shape[axis + 1..].iter().product();
    let rows = x.data.chunks_exact(x.shape[axis] * after);
    let data = rows.flat_map(|row| row[from * after..to * after].to_vec()).collect();
    let mut shape = x.shape.clone();
    shape[axis] = to - from;
    Value::new(&shape, data, x.is_float)
}

pub(crate) fn reduce(
    x: &Value,
    axes: Option<&&Value>,
    keep: i64,
    first: f64,
    f: &dyn Fn(f64, f64) -> f64,
) -> Value {
    let Some(axes) = axes else {
        assert_eq!(keep, 0);
        return Value::new(&[], vec![x.data.iter().copied().fold(first, f)], x.is_float);
    };
    let axis = axes.int() as usize;
    let (length, after) = (x.shape[axis], x.shape[axis + 1..].iter().product::<usize>());
    let data = x.data.chunks_exact(length * after).flat_map(|block| {
        (0..after).map(move |place| (0..length).map(|i| block[i * after + place]).fold(first, f))
    });
    let mut shape = x.shape.clone();
    if keep == 1 {
        shape[axis] = 1;
    } else {
        shape.remove(axis);
    }
    Value::new(&shape, data.collect(), x.is_float)
}

/// Sums in single precision from the last product to the first, which no runtime does: where a sum is exact, its order is nothing.
pub(crate) fn matmul(a: &Value, b: &Value) -> Value {
    let dims = |value: &Value| {
        let rank = value.shape.len();
        (value.shape[..rank - 2].to_vec(), value.shape[rank - 2], value.shape[rank - 1])
    };
    let ((outer_a, rows, inner), (outer_b, same, columns)) = (dims(a), dims(b));
    assert_eq!(inner, same, "{:?} {:?}", a.shape, b.shape);
    let outer = if outer_a.len() >= outer_b.len() { outer_a.clone() } else { outer_b.clone() };
    let count: usize = outer.iter().product();
    let mut data = Vec::with_capacity(count * rows * columns);
    for index in 0..count {
        let a =
            if outer_a.is_empty() { &a.data[..] } else { &a.data[index * rows * inner..][..rows * inner] };
        let b = if outer_b.is_empty() {
            &b.data[..]
        } else {
            &b.data[index * inner * columns..][..inner * columns]
        };
        for row in a.chunks_exact(inner) {
            let mut sums = vec![0.0_f32; columns];
            for (&left, right) in row.iter().zip(b.chunks_exact(columns)).rev() {
                sums.iter_mut().zip(right).for_each(|(sum, &right)| *sum += left as f32 * right as f32);
            }
            data.extend(sums.into_iter().map(f64::from));
        }
    }
    Value::new(&[&outer[..], &[rows, columns]].concat(), data, true)
}

/// The value of a plane at a place.
type Image<'a> = dyn Fn(usize, usize) -> f64 + 'a;
/// A place in the picture, and the row and column of the window that sees it.
type Seen = (usize, usize, usize);

/// What slides over an image, (n, c, h, w). `f` gets the value of a plane at a place, the channel of the result, and what the window
/// sees within the picture.
fn windows(node: &Node, x: &Value, channels: usize, f: &dyn Fn(&Image<'_>, usize, &[Seen]) -> f64) -> Value {
    let [n, inputs, h, w] = x.shape[..] else { panic!("{:?}", x.shape) };
    let get = |name: &str| node.ints[name].iter().map(|&value| value as usize).collect::<Vec<_>>();
    let (kernel, stride, pads) = (get("kernel_shape"), get("strides"), get("pads"));
    assert!(pads.iter().zip(kernel.iter().cycle()).all(|(pad, kernel)| pad < kernel), "{pads:?}");
    let rows = (h + pads[0] + pads[2] - kernel[0]) / stride[0] + 1;
    let columns = (w + pads[1] + pads[3] - kernel[1]) / stride[1] + 1;
    let mut data = Vec::with_capacity(n * channels * rows * columns);
    for photo in 0..n {
        let image = |plane: usize, at: usize| x.data[(photo * inputs + plane) * h * w + at];
        for channel in 0..channels {
            for row in 0..rows {
                for column in 0..columns {
                    let mut seen = Vec::new();
                    for dy in 0..kernel[0] {
                        for dx in 0..kernel[1] {
                            let (y, x) = (row * stride[0] + dy, column * stride[1] + dx);
                            if (pads[0]..pads[0] + h).contains(&y) && (pads[1]..pads[1] + w).contains(&x) {
                                seen.push(((y - pads[0]) * w + x - pads[1], dy, dx));
                            }
                        }
                    }
                    data.push(f(&image, channel, &seen));
                }
            }
        }
    }
    Value::new(&[n, channels, rows, columns], data, true)
}
