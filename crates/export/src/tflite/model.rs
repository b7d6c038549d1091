//! The parts of a TFLite file that are written here, and their slots in `tensorflow/lite/schema/schema.fbs`.
//!
//! | table | slots |
//! | --- | --- |
//! | `Model` | version 0, operator_codes 1, subgraphs 2, description 3, buffers 4, metadata 6, signature_defs 7 |
//! | `OperatorCode` | deprecated_builtin_code 0, version 2, builtin_code 3 |
//! | `SubGraph` | tensors 0, inputs 1, outputs 2, operators 3, name 4 |
//! | `Tensor` | shape 0, type 1, buffer 2, name 3 |
//! | `Operator` | opcode_index 0, inputs 1, outputs 2, builtin_options_type 3, builtin_options 4 |
//! | `Buffer` | data 0 |
//! | `Metadata` | name 0, buffer 1 |
//! | `SignatureDef` | inputs 0, outputs 1, signature_key 2, subgraph_index 4 |
//! | `TensorMap` | name 0, tensor_index 1 |

use crate::flatbuffer::{Field, Table};

/// The version of the format.
const VERSION: usize = 3;
/// The largest code that the field of old files holds.
const OLD_CODES: i32 = 127;

/// Type of the numbers of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    Float = 0,
    Half = 1,
    Int32 = 2,
    Uint8 = 3,
    Int64 = 4,
    Bool = 6,
}

/// An operator by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Add = 0,
    AveragePool = 1,
    Concatenation = 2,
    Conv = 3,
    DepthwiseConv = 4,
    Dequantize = 6,
    FullyConnected = 9,
    Logistic = 14,
    MaxPool = 17,
    Mul = 18,
    Relu = 19,
    Relu6 = 21,
    Reshape = 22,
    Softmax = 25,
    Pad = 34,
    Mean = 40,
    Sub = 41,
    Div = 42,
    Cast = 53,
    ArgMax = 56,
    PadV2 = 60,
    GreaterEqual = 62,
    LessEqual = 63,
    Equal = 71,
    Sum = 74,
    Sqrt = 75,
    LogicalAnd = 86,
    ReduceMin = 89,
    HardSwish = 117,
    SelectV2 = 123,
    BatchMatmul = 126,
}

impl Kind {
    /// The type of its options in the union of the schema; 0 where it has none.
    fn options(self) -> u8 {
        match self {
            Self::Logistic | Self::Relu | Self::Relu6 | Self::HardSwish | Self::Sqrt => 0,
            Self::Conv => 1,
            Self::DepthwiseConv => 2,
            Self::AveragePool | Self::MaxPool => 5,
            Self::FullyConnected => 8,
            Self::Softmax => 9,
            Self::Concatenation => 10,
            Self::Add => 11,
            Self::Reshape => 17,
            Self::Mul => 21,
            Self::Pad => 22,
            Self::Mean | Self::Sum | Self::ReduceMin => 27,
            Self::Sub => 28,
            Self::Div => 29,
            Self::Cast => 37,
            Self::Dequantize => 38,
            Self::ArgMax => 40,
            Self::PadV2 => 43,
            Self::GreaterEqual => 45,
            Self::LessEqual => 46,
            Self::Equal => 53,
            Self::LogicalAnd => 62,
            Self::SelectV2 => 98,
            Self::BatchMatmul => 101,
        }
    }

    /// The version of the operator that takes what it is given here.
    fn version(self) -> usize {
        // Numbers of half precision.
        if self == Self::Dequantize { 3 } else { 1 }
    }
}

/// What an operator does with its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Activation {
    #[default]
    None = 0,
    Relu = 1,
    Relu6 = 3,
}

#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Little-endian, of a constant.
    pub(super) data: Option<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
    pub(super) options: Table,
}

/// A whole file. Inputs and outputs are tensors by their place.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) tensors: Vec<Tensor>,
    pub(super) operators: Vec<Operator>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// What `TFLITE_METADATA` holds.
    pub(super) metadata: Vec<u8>,
}

impl Model {
    pub(super) fn into_file(self) -> Vec<u8> {
        let mut kinds: Vec<Kind> = Vec::new();
        for operator in &self.operators {
            if !kinds.contains(&operator.kind) {
                kinds.push(operator.kind);
            }
        }
        let places = |places: &[usize]| Field::Ints(places.iter().map(|&place| place as i32).collect());
        let map = |places: &[usize]| {
            let entry = |&place: &usize| Table::new().text(0, &self.tensors[place].name).int(1, place);
            places.iter().map(entry).collect::<Vec<_>>()
        };
        let signature = Table::new()
            .tables(0, map(&self.inputs))
            .tables(1, map(&self.outputs))
            .text(2, "serving_default")
            .int(4, 0);
        let codes = kinds.iter().map(|&kind| {
            let code = kind as i32;
            Table::new()
                .with(0, Field::Byte(code.min(OLD_CODES) as u8))
                .int(2, kind.version())
                .with(3, Field::Int(code))
        });
        let codes: Vec<Table> = codes.collect();
        // The first buffer is empty by convention: that of every tensor without data.
        let mut buffers = vec![Table::new()];
        let mut buffer = |data: Vec<u8>| {
            buffers.push(Table::new().with(0, Field::Bytes(data)));
            buffers.len() - 1
        };
        let metadata = Table::new().text(0, "TFLITE_METADATA").int(1, buffer(self.metadata));
        let tensors: Vec<Table> = self
            .tensors
            .into_iter()
            .map(|tensor| {
                Table::new()
                    .with(0, places(&tensor.shape))
                    .with(1, Field::Byte(tensor.element as u8))
                    .int(2, tensor.data.map_or(0, &mut buffer))
                    .text(3, tensor.name)
            })
            .collect();
        let operators = self.operators.into_iter().map(|operator| {
            let kind = operator.kind;
            let code = kinds.iter().position(|&known| known == kind).unwrap_or(0);
            let table = Table::new()
                .int(0, code)
                .with(1, places(&operator.inputs))
                .with(2, places(&[operator.output]));
            match kind.options() {
                0 => table,
                options => table.with(3, Field::Byte(options)).with(4, Field::Table(operator.options)),
            }
        });
        let graph = Table::new()
            .with(1, places(&self.inputs))
            .with(2, places(&self.outputs))
            .text(4, self.name)
            .tables(0, tensors)
            .tables(3, operators);
        // The description comes first: by it a file of foliar is known.
        let model = Table::new()
            .text(3, self.description)
            .int(0, VERSION)
            .tables(1, codes)
            .tables(2, [graph])
            .tables(6, [metadata])
            .tables(7, [signature])
            .tables(4, buffers);
        model.into_file(*b"TFL3")
    }
}
