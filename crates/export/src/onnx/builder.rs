//! Appends nodes and constants to an ONNX graph under construction.

use std::collections::BTreeMap;

use foliar_nn::little_endian;

use super::proto::{Attribute, Element, Initialiser, Node};
use crate::error::ExportError;
use crate::ops::{Binary, Ops};
use crate::options::WeightType;
use crate::stored::{Stored, stored};

/// The name of a value.
pub(super) type Value = String;

/// A graph under construction. Names follow from the order of calls alone, so that equal classifiers give equal bytes.
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    pub(super) initialisers: Vec<Initialiser>,
    /// Small constants that are there already, by type, shape and bytes.
    constants: BTreeMap<(Element, Vec<usize>, Vec<u8>), Value>,
    /// What the names of new values begin with.
    scope: String,
    weights: WeightType,
}

impl Builder {
    pub(super) fn new(weights: WeightType) -> Self {
        Self {
            nodes: Vec::new(),
            initialisers: Vec::new(),
            constants: BTreeMap::new(),
            scope: String::new(),
            weights,
        }
    }

    /// Names of what follows begin with `scope`.
    pub(super) fn enter(&mut self, scope: &str) {
        scope.clone_into(&mut self.scope);
    }

    /// A node without attributes.
    pub(super) fn op(&mut self, kind: &'static str, inputs: &[&Value]) -> Value {
        self.node(kind, inputs, Vec::new())
    }

    pub(super) fn node(
        &mut self,
        kind: &'static str,
        inputs: &[&Value],
        attributes: Vec<(&'static str, Attribute)>,
    ) -> Value {
        let name = format!("{}/{kind}_{}", self.scope, self.nodes.len());
        let inputs = inputs.iter().map(|input| (*input).clone()).collect();
        self.nodes.push(Node { kind, inputs, output: name.clone(), attributes });
        name
    }

    /// Gives `value`, which a node has made, the name of an output.
    pub(super) fn rename(&mut self, value: &Value, name: &str) {
        for node in &mut self.nodes {
            for known in node.inputs.iter_mut().chain([&mut node.output]).filter(|known| *known == value) {
                name.clone_into(known);
            }
        }
    }

    /// A whole number.
    pub(super) fn int(&mut self, value: i64) -> Value {
        self.constant(Element::Int64, Vec::new(), value.to_le_bytes().to_vec())
    }

    /// Whole numbers in one dimension.
    pub(super) fn ints(&mut self, values: &[i64]) -> Value {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Element::Int64, vec![values.len()], data)
    }

    /// A number.
    pub(super) fn float(&mut self, value: f32) -> Value {
        self.floats(&[], &[value])
    }

    /// Numbers of this shape.
    pub(super) fn floats(&mut self, shape: &[usize], values: &[f32]) -> Value {
        self.constant(Element::Float, shape.to_vec(), little_endian(values).into_owned())
    }

    fn constant(&mut self, element: Element, shape: Vec<usize>, data: Vec<u8>) -> Value {
        let key = (element, shape, data);
        if let Some(known) = self.constants.get(&key) {
            return known.clone();
        }
        let name = format!("constant_{}", self.constants.len());
        self.constants.insert(key.clone(), name.clone());
        let (element, shape, data) = key;
        self.initialisers.push(Initialiser { name: name.clone(), element, shape, data });
        name
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
        let Stored { bytes: data, is_half } = stored(name, shape.len(), values, self.weights)?;
        let (name, shape) = (name.to_owned(), shape.to_vec());
        let element = if is_half { Element::Float16 } else { Element::Float };
        self.initialisers.push(Initialiser { name: name.clone(), element, shape, data });
        Ok(if is_half { self.cast(&name, Element::Float) } else { name })
    }

    pub(super) fn cast(&mut self, value: &Value, to: Element) -> Value {
        self.node("Cast", &[value], vec![("to", Attribute::Int(to as i64))])
    }

    pub(super) fn transpose(&mut self, value: &Value, order: &[i64]) -> Value {
        self.node("Transpose", &[value], vec![("perm", Attribute::Ints(order.to_vec()))])
    }

    /// Extents of one in these places.
    pub(super) fn unsqueeze(&mut self, value: &Value, places: &[i64]) -> Value {
        let places = self.ints(places);
        self.op("Unsqueeze", &[value, &places])
    }

    /// Joins values along a dimension.
    pub(super) fn concat(&mut self, values: &[&Value], axis: i64) -> Value {
        self.node("Concat", values, vec![("axis", Attribute::Int(axis))])
    }

    /// `ReduceSum`, `ReduceMax` or `ReduceMin` along `axis`, or over everything.
    pub(super) fn reduce(
        &mut self,
        kind: &'static str,
        value: &Value,
        axis: Option<i64>,
        keep: bool,
    ) -> Value {
        let keep = vec![("keepdims", Attribute::Int(i64::from(keep)))];
        match axis {
            Some(axis) => {
                let axes = self.ints(&[axis]);
                self.node(kind, &[value, &axes], keep)
            }
            None => self.node(kind, &[value], keep),
        }
    }
}

impl Ops for Builder {
    type Value = Value;

    fn enter(&mut self, scope: &str) {
        Self::enter(self, scope);
    }

    fn floats(&mut self, shape: &[usize], values: &[f32]) -> Value {
        Self::floats(self, shape, values)
    }

    fn ints(&mut self, values: &[i64]) -> Value {
        Self::ints(self, values)
    }

    fn int(&mut self, value: i64) -> Value {
        Self::int(self, value)
    }

    fn binary(&mut self, op: Binary, a: &Value, b: &Value) -> Value {
        let kind = match op {
            Binary::Add => "Add",
            Binary::Sub => "Sub",
            Binary::Mul => "Mul",
            Binary::Div => "Div",
            Binary::Equal => "Equal",
            Binary::LessOrEqual => "LessOrEqual",
            Binary::GreaterOrEqual => "GreaterOrEqual",
            Binary::And => "And",
        };
        self.op(kind, &[a, b])
    }

    fn matmul(&mut self, a: &Value, b: &Value, transposed: bool) -> Value {
        let b = if transposed { self.transpose(b, &[1, 0]) } else { b.clone() };
        self.op("MatMul", &[a, &b])
    }

    fn relu(&mut self, x: &Value) -> Value {
        self.op("Relu", &[x])
    }

    fn root(&mut self, x: &Value) -> Value {
        self.op("Sqrt", &[x])
    }

    fn select(&mut self, condition: &Value, a: &Value, b: &Value) -> Value {
        self.op("Where", &[condition, a, b])
    }

    fn sum(&mut self, x: &Value, axis: usize, keep: bool) -> Value {
        self.reduce("ReduceSum", x, Some(axis as i64), keep)
    }

    fn least(&mut self, x: &Value, axis: usize) -> Value {
        self.reduce("ReduceMin", x, Some(axis as i64), false)
    }

    fn softmax(&mut self, x: &Value) -> Value {
        self.node("Softmax", &[x], vec![("axis", Attribute::Int(1))])
    }

    fn arg_max(&mut self, x: &Value) -> Value {
        let axis = ("axis", Attribute::Int(1));
        self.node("ArgMax", &[x], vec![axis, ("keepdims", Attribute::Int(1))])
    }

    fn insert(&mut self, x: &Value, axis: usize) -> Value {
        self.unsqueeze(x, &[axis as i64])
    }

    fn remove(&mut self, x: &Value, axis: usize) -> Value {
        let axis = self.ints(&[axis as i64]);
        self.op("Squeeze", &[x, &axis])
    }
}
