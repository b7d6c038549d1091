//! An ONNX file read back from its bytes, field by field.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) ir: i64,
    pub(crate) opset: i64,
    pub(crate) producer: String,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) initialisers: Vec<Initialiser>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) ints: BTreeMap<String, Vec<i64>>,
    pub(crate) floats: BTreeMap<String, f32>,
}

#[derive(Debug, Default)]
pub(crate) struct Initialiser {
    pub(crate) name: String,
    pub(crate) element: i64,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<u8>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) element: i64,
    pub(crate) shape: Vec<String>,
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Int(i64),
    Float(f32),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn int(self) -> i64 {
        let Field::Int(value) = self else { panic!("{self:?} is no whole number") };
        value
    }

    fn bytes(self) -> &'a [u8] {
        let Field::Bytes(value) = self else { panic!("{self:?} is no message") };
        value
    }

    fn text(self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number of more than ten bytes")
}

/// The fields of a message with their numbers.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Field::Int(varint(&mut bytes) as i64),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(value)
            }
            5 => {
                let (value, rest) = bytes.split_at(4);
                bytes = rest;
                Field::Float(f32::from_le_bytes(value.try_into().unwrap()))
            }
            kind => panic!("wire type {kind}"),
        };
        found.push((key >> 3, value));
    }
    found
}

impl File {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut file = Self::default();
        for (number, field) in fields(bytes) {
            match number {
                1 => file.ir = field.int(),
                2 => file.producer = field.text(),
                7 => file.graph(field.bytes()),
                8 => {
                    file.opset =
                        fields(field.bytes()).iter().find(|(number, _)| *number == 2).unwrap().1.int()
                }
                14 => {
                    let entry = fields(field.bytes());
                    file.metadata.insert(entry[0].1.text(), entry[1].1.text());
                }
                3 | 6 => {}
                number => panic!("field {number} of the model"),
            }
        }
        file
    }

    fn graph(&mut self, bytes: &[u8]) {
        for (number, field) in fields(bytes) {
            match number {
                1 => self.nodes.push(node(field.bytes())),
                2 => {}
                5 => self.initialisers.push(initialiser(field.bytes())),
                11 => self.inputs.push(port(field.bytes())),
                12 => self.outputs.push(port(field.bytes())),
                number => panic!("field {number} of the graph"),
            }
        }
    }

    /// Checks that every value is made once and before it is used, that every one is used, and that constants have as many bytes as
    /// their shapes say.
    pub(crate) fn check(&self) {
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for initialiser in &self.initialisers {
            assert!(known.insert(&initialiser.name), "{} is there twice", initialiser.name);
            let width = match initialiser.element {
                1 => 4,
                7 => 8,
                10 => 2,
                element => panic!("{}: type {element}", initialiser.name),
            };
            let count: usize = initialiser.shape.iter().product();
            assert_eq!(initialiser.data.len(), width * count, "{}", initialiser.name);
        }
        for input in &self.inputs {
            assert!(known.insert(&input.name), "{} is there twice", input.name);
        }
        let mut used: BTreeSet<&str> = self.outputs.iter().map(|output| output.name.as_str()).collect();
        let mut names = BTreeSet::new();
        for node in &self.nodes {
            assert!(names.insert(&node.name), "two nodes are called {}", node.name);
            for input in &node.inputs {
                assert!(known.contains(input.as_str()), "{}: {input} is not there yet", node.name);
                used.insert(input);
            }
            for output in &node.outputs {
                assert!(known.insert(output), "{output} is made twice");
            }
        }
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(unused.is_empty(), "{unused:?} are not used");
        assert!(used.is_subset(&known), "an output is not made");
    }
}

fn node(bytes: &[u8]) -> Node {
    let mut node = Node::default();
    for (number, field) in fields(bytes) {
        match number {
            1 => node.inputs.push(field.text()),
            2 => node.outputs.push(field.text()),
            3 => node.name = field.text(),
            4 => node.kind = field.text(),
            5 => {
                let attribute = fields(field.bytes());
                let of = |wanted: u64| attribute.iter().filter(move |(number, _)| *number == wanted);
                let name = attribute[0].1.text();
                let kind = of(20).next().unwrap().1.int();
                match kind {
                    1 => {
                        let Field::Float(value) = of(2).next().unwrap().1 else { panic!("{name}") };
                        node.floats.insert(name, value);
                    }
                    2 => drop(node.ints.insert(name, vec![of(3).next().unwrap().1.int()])),
                    7 => drop(node.ints.insert(name, of(8).map(|(_, value)| value.int()).collect())),
                    kind => panic!("{name}: type {kind}"),
                }
            }
            number => panic!("field {number} of a node"),
        }
    }
    node
}

fn initialiser(bytes: &[u8]) -> Initialiser {
    let mut tensor = Initialiser::default();
    for (number, field) in fields(bytes) {
        match number {
            1 => tensor.shape.push(field.int() as usize),
            2 => tensor.element = field.int(),
            8 => tensor.name = field.text(),
            9 => tensor.data = field.bytes().to_vec(),
            number => panic!("field {number} of a tensor"),
        }
    }
    tensor
}

fn port(bytes: &[u8]) -> Port {
    let mut port = Port::default();
    for (number, field) in fields(bytes) {
        match number {
            1 => port.name = field.text(),
            2 => {
                let tensor = fields(fields(field.bytes())[0].1.bytes());
                port.element = tensor[0].1.int();
                port.shape = fields(tensor[1].1.bytes())
                    .into_iter()
                    .map(|(_, dimension)| match fields(dimension.bytes())[0] {
                        (1, value) => value.int().to_string(),
                        (_, name) => name.text(),
                    })
                    .collect();
            }
            3 => assert!(!field.text().is_empty()),
            number => panic!("field {number} of a port"),
        }
    }
    port
}
