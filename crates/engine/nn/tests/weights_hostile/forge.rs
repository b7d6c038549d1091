//! Writes weight files by hand, sound or not.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// A zip archive whose directory may lie.
#[derive(Default)]
pub(crate) struct Zip {
    bytes: Vec<u8>,
    pub(crate) entries: Vec<Entry>,
}

/// What the directory says of a record.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) header: u32,
}

impl Zip {
    pub(crate) fn stored(self, name: &'static str, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        self.record(name, 0, content, content.len(), crc.sum())
    }

    pub(crate) fn deflated(self, name: &'static str, packed: &[u8], size: usize) -> Self {
        self.record(name, 8, packed, size, 0)
    }

    fn record(mut self, name: &'static str, method: u16, packed: &[u8], size: usize, crc: u32) -> Self {
        let header = self.bytes.len() as u32;
        let entry =
            Entry { name, flags: 0, method, crc, packed: packed.len() as u32, size: size as u32, header };
        self.bytes.extend(b"PK\x03\x04\x14\0");
        self.bytes.extend(entry.common());
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(packed);
        self.entries.push(entry);
        self
    }

    pub(crate) fn build(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        for entry in &self.entries {
            self.bytes.extend(b"PK\x01\x02\x14\0\x14\0");
            self.bytes.extend(entry.common());
            self.bytes.extend([0; 10]);
            self.bytes.extend(entry.header.to_le_bytes());
            self.bytes.extend(entry.name.as_bytes());
        }
        let (len, count) = (self.bytes.len() as u32 - start, self.entries.len() as u16);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        self.bytes.extend([len.to_le_bytes(), start.to_le_bytes()].concat());
        self.bytes.extend([0; 2]);
        self.bytes
    }
}

impl Entry {
    /// The fields that a local header and the directory share.
    fn common(&self) -> Vec<u8> {
        let mut bytes = [self.flags, self.method, 0, 0].map(u16::to_le_bytes).concat();
        bytes.extend([self.crc, self.packed, self.size].map(u32::to_le_bytes).concat());
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A PyTorch file whose pickle is `code`.
pub(crate) fn pickle(code: &[u8]) -> Vec<u8> {
    let pickle = [b"\x80\x02", code].concat();
    Zip::default().stored("a/data.pkl", &pickle).stored("a/data/0", &[0; 32]).build()
}

/// A PyTorch file whose state dict holds `tensors`, which come from [`tensor`], on one storage of 8 numbers.
pub(crate) fn checkpoint(tensors: &[u8]) -> Vec<u8> {
    Zip::default().stored("a/data.pkl", &state_dict(tensors, false)).stored("a/data/0", &[0; 32]).build()
}

/// The same as before PyTorch 1.6.
pub(crate) fn legacy(tensors: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
    let keys = b"\x80\x02]X\x01\0\0\x000a.";
    [magic, b"\x80\x02}." as &[u8], &state_dict(tensors, true), keys, &8u64.to_le_bytes(), &[0; 32]].concat()
}

/// Pickles a dict of `tensors`. Place 1 of the memo holds their storage, place 2 the function that makes them.
pub(crate) fn state_dict(tensors: &[u8], is_legacy: bool) -> Vec<u8> {
    let mut code =
        b"\x80\x02((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x08".to_vec();
    code.extend(if is_legacy { b"NtQq\x01" as &[u8] } else { b"tQq\x01" });
    code.extend(b"ctorch._utils\n_rebuild_tensor_v2\nq\x02");
    code.extend(b"1(");
    // The names of equal tensors differ, since a later one would replace the one before.
    let len = tensor_len(tensors);
    for (index, tensor) in tensors.chunks(len).enumerate() {
        code.extend(b"X\x04\0\0\0");
        code.extend(format!("{index:04x}").into_bytes());
        code.extend(tensor);
    }
    code.extend(b"d.");
    code
}

fn tensor_len(tensors: &[u8]) -> usize {
    tensors.iter().position(|&byte| byte == b'R').unwrap() + 1
}

/// Opcodes that put a tensor on the stack.
pub(crate) fn tensor(shape: &[i64], strides: &[i64], offset: i64) -> Vec<u8> {
    let integers = |numbers: &[i64]| numbers.iter().flat_map(|&number| integer(number)).collect::<Vec<_>>();
    let arguments =
        [b"(h\x01" as &[u8], &integer(offset), b"(", &integers(shape), b"t(", &integers(strides), b"t"];
    [b"h\x02" as &[u8], &arguments.concat(), b"\x89}tR"].concat()
}

fn integer(number: i64) -> Vec<u8> {
    [b"\x8a\x08" as &[u8], &number.to_le_bytes()].concat()
}

pub(crate) fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}
