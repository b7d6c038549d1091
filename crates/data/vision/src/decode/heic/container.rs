//! The boxes of a HEIC file, as far as they must be mended for the decoder.
//!
//! A box is its length, its name and its content (ISO/IEC 14496-12). `meta` holds `iprp`, which holds `ipco`, a list of properties,
//! and `ipma`, which gives to each item numbers of properties, counted from 1. The number 0 means no property: some phones write
//! it, and the decoder takes it for damage. It is replaced by another property of the same item that says nothing new when it is
//! given twice.

use std::borrow::Cow;
use std::ops::Range;

/// The file with every property number 0 replaced.
pub(super) fn mended(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(zeros) = zeros(bytes).filter(|zeros| !zeros.is_empty()) else { return Cow::Borrowed(bytes) };
    let mut mended = bytes.to_vec();
    for (place, replacement) in zeros {
        // The number is the last byte of the entry, or the last two of which the first holds zeros.
        mended[place] |= replacement;
    }
    Cow::Owned(mended)
}

/// Whether the file ends within one of its boxes.
pub(super) fn is_cut(bytes: &[u8]) -> bool {
    let mut boxes = Boxes { bytes, left: 0..bytes.len() };
    while boxes.next().is_some() {}
    !boxes.left.is_empty()
}

/// Where the lower bytes of the property numbers are that are 0, and what to put there.
fn zeros(bytes: &[u8]) -> Option<Vec<(usize, u8)>> {
    const VERSION_AND_FLAGS: usize = 4;
    let meta = child(bytes, 0..bytes.len(), b"meta")?;
    let properties = child(bytes, meta.start + VERSION_AND_FLAGS..meta.end, b"iprp")?;
    let list = child(bytes, properties.clone(), b"ipco")?;
    let names: Vec<[u8; 4]> = Boxes { bytes, left: list }.map(|(name, _)| name).collect();
    // Its size once more, or its codec's parameters.
    let is_harmless = |number: usize| {
        number > 0 && names.get(number - 1).is_some_and(|name| matches!(name, b"ispe" | b"hvcC" | b"pixi"))
    };
    let table = child(bytes, properties, b"ipma")?;
    let mut reader = Reader { bytes, position: table.start, end: table.end };
    let [version, _, _, flags] = reader.take::<4>()?;
    let is_wide = flags & 1 == 1;
    let items = u32::from_be_bytes(reader.take()?);
    let mut zeros = Vec::new();
    for _ in 0..items {
        if version == 0 {
            reader.take::<2>().map(|_| ())?
        } else {
            reader.take::<4>().map(|_| ())?
        }
        let [count] = reader.take()?;
        let mut numbers = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let number = if is_wide {
                usize::from(u16::from_be_bytes(reader.take()?) & 0x7FFF)
            } else {
                usize::from(reader.take::<1>()?[0] & 0x7F)
            };
            numbers.push((number, reader.position - 1));
        }
        let replacement = numbers.iter().map(|(number, _)| *number).find(|&number| is_harmless(number));
        let places = numbers.iter().filter(|(number, _)| *number == 0).map(|(_, place)| *place);
        if let Some(replacement) =
            replacement.and_then(|number| u8::try_from(number).ok()).filter(|&n| n < 128)
        {
            zeros.extend(places.map(|place| (place, replacement)));
        }
    }
    Some(zeros)
}

/// The content of the first box of that name in `inside`.
fn child(bytes: &[u8], inside: Range<usize>, name: &[u8; 4]) -> Option<Range<usize>> {
    Boxes { bytes, left: inside }.find(|(found, _)| found == name).map(|(_, content)| content)
}

/// The boxes that follow each other in a part of the file: their names and where their content is.
struct Boxes<'a> {
    bytes: &'a [u8],
    left: Range<usize>,
}

impl Iterator for Boxes<'_> {
    type Item = ([u8; 4], Range<usize>);

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
struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    end: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.bytes.get(self.position..self.end)?.first_chunk().copied()?;
        self.position += N;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length[..], name, content].concat()
    }

    /// A container of two properties, a rotation and a size, and one item with the given entries.
    fn file(entries: &[u8]) -> Vec<u8> {
        let list = part(b"ipco", &[part(b"irot", &[1]), part(b"ispe", &[0; 12])].concat());
        let table = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, entries.len() as u8][..], entries].concat();
        let meta = [vec![0; 4], part(b"iprp", &[list, part(b"ipma", &table)].concat())].concat();
        [part(b"ftyp", b"heicheic"), part(b"meta", &meta)].concat()
    }

    #[test]
    fn no_property_becomes_a_harmless_one() {
        let bytes = file(&[0x80, 1, 0x82, 0]);
        assert_eq!(&*mended(&bytes), &*file(&[0x82, 1, 0x82, 2]));
    }

    #[test]
    fn a_cut_is_seen() {
        let bytes = file(&[1, 2]);
        assert!(
            !is_cut(&bytes)
                && (1..bytes.len()).filter(|&length| length != 16).all(|length| is_cut(&bytes[..length]))
        );
    }

    #[test]
    fn what_needs_no_mending_is_left() {
        for bytes in [file(&[1, 2]), file(&[1, 0]), b"no container".to_vec(), vec![]] {
            assert!(matches!(mended(&bytes), Cow::Borrowed(_)));
        }
        let bytes = file(&[0, 2]);
        for length in 0..bytes.len() {
            let _ = mended(&bytes[..length]);
        }
    }
}
