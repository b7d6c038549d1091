//! The parts of an ONNX file that are written here, and their bytes (`onnx/onnx.proto`).
//!
//! | message | fields |
//! | --- | --- |
//! | `ModelProto` | ir_version 1, producer_name 2, producer_version 3, doc_string 6, graph 7, opset_import 8, metadata_props 14 |
//! | `GraphProto` | node 1, name 2, initializer 5, input 11, output 12 |
//! | `NodeProto` | input 1, output 2, name 3, op_type 4, attribute 5 |
//! | `AttributeProto` | name 1, f 2, i 3, ints 8, type 20 |
//! | `TensorProto` | dims 1, data_type 2, name 8, raw_data 9 |
//! | `ValueInfoProto` | name 1, type 2, doc_string 3 |

use crate::protobuf::Message;

/// The set of operators, whose meaning it fixes.
const OPSET: i64 = 18;
/// The version of the format itself.
const IR: i64 = 8;

/// Type of the numbers of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Element {
    Float = 1,
    Uint8 = 2,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
}

/// A constant tensor.
#[derive(Debug)]
pub(crate) struct Initialiser {
    pub(crate) name: String,
    pub(crate) element: Element,
    pub(crate) shape: Vec<usize>,
    /// Little-endian.
    pub(crate) data: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) enum Attribute {
    Float(f32),
    Int(i64),
    Ints(Vec<i64>),
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: &'static str,
    pub(crate) inputs: Vec<String>,
    pub(crate) output: String,
    pub(crate) attributes: Vec<(&'static str, Attribute)>,
}

/// One extent of a shape.
#[derive(Clone, Debug)]
pub(crate) enum Extent {
    Fixed(usize),
    /// Known when the file is run; equal names are equal extents.
    Named(&'static str),
}

/// An input or output of the file.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) name: &'static str,
    pub(crate) element: Element,
    pub(crate) shape: Vec<Extent>,
    pub(crate) description: &'static str,
}

/// A whole file.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) initialisers: Vec<Initialiser>,
    pub(crate) input: Port,
    pub(crate) outputs: Vec<Port>,
    pub(crate) metadata: Vec<(&'static str, String)>,
}

impl Model {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut graph = Message::new();
        for node in &self.nodes {
            graph.message(1, &node.encode());
        }
        graph.text(2, &self.name);
        for initialiser in self.initialisers {
            graph.message(5, &initialiser.encode());
        }
        graph.message(11, &self.input.encode());
        for output in &self.outputs {
            graph.message(12, &output.encode());
        }
        let mut opset = Message::new();
        opset.text(1, "").int(2, OPSET);
        let mut model = Message::new();
        model.int(1, IR).text(2, "foliar").text(3, env!("CARGO_PKG_VERSION")).text(6, &self.description);
        model.message(7, &graph).message(8, &opset);
        for (key, value) in &self.metadata {
            let mut entry = Message::new();
            entry.text(1, key).text(2, value);
            model.message(14, &entry);
        }
        model.into_bytes()
    }
}

impl Node {
    fn encode(&self) -> Message {
        let mut node = Message::new();
        for input in &self.inputs {
            node.text(1, input);
        }
        // A node is called as its one value.
        node.text(2, &self.output).text(3, &self.output).text(4, self.kind);
        for (name, value) in &self.attributes {
            let mut attribute = Message::new();
            attribute.text(1, name);
            match value {
                Attribute::Float(value) => attribute.float(2, *value).int(20, 1),
                Attribute::Int(value) => attribute.int(3, *value).int(20, 2),
                Attribute::Ints(values) => {
                    for &value in values {
                        attribute.int(8, value);
                    }
                    attribute.int(20, 7)
                }
            };
            node.message(5, &attribute);
        }
        node
    }
}

impl Initialiser {
    fn encode(self) -> Message {
        let mut tensor = Message::new();
        for &extent in &self.shape {
            tensor.int(1, extent as i64);
        }
        tensor.int(2, self.element as i64).text(8, &self.name).bytes(9, &self.data);
        tensor
    }
}

impl Port {
    fn encode(&self) -> Message {
        let mut shape = Message::new();
        for extent in &self.shape {
            let mut dimension = Message::new();
            match extent {
                Extent::Fixed(value) => dimension.int(1, *value as i64),
                Extent::Named(name) => dimension.text(2, name),
            };
            shape.message(1, &dimension);
        }
        let mut tensor = Message::new();
        tensor.int(1, self.element as i64).message(2, &shape);
        let mut kind = Message::new();
        kind.message(1, &tensor);
        let mut port = Message::new();
        port.text(1, self.name).message(2, &kind).text(3, self.description);
        port
    }
}
