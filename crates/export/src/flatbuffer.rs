//! The wire format of FlatBuffers: tables that point at what they hold.
//!
//! | part | bytes |
//! | --- | --- |
//! | file | offset of the root table, four letters that identify the format |
//! | table | how far its vtable lies before it, then its fields, each at a multiple of its size |
//! | vtable | bytes of itself, bytes of the table, then for each slot where its field lies in the table, or 0 |
//! | vector | number of elements, then the elements |
//! | text | a vector of bytes, then a zero |
//!
//! Numbers are little-endian. Offsets have 32 bits and count from where they stand to what lies behind.

/// What bytes in a vector begin at a multiple of, as runtimes ask of weights.
const BLOCK: usize = 16;

/// A field of a table.
#[derive(Debug)]
pub(crate) enum Field {
    /// A number of 8 bits, an enumeration or a flag.
    Byte(u8),
    /// A number of 32 bits.
    Int(i32),
    Float(f32),
    Text(String),
    Bytes(Vec<u8>),
    Ints(Vec<i32>),
    Floats(Vec<f32>),
    Table(Table),
    Tables(Vec<Table>),
}

/// A table: fields by their slot, the position in the schema's table.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<(usize, Field)>);

impl Table {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With a field in `slot`. What fields point at is written in the order of these calls.
    pub(crate) fn with(mut self, slot: usize, field: Field) -> Self {
        self.0.push((slot, field));
        self
    }

    pub(crate) fn text(self, slot: usize, text: impl Into<String>) -> Self {
        self.with(slot, Field::Text(text.into()))
    }

    pub(crate) fn int(self, slot: usize, value: usize) -> Self {
        self.with(slot, Field::Int(value as i32))
    }

    pub(crate) fn tables(self, slot: usize, tables: impl IntoIterator<Item = Self>) -> Self {
        self.with(slot, Field::Tables(tables.into_iter().collect()))
    }

    /// The bytes of a file with this root. A file beyond 2 GiB is malformed: look at its length.
    pub(crate) fn into_file(self, identifier: [u8; 4]) -> Vec<u8> {
        let mut writer = Writer(vec![0; 4]);
        writer.0.extend(identifier);
        let root = writer.table(self);
        writer.point(0, root);
        writer.0
    }
}

struct Writer(Vec<u8>);

impl Writer {
    /// Writes a table and all that it points at. Gives where the table begins.
    fn table(&mut self, table: Table) -> usize {
        let slots = table.0.iter().map(|(slot, _)| slot + 1).max().unwrap_or(0);
        let vtable_size = 4 + 2 * slots;
        // The table follows its vtable, and begins at a multiple of 4.
        while !(self.0.len() + vtable_size).is_multiple_of(4) {
            self.0.push(0);
        }
        let vtable = self.0.len();
        self.0.resize(vtable + vtable_size, 0);
        let start = self.0.len();
        self.0.extend((vtable_size as i32).to_le_bytes());
        let mut pointers = Vec::new();
        // Bytes stand behind all other fields, which so keep their place.
        let is_byte = |field: &Field| matches!(field, Field::Byte(_));
        let (small, large): (Vec<_>, Vec<_>) = table.0.into_iter().partition(|(_, field)| is_byte(field));
        for (slot, field) in large.into_iter().chain(small) {
            let place = (self.0.len() - start) as u16;
            self.0[vtable + 4 + 2 * slot..][..2].copy_from_slice(&place.to_le_bytes());
            match field {
                Field::Byte(value) => self.0.push(value),
                Field::Int(value) => self.0.extend(value.to_le_bytes()),
                Field::Float(value) => self.0.extend(value.to_le_bytes()),
                field => {
                    pointers.push((self.0.len(), field));
                    self.0.extend([0; 4]);
                }
            }
        }
        let size = (self.0.len() - start) as u16;
        self.0[vtable..][..2].copy_from_slice(&(vtable_size as u16).to_le_bytes());
        self.0[vtable + 2..][..2].copy_from_slice(&size.to_le_bytes());
        for (place, field) in pointers {
            let target = self.target(field);
            self.point(place, target);
        }
        start
    }

    /// Writes what a field points at.
    fn target(&mut self, field: Field) -> usize {
        match field {
            Field::Byte(_) | Field::Int(_) | Field::Float(_) => self.0.len(),
            Field::Table(table) => self.table(table),
            Field::Text(text) => {
                let start = self.vector(text.len(), 4);
                self.0.extend(text.as_bytes());
                self.0.push(0);
                start
            }
            Field::Bytes(bytes) => {
                let start = self.vector(bytes.len(), BLOCK);
                self.0.extend(bytes);
                start
            }
            Field::Ints(values) => {
                let start = self.vector(values.len(), 4);
                self.0.extend(values.into_iter().flat_map(i32::to_le_bytes));
                start
            }
            Field::Floats(values) => {
                let start = self.vector(values.len(), 4);
                self.0.extend(values.into_iter().flat_map(f32::to_le_bytes));
                start
            }
            Field::Tables(tables) => {
                let start = self.vector(tables.len(), 4);
                let first = self.0.len();
                self.0.resize(first + 4 * tables.len(), 0);
                for (index, table) in tables.into_iter().enumerate() {
                    let target = self.table(table);
                    self.point(first + 4 * index, target);
                }
                start
            }
        }
    }

    /// Begins a vector whose elements start at a multiple of `block` bytes.
    fn vector(&mut self, length: usize, block: usize) -> usize {
        while !(self.0.len() + 4).is_multiple_of(block) {
            self.0.push(0);
        }
        let start = self.0.len();
        self.0.extend((length as u32).to_le_bytes());
        start
    }

    /// Makes the offset at `place` point at `target`.
    fn point(&mut self, place: usize, target: usize) {
        self.0[place..][..4].copy_from_slice(&((target - place) as u32).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lies_as_the_format_says() {
        let child = Table::new().with(1, Field::Byte(7)).int(0, 9);
        let root = Table::new().text(0, "ab").with(2, Field::Table(child));
        let expected: [&[u8]; 8] = [
            // The root table at 20, the identifier.
            b"\x14\0\0\0TEST",
            // Padding, and the vtable: 10 bytes, a table of 12 bytes, slot 0 at 4, none, slot 2 at 8.
            b"\0\0",
            b"\x0a\0\x0c\0\x04\0\0\0\x08\0",
            // The vtable 10 bytes before; the text 8 bytes on, the table 20.
            b"\x0a\0\0\0\x08\0\0\0\x14\0\0\0",
            // The text, and padding.
            b"\x02\0\0\0ab\0\0",
            // The vtable of the child: 8 bytes, a table of 9, slots at 4 and 8.
            b"\x08\0\x09\0\x04\0\x08\0",
            // The child.
            b"\x08\0\0\0",
            b"\x09\0\0\0\x07",
        ];
        assert_eq!(root.into_file(*b"TEST"), expected.concat());
    }

    #[test]
    fn weights_begin_at_multiples_of_sixteen() {
        for before in 0..20 {
            let root = Table::new().text(0, "x".repeat(before)).with(1, Field::Bytes(vec![0xAB; 3]));
            let file = root.into_file(*b"TEST");
            let start = file.windows(3).position(|bytes| bytes == [0xAB; 3]).unwrap();
            assert_eq!(start % 16, 0, "{before}");
            assert_eq!(file[start - 4..start], [3, 0, 0, 0]);
        }
    }
}
