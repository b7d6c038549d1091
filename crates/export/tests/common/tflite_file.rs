//! A TFLite file read back from its bytes, table by table, and the archive behind it.

use std::collections::BTreeMap;

/// A table of a FlatBuffers file.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    start: usize,
}

fn int_at(bytes: &[u8], place: usize) -> i32 {
    assert_eq!(place % 4, 0, "numbers lie at multiples of their size");
    i32::from_le_bytes(bytes[place..place + 4].try_into().unwrap())
}

fn short_at(bytes: &[u8], place: usize) -> usize {
    assert_eq!(place % 2, 0, "numbers lie at multiples of their size");
    usize::from(u16::from_le_bytes(bytes[place..place + 2].try_into().unwrap()))
}

impl<'a> Table<'a> {
    /// The root of a file with this identifier.
    pub(crate) fn root(bytes: &'a [u8], identifier: &[u8; 4]) -> Self {
        assert_eq!(&bytes[4..8], identifier);
        Self::at(bytes, int_at(bytes, 0) as usize)
    }

    fn at(bytes: &'a [u8], start: usize) -> Self {
        let vtable = start - int_at(bytes, start) as usize;
        assert!(short_at(bytes, vtable) >= 4 && start + short_at(bytes, vtable + 2) <= bytes.len());
        Self { bytes, start }
    }

    /// Where the field in `slot` lies.
    fn field(&self, slot: usize) -> Option<usize> {
        let vtable = self.start - int_at(self.bytes, self.start) as usize;
        if 4 + 2 * slot >= short_at(self.bytes, vtable) {
            return None;
        }
        let place = short_at(self.bytes, vtable + 4 + 2 * slot);
        assert!(place < short_at(self.bytes, vtable + 2), "a field lies in its table");
        (place > 0).then(|| self.start + place)
    }

    pub(crate) fn byte(&self, slot: usize) -> u8 {
        self.field(slot).map_or(0, |place| self.bytes[place])
    }

    pub(crate) fn int(&self, slot: usize) -> usize {
        self.field(slot).map_or(0, |place| int_at(self.bytes, place) as usize)
    }

    /// What the field in `slot` points at.
    fn target(&self, slot: usize) -> Option<usize> {
        let place = self.field(slot)?;
        Some(place + int_at(self.bytes, place) as usize)
    }

    /// Where the elements of a vector begin, and how many there are.
    fn vector(&self, slot: usize) -> (usize, usize) {
        self.target(slot).map_or((0, 0), |start| (start + 4, int_at(self.bytes, start) as usize))
    }

    pub(crate) fn has(&self, slot: usize) -> bool {
        self.field(slot).is_some()
    }

    pub(crate) fn table(&self, slot: usize) -> Self {
        Self::at(self.bytes, self.target(slot).unwrap())
    }

    pub(crate) fn tables(&self, slot: usize) -> Vec<Self> {
        let (first, count) = self.vector(slot);
        let places = (0..count).map(|index| first + 4 * index);
        places.map(|place| Self::at(self.bytes, place + int_at(self.bytes, place) as usize)).collect()
    }

    pub(crate) fn text(&self, slot: usize) -> String {
        let (first, length) = self.vector(slot);
        assert_eq!(self.bytes[first + length], 0, "a text ends in a zero");
        String::from_utf8(self.bytes[first..first + length].to_vec()).unwrap()
    }

    pub(crate) fn bytes(&self, slot: usize) -> &'a [u8] {
        let (first, length) = self.vector(slot);
        &self.bytes[first..first + length]
    }

    pub(crate) fn ints(&self, slot: usize) -> Vec<usize> {
        let (first, count) = self.vector(slot);
        (0..count).map(|index| int_at(self.bytes, first + 4 * index) as usize).collect()
    }

    pub(crate) fn floats(&self, slot: usize) -> Vec<f32> {
        let (first, count) = self.vector(slot);
        let bytes = self.bytes[first..][..4 * count].chunks_exact(4);
        bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    }
}

pub(crate) struct Tensor<'a> {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) element: u8,
    pub(crate) data: &'a [u8],
}

pub(crate) struct Operator<'a> {
    pub(crate) code: i32,
    pub(crate) inputs: Vec<usize>,
    pub(crate) output: usize,
    pub(crate) options: Option<Table<'a>>,
}

pub(crate) struct File<'a> {
    pub(crate) tensors: Vec<Tensor<'a>>,
    pub(crate) operators: Vec<Operator<'a>>,
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
    /// `TFLITE_METADATA`.
    pub(crate) metadata: Table<'a>,
    /// The archive behind the file, by name.
    pub(crate) archive: BTreeMap<String, &'a [u8]>,
}

impl<'a> File<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Self {
        let model = Table::root(bytes, b"TFL3");
        assert_eq!(model.int(0), 3);
        let buffers = model.tables(4);
        assert!(!buffers[0].has(0), "the first buffer is empty");
        let codes: Vec<i32> = model
            .tables(1)
            .iter()
            .map(|code| {
                assert_eq!(usize::from(code.byte(0)), code.int(3), "all codes here are old ones");
                code.int(3) as i32
            })
            .collect();
        let graph = &model.tables(2)[0];
        let tensors: Vec<Tensor<'_>> = graph
            .tables(0)
            .iter()
            .map(|tensor| {
                let data = buffers[tensor.int(2)].bytes(0);
                let offset = data.as_ptr() as usize - bytes.as_ptr() as usize;
                assert!(data.is_empty() || offset.is_multiple_of(16), "weights lie at multiples of 16");
                Tensor { name: tensor.text(3), shape: tensor.ints(0), element: tensor.byte(1), data }
            })
            .collect();
        let operators = graph.tables(3);
        let operators = operators.iter().map(|operator| Operator {
            code: codes[operator.int(0)],
            inputs: operator.ints(1),
            output: operator.ints(2)[0],
            options: (operator.byte(3) > 0).then(|| operator.table(4)),
        });
        let named = &model.tables(6)[0];
        assert_eq!(named.text(0), "TFLITE_METADATA");
        let (inputs, outputs) = (graph.ints(1), graph.ints(2));
        let signature = &model.tables(7)[0];
        assert_eq!(signature.text(2), "serving_default");
        for (slot, ports) in [(0, &inputs), (1, &outputs)] {
            for (entry, &port) in signature.tables(slot).iter().zip(ports) {
                assert_eq!((entry.text(0), entry.int(1)), (tensors[port].name.clone(), port));
            }
        }
        let operators = operators.collect();
        let metadata = Table::root(buffers[named.int(1)].bytes(0), b"M001");
        Self { tensors, operators, inputs, outputs, metadata, archive: archive(bytes) }
    }

    /// Panics unless every value is made before it is used and once, and constants have as many bytes as their shape says.
    pub(crate) fn check(&self) {
        let mut known: Vec<bool> = self.tensors.iter().map(|tensor| !tensor.data.is_empty()).collect();
        for tensor in self.tensors.iter().filter(|tensor| !tensor.data.is_empty()) {
            let size = [4, 2, 4, 1, 8, 0, 1][usize::from(tensor.element)];
            assert_eq!(tensor.data.len(), size * tensor.shape.iter().product::<usize>(), "{}", tensor.name);
        }
        self.inputs.iter().for_each(|&input| known[input] = true);
        for operator in &self.operators {
            assert!(operator.inputs.iter().all(|&input| known[input]));
            assert!(!std::mem::replace(&mut known[operator.output], true));
        }
        assert!(known.into_iter().all(|known| known), "no tensor is left over");
    }
}

/// What a zip archive at the end of `bytes` holds.
fn archive(bytes: &[u8]) -> BTreeMap<String, &[u8]> {
    let number = |place: usize, size: usize| {
        bytes[place..place + size].iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
    };
    let end = bytes.len() - 22;
    assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
    let (count, mut place) = (number(end + 10, 2), number(end + 16, 4));
    let mut files = BTreeMap::new();
    for _ in 0..count {
        assert_eq!(&bytes[place..place + 4], b"PK\x01\x02");
        let (length, name_length, local) =
            (number(place + 24, 4), number(place + 28, 2), number(place + 42, 4));
        let name = String::from_utf8(bytes[place + 46..][..name_length].to_vec()).unwrap();
        assert_eq!(&bytes[local..local + 4], b"PK\x03\x04");
        assert_eq!(bytes[local + 4..local + 30], bytes[place + 6..place + 32]);
        let content = &bytes[local + 30 + name_length..][..length];
        assert_eq!(number(place + 16, 4), crc32fast::hash(content) as usize);
        files.insert(name, content);
        place += 46 + name_length;
    }
    assert_eq!(place, end);
    files
}
