//! Runs the operators of a TFLite file, slowly and plainly, as the reference kernels define them.

use std::collections::BTreeMap;

use super::evaluator::{Value, concat, half, largest, matmul, pairwise, reduce, softmax, transpose};
use super::tflite_file::{File, Operator, Table, Tensor};

/// The outputs of the file for the pixels of one photo, by name.
pub(crate) fn evaluate(file: &File<'_>, pixels: &[u8]) -> BTreeMap<String, Value> {
    let mut values: Vec<Option<Value>> = file.tensors.iter().map(constant).collect();
    let input = file.inputs[0];
    values[input] = Some(Value::bytes(&file.tensors[input].shape, pixels));
    for operator in &file.operators {
        let inputs: Vec<&Value> =
            operator.inputs.iter().map(|&input| values[input].as_ref().unwrap()).collect();
        let value = run(operator, &inputs, &file.tensors[operator.output]);
        let declared = &file.tensors[operator.output];
        assert_eq!(
            (&value.shape, value.is_float),
            (&declared.shape, declared.element == 0),
            "{}",
            declared.name
        );
        values[operator.output] = Some(value);
    }
    let named = |&output: &usize| (file.tensors[output].name.clone(), values[output].clone().unwrap());
    file.outputs.iter().map(named).collect()
}

fn constant(tensor: &Tensor<'_>) -> Option<Value> {
    let data = tensor.data;
    let values: Vec<f64> = match tensor.element {
        _ if data.is_empty() => return None,
        0 => data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        1 => data.chunks_exact(2).map(|b| half(u16::from_le_bytes(b.try_into().unwrap()))).collect(),
        2 => data.chunks_exact(4).map(|b| f64::from(i32::from_le_bytes(b.try_into().unwrap()))).collect(),
        4 => data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
        element => panic!("type {element}"),
    };
    Some(Value::new(&tensor.shape, values, tensor.element < 2))
}

fn run(operator: &Operator<'_>, inputs: &[&Value], output: &Tensor<'_>) -> Value {
    let x = inputs[0];
    let options = operator.options.as_ref();
    let byte = |slot: usize| options.map_or(0, |options| options.byte(slot));
    let places = |value: &Value| value.data.iter().map(|&value| value as usize).collect::<Vec<_>>();
    let each = |f: &dyn Fn(f64) -> f64| Value::new(&x.shape, x.data.iter().map(|&v| f(v)).collect(), true);
    let active = |value: Value, activation: u8| {
        let f = |v: f64| match activation {
            0 => v,
            1 => v.max(0.0),
            3 => v.clamp(0.0, 6.0),
            other => panic!("activation {other}"),
        };
        Value::new(&value.shape, value.data.into_iter().map(f).collect(), true)
    };
    let pair = |f: &dyn Fn(f64, f64) -> f64| active(pairwise(x, inputs[1], f, true), byte(0));
    let compare =
        |f: &dyn Fn(f64, f64) -> bool| pairwise(x, inputs[1], &|a, b| f64::from(u8::from(f(a, b))), false);
    let fold = |first: f64, f: &dyn Fn(f64, f64) -> f64| {
        let axes = inputs[1];
        let mut value = x.clone();
        for axis in places(axes).into_iter().rev() {
            let axis = Value::new(&[], vec![axis as f64], false);
            value = reduce(&value, Some(&&axis), byte(0).into(), first, f);
        }
        value
    };
    match operator.code {
        0 => pair(&|a, b| a + b),
        18 => pair(&|a, b| a * b),
        41 => pair(&|a, b| a - b),
        42 => pair(&|a, b| a / b),
        62 => compare(&|a, b| a >= b),
        63 => compare(&|a, b| a <= b),
        71 => compare(&|a, b| a == b),
        86 => compare(&|a, b| a == 1.0 && b == 1.0),
        123 => {
            let chosen = pairwise(x, inputs[1], &|c, a| if c == 1.0 { a } else { f64::INFINITY }, false);
            let either = |a: f64, b: f64| if a == f64::INFINITY { b } else { a };
            pairwise(&chosen, inputs[2], &either, inputs[1].is_float)
        }
        14 => each(&|v| 1.0 / (1.0 + (-v).exp())),
        19 => each(&|v| v.max(0.0)),
        21 => each(&|v| v.clamp(0.0, 6.0)),
        75 => each(&f64::sqrt),
        117 => each(&|v| v * (v + 3.0).clamp(0.0, 6.0) / 6.0),
        6 | 53 => each(&|v| v),
        22 => {
            assert_eq!(options.unwrap().ints(0), places(inputs[1]));
            Value::new(&places(inputs[1]), x.data.clone(), x.is_float)
        }
        25 => softmax(x),
        34 => pad(x, &places(inputs[1]), 0.0),
        60 => pad(x, &places(inputs[1]), inputs[2].data[0]),
        40 => {
            let count: usize = places(inputs[1]).iter().map(|&axis| x.shape[axis]).product();
            let sum = fold(0.0, &|a, b| a + b);
            Value::new(&sum.shape, sum.data.iter().map(|sum| sum / count as f64).collect(), true)
        }
        74 => fold(0.0, &|a, b| a + b),
        89 => fold(f64::INFINITY, &f64::min),
        56 => {
            assert_eq!((places(inputs[1]), byte(0)), (vec![1], 4));
            Value::new(&[x.shape[0]], largest(x), false)
        }
        126 => {
            assert_eq!(byte(0), 0);
            let other = if byte(1) == 1 { transpose(inputs[1], &[1, 0]) } else { inputs[1].clone() };
            matmul(x, &other)
        }
        9 => {
            let product = matmul(x, &transpose(inputs[1], &[1, 0]));
            active(pairwise(&product, inputs[2], &|a, b| a + b, true), byte(0))
        }
        2 => {
            assert_eq!(options.unwrap().int(0), 3);
            concat(inputs, 3)
        }
        3 => {
            let filters = inputs[1];
            let channels = filters.shape[3];
            let sum =
                windows(x, options.unwrap(), [filters.shape[1], filters.shape[2]], output, &|at, channel| {
                    let filter = &filters.data[channel * filters.data.len() / filters.shape[0]..];
                    // Filters that see fewer channels than there are see those of their group.
                    let groups = x.shape[3] / channels;
                    let first = channel / (filters.shape[0] / groups) * channels;
                    let seen = at.iter().flat_map(|&(pixel, window)| {
                        let filter = &filter[window * channels..];
                        let pixel = pixel * x.shape[3] + first;
                        (0..channels).map(move |input| x.data[pixel + input] * filter[input])
                    });
                    seen.sum::<f64>() + inputs[2].data[channel]
                });
            active(sum, byte(3))
        }
        4 => {
            let filters = inputs[1];
            let channels = filters.shape[3];
            assert_eq!((filters.shape[0], options.unwrap().int(3)), (1, 1));
            let sum =
                windows(x, options.unwrap(), [filters.shape[1], filters.shape[2]], output, &|at, channel| {
                    let product = |&(pixel, window): &(usize, usize)| {
                        x.data[pixel * channels + channel] * filters.data[window * channels + channel]
                    };
                    at.iter().map(product).sum::<f64>() + inputs[2].data[channel]
                });
            active(sum, byte(4))
        }
        1 | 17 => {
            let options = options.unwrap();
            let channels = x.shape[3];
            windows(x, options, [options.int(4), options.int(3)], output, &|at, channel| {
                let seen = at.iter().map(|&(pixel, _)| x.data[pixel * channels + channel]);
                if operator.code == 1 {
                    seen.sum::<f64>() / at.len() as f64
                } else {
                    seen.fold(f64::NEG_INFINITY, f64::max)
                }
            })
        }
        code => panic!("operator {code}"),
    }
}

/// What a window sees: pixels, and where in the window each stands.
type Seen = [(usize, usize)];

/// What slides over an image, (1, h, w, c), with the border that `options` name.
fn windows(
    x: &Value,
    options: &Table<'_>,
    kernel: [usize; 2],
    output: &Tensor<'_>,
    f: &dyn Fn(&Seen, usize) -> f64,
) -> Value {
    let (size, stride) = ([x.shape[1], x.shape[2]], [options.int(2), options.int(1)]);
    let is_same = options.byte(0) == 0;
    let sides = [0, 1].map(|side| {
        if !is_same {
            return ((size[side] - kernel[side]) / stride[side] + 1, 0);
        }
        let count = size[side].div_ceil(stride[side]);
        (count, ((count - 1) * stride[side] + kernel[side]).saturating_sub(size[side]) / 2)
    });
    let [(rows, top), (columns, left)] = sides;
    let channels = output.shape[3];
    let mut data = Vec::with_capacity(rows * columns * channels);
    for row in 0..rows {
        for column in 0..columns {
            let mut seen = Vec::new();
            for dy in 0..kernel[0] {
                for dx in 0..kernel[1] {
                    let (y, x) = (row * stride[0] + dy, column * stride[1] + dx);
                    if (top..top + size[0]).contains(&y) && (left..left + size[1]).contains(&x) {
                        seen.push(((y - top) * size[1] + x - left, dy * kernel[1] + dx));
                    }
                }
            }
            data.extend((0..channels).map(|channel| f(&seen, channel)));
        }
    }
    Value::new(&[1, rows, columns, channels], data, true)
}

fn pad(x: &Value, amounts: &[usize], value: f64) -> Value {
    let [_, _, top, bottom, left, right, _, _] = amounts[..] else { panic!("{amounts:?}") };
    let [_, h, w, c] = x.shape[..] else { panic!("{:?}", x.shape) };
    let (rows, columns) = (h + top + bottom, w + left + right);
    let mut data = Vec::with_capacity(rows * columns * c);
    for row in 0..rows {
        for column in 0..columns {
            let inside = (top..top + h).contains(&row) && (left..left + w).contains(&column);
            let at = |channel: usize| x.data[((row - top) * w + column - left) * c + channel];
            data.extend((0..c).map(|channel| if inside { at(channel) } else { value }));
        }
    }
    Value::new(&[1, rows, columns, c], data, true)
}
