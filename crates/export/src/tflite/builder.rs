//! Appends operators and constants to a TFLite graph under construction. There is one photo, so every shape is known.

use std::collections::BTreeMap;

use foliar_nn::little_endian;

use super::model::{Activation, Element, Kind, Operator, Tensor};
use crate::error::ExportError;
use crate::flatbuffer::{Field, Table};
use crate::ops::{Binary, Ops};
use crate::options::WeightType;
use crate::stored::{Stored, stored};

/// The place of a tensor.
pub(super) type Value = usize;

/// A graph under construction.
pub(super) struct Builder {
    pub(super) tensors: Vec<Tensor>,
    pub(super) operators: Vec<Operator>,
    /// Small constants that are there already, by type, shape and bytes.
    constants: BTreeMap<(Element, Vec<usize>, Vec<u8>), Value>,
    /// What the names of new values begin with.
    scope: String,
    weights: WeightType,
}

impl Builder {
    pub(super) fn new(weights: WeightType) -> Self {
        Self {
            tensors: Vec::new(),
            operators: Vec::new(),
            constants: BTreeMap::new(),
            scope: String::new(),
            weights,
        }
    }

    pub(super) fn shape(&self, value: Value) -> &[usize] {
        &self.tensors[value].shape
    }

    /// The input of the file.
    pub(super) fn input(&mut self, name: &str, element: Element, shape: &[usize]) -> Value {
        self.tensor(name.to_owned(), element, shape, None)
    }

    /// Gives `value` the name of an output.
    pub(super) fn rename(&mut self, value: Value, name: &str) {
        name.clone_into(&mut self.tensors[value].name);
    }

    /// An operator with a result of this type and shape.
    pub(super) fn op(
        &mut self,
        kind: Kind,
        inputs: &[Value],
        options: Table,
        element: Element,
        shape: &[usize],
    ) -> Value {
        let name = format!("{}/{kind:?}_{}", self.scope, self.operators.len());
        let output = self.tensor(name, element, shape, None);
        self.operators.push(Operator { kind, inputs: inputs.to_vec(), output, options });
        output
    }

    /// A function of each number.
    pub(super) fn each(&mut self, kind: Kind, x: Value) -> Value {
        let shape = self.shape(x).to_vec();
        self.op(kind, &[x], Table::new(), Element::Float, &shape)
    }

    /// Arithmetic with two values that broadcast as NumPy's do.
    pub(super) fn pair(&mut self, kind: Kind, a: Value, b: Value, activation: Activation) -> Value {
        let shape = broadcast(self.shape(a), self.shape(b));
        let options = Table::new().with(0, Field::Byte(activation as u8));
        self.op(kind, &[a, b], options, Element::Float, &shape)
    }

    pub(super) fn reshape(&mut self, x: Value, shape: &[usize]) -> Value {
        let sizes: Vec<i32> = shape.iter().map(|&extent| extent as i32).collect();
        let wanted = self.sizes(&sizes);
        let element = self.tensors[x].element;
        self.op(Kind::Reshape, &[x, wanted], Table::new().with(0, Field::Ints(sizes)), element, shape)
    }

    /// `Mean`, `Sum` or `ReduceMin` along `axes`, which stay with extents of one if they are to be kept.
    pub(super) fn reduce(&mut self, kind: Kind, x: Value, axes: &[usize], keep: bool) -> Value {
        let mut shape = self.shape(x).to_vec();
        axes.iter().for_each(|&axis| shape[axis] = 1);
        if !keep {
            let kept = shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
            shape = kept.map(|(_, &extent)| extent).collect();
        }
        let axes: Vec<i32> = axes.iter().map(|&axis| axis as i32).collect();
        let axes = self.sizes(&axes);
        self.op(kind, &[x, axes], Table::new().with(0, Field::Byte(keep.into())), Element::Float, &shape)
    }

    /// `x`, (1, h, w, c), with a border of `value` before and behind its rows and columns.
    pub(super) fn pad(&mut self, x: Value, [rows, columns]: [[usize; 2]; 2], value: f32) -> Value {
        let mut shape = self.shape(x).to_vec();
        shape[1] += rows[0] + rows[1];
        shape[2] += columns[0] + columns[1];
        let amounts = [[0; 2], rows, columns, [0; 2]].concat();
        let data = amounts.into_iter().flat_map(|amount| (amount as i32).to_le_bytes()).collect();
        let amounts = self.constant(Element::Int32, vec![4, 2], data);
        if value == 0.0 {
            return self.op(Kind::Pad, &[x, amounts], Table::new(), Element::Float, &shape);
        }
        let value = self.float(value);
        self.op(Kind::PadV2, &[x, amounts, value], Table::new(), Element::Float, &shape)
    }

    /// Weights of the network by name, stored as the options say.
    ///
    /// # Errors
    /// A number that is not finite, or not within half precision.
    pub(super) fn weights(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &[f32],
    ) -> Result<Value, ExportError> {
        let Stored { bytes, is_half } = stored(name, shape.len(), values, self.weights)?;
        let element = if is_half { Element::Half } else { Element::Float };
        let value = self.tensor(name.to_owned(), element, shape, Some(bytes));
        Ok(if is_half {
            self.op(Kind::Dequantize, &[value], Table::new(), Element::Float, shape)
        } else {
            value
        })
    }

    /// Extents or axes.
    fn sizes(&mut self, values: &[i32]) -> Value {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Element::Int32, vec![values.len()], data)
    }

    fn constant(&mut self, element: Element, shape: Vec<usize>, data: Vec<u8>) -> Value {
        let key = (element, shape, data);
        if let Some(&known) = self.constants.get(&key) {
            return known;
        }
        let name = format!("constant_{}", self.constants.len());
        let value = self.tensor(name, element, &key.1, Some(key.2.clone()));
        self.constants.insert(key, value);
        value
    }

    fn tensor(&mut self, name: String, element: Element, shape: &[usize], data: Option<Vec<u8>>) -> Value {
        self.tensors.push(Tensor { name, element, shape: shape.to_vec(), data });
        self.tensors.len() - 1
    }
}

impl Ops for Builder {
    type Value = Value;

    fn enter(&mut self, scope: &str) {
        scope.clone_into(&mut self.scope);
    }

    fn floats(&mut self, shape: &[usize], values: &[f32]) -> Value {
        // Not every runtime takes numbers without dimensions.
        let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
        self.constant(Element::Float, shape, little_endian(values).into_owned())
    }

    fn ints(&mut self, values: &[i64]) -> Value {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Element::Int64, vec![values.len()], data)
    }

    fn int(&mut self, value: i64) -> Value {
        self.ints(&[value])
    }

    fn binary(&mut self, op: Binary, a: &Value, b: &Value) -> Value {
        let kind = match op {
            Binary::Add => Kind::Add,
            Binary::Sub => Kind::Sub,
            Binary::Mul => Kind::Mul,
            Binary::Div => Kind::Div,
            Binary::Equal => Kind::Equal,
            Binary::LessOrEqual => Kind::LessEqual,
            Binary::GreaterOrEqual => Kind::GreaterEqual,
            Binary::And => Kind::LogicalAnd,
        };
        if matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div) {
            return self.pair(kind, *a, *b, Activation::None);
        }
        let shape = broadcast(self.shape(*a), self.shape(*b));
        self.op(kind, &[*a, *b], Table::new(), Element::Bool, &shape)
    }

    fn matmul(&mut self, a: &Value, b: &Value, transposed: bool) -> Value {
        let (left, right) = (self.shape(*a), self.shape(*b));
        let columns = right[right.len() - 1 - usize::from(transposed)];
        let outer = broadcast(&left[..left.len() - 2], &right[..right.len() - 2]);
        let shape = [&outer[..], &[left[left.len() - 2], columns]].concat();
        let options = Table::new().with(0, Field::Byte(0)).with(1, Field::Byte(transposed.into()));
        self.op(Kind::BatchMatmul, &[*a, *b], options, Element::Float, &shape)
    }

    fn relu(&mut self, x: &Value) -> Value {
        self.each(Kind::Relu, *x)
    }

    fn root(&mut self, x: &Value) -> Value {
        self.each(Kind::Sqrt, *x)
    }

    fn select(&mut self, condition: &Value, a: &Value, b: &Value) -> Value {
        let shape = broadcast(self.shape(*a), self.shape(*b));
        let shape = broadcast(&shape, self.shape(*condition));
        let element = self.tensors[*a].element;
        self.op(Kind::SelectV2, &[*condition, *a, *b], Table::new(), element, &shape)
    }

    fn sum(&mut self, x: &Value, axis: usize, keep: bool) -> Value {
        self.reduce(Kind::Sum, *x, &[axis], keep)
    }

    fn least(&mut self, x: &Value, axis: usize) -> Value {
        self.reduce(Kind::ReduceMin, *x, &[axis], false)
    }

    fn softmax(&mut self, x: &Value) -> Value {
        let shape = self.shape(*x).to_vec();
        self.op(Kind::Softmax, &[*x], Table::new().with(0, Field::Float(1.0)), Element::Float, &shape)
    }

    fn arg_max(&mut self, x: &Value) -> Value {
        let rows = self.shape(*x)[0];
        let axis = self.sizes(&[1]);
        let options = Table::new().with(0, Field::Byte(Element::Int64 as u8));
        let place = self.op(Kind::ArgMax, &[*x, axis], options, Element::Int64, &[rows]);
        self.reshape(place, &[rows, 1])
    }

    fn insert(&mut self, x: &Value, axis: usize) -> Value {
        let mut shape = self.shape(*x).to_vec();
        shape.insert(axis, 1);
        self.reshape(*x, &shape)
    }

    fn remove(&mut self, x: &Value, axis: usize) -> Value {
        let mut shape = self.shape(*x).to_vec();
        shape.remove(axis);
        self.reshape(*x, &shape)
    }
}

/// The shape of what two shapes broadcast to.
fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let extent = |shape: &[usize], place: usize| {
        (place + shape.len()).checked_sub(rank).map_or(1, |place| shape[place])
    };
    (0..rank).map(|place| extent(a, place).max(extent(b, place))).collect()
}
