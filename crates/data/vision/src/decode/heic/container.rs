//! The boxes of a HEIC file, as far as the decoder needs help with them.
//!
//! A box is its length, its name and its content (ISO/IEC 14496-12). `meta` holds `pitm`, the number of the main item, `iref`, which
//! says of what tiles it is made, and `iprp`, which holds `ipco`, a list of properties, and `ipma`, which gives to each item numbers of
//! properties, counted from 1.

use std::ops::Range;

/// Whether the file ends within one of its boxes.
pub(super) fn is_cut(bytes: &[u8]) -> bool {
    let mut boxes = Boxes { bytes, left: 0..bytes.len() };
    while boxes.next().is_some() {}
    !boxes.left.is_empty()
}

/// A box: its name and where its content is.
pub(super) type Part = ([u8; 4], Range<usize>);

/// The properties of a file, and those of each item.
pub(super) struct Properties {
    pub(super) list: Vec<Part>,
    /// For each item its number, then the numbers of its properties with the place of their last byte.
    pub(super) items: Vec<(u32, Vec<(usize, usize)>)>,
}

impl Properties {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let properties = child(bytes, meta(bytes)?, b"iprp")?;
        let list = Boxes { bytes, left: child(bytes, properties.clone(), b"ipco")? }.collect();
        let table = child(bytes, properties, b"ipma")?;
        let mut reader = Reader { bytes, position: table.start, end: table.end };
        let [version, _, _, flags] = reader.take::<4>()?;
        let count = u32::from_be_bytes(reader.take()?);
        let mut items = Vec::new();
        for _ in 0..count {
            let item = reader.number(if version == 0 { 2 } else { 4 })?;
            let [count] = reader.take()?;
            let mut numbers = Vec::with_capacity(usize::from(count));
            for _ in 0..count {
                // The first bit says that a reader must know the property.
                let number =
                    if flags & 1 == 1 { reader.number(2)? & 0x7FFF } else { reader.number(1)? & 0x7F };
                numbers.push((number as usize, reader.position - 1));
            }
            items.push((item, numbers));
        }
        Some(Self { list, items })
    }
}

/// What stands before the content of many boxes.
pub(super) const VERSION_AND_FLAGS: usize = 4;

/// The boxes that describe the items.
pub(super) fn meta(bytes: &[u8]) -> Option<Range<usize>> {
    let meta = child(bytes, 0..bytes.len(), b"meta")?;
    Some(meta.start + VERSION_AND_FLAGS..meta.end)
}

/// The content of the first box of that name in `inside`.
pub(super) fn child(bytes: &[u8], inside: Range<usize>, name: &[u8; 4]) -> Option<Range<usize>> {
    Boxes { bytes, left: inside }.find(|(found, _)| found == name).map(|(_, content)| content)
}

/// The boxes that follow each other in a part of the file: their names and where their content is.
pub(super) struct Boxes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) left: Range<usize>,
}

impl Iterator for Boxes<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Self::Item> {
        let Range { start, end } = self.left;
        let mut reader = Reader { bytes: self.bytes, position: start, end };
        let length = u32::from_be_bytes(reader.take()?);
        let name = reader.take()?;
        let length = match length {
            0 => end - start,
            1 => usize::try_from(u64::from_be_bytes(reader.take()?)).ok()?,
            length => length as usize,
        };
        let box_end = start.checked_add(length).filter(|&place| (reader.position..=end).contains(&place))?;
        self.left = box_end..end;
        Some((name, reader.position..box_end))
    }
}

/// Takes bytes of a part of the file in turn.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) position: usize,
    pub(super) end: usize,
}

impl Reader<'_> {
    /// A number of 1, 2 or 4 bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u32> {
        match bytes {
            1 => self.take::<1>().map(|[byte]| u32::from(byte)),
            2 => self.take().map(|bytes| u32::from(u16::from_be_bytes(bytes))),
            4 => self.take().map(u32::from_be_bytes),
            _ => None,
        }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.bytes.get(self.position..self.end)?.first_chunk().copied()?;
        self.position += N;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_seen() {
        let bytes = [&12_u32.to_be_bytes()[..], b"ftypheic", &9_u32.to_be_bytes(), b"mdat1"].concat();
        assert!(
            !is_cut(&bytes)
                && (1..bytes.len()).filter(|&length| length != 12).all(|length| is_cut(&bytes[..length]))
        );
    }
}
