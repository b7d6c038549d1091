//! The boxes of a HEIC file, as far as the decoder needs help with them.
//!
//! A box is its length, its name and its content (ISO/IEC 14496-12). `meta` holds `pitm`, the number of the main item, `iref`, which
//! says of what tiles it is made, and `iprp`, which holds `ipco`, a list of properties, and `ipma`, which gives to each item numbers of
//! properties, counted from 1.
//!
//! The number 0 means no property: some phones write it, and the decoder takes it for damage. It is replaced by another property of
//! the same item that says nothing new when it is given twice.

use std::borrow::Cow;
use std::ops::Range;

use image::metadata::Orientation;

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
    let properties = Properties::of(bytes)?;
    // Its size once more, or its codec's parameters.
    let is_harmless = |number: usize| {
        properties
            .list
            .get(number.wrapping_sub(1))
            .is_some_and(|(name, _)| matches!(name, b"ispe" | b"hvcC" | b"pixi"))
    };
    let mut zeros = Vec::new();
    for (_, numbers) in properties.items {
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

/// A box: its name and where its content is.
type Part = ([u8; 4], Range<usize>);

/// The properties of a file, and those of each item.
struct Properties {
    list: Vec<Part>,
    /// For each item its number, then the numbers of its properties with the place of their last byte.
    items: Vec<(u32, Vec<(usize, usize)>)>,
}

impl Properties {
    fn of(bytes: &[u8]) -> Option<Self> {
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

/// A picture that is put together from others.
pub(super) struct Grid {
    /// The items of its tiles, row by row.
    pub(super) tiles: Vec<u32>,
    /// How to turn it upright.
    pub(super) orientation: Orientation,
    /// Where the number of the main item stands.
    main: Range<usize>,
}

impl Grid {
    /// The main item, if it is made of tiles and only turned or mirrored then.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let meta = meta(bytes)?;
        let main = child(bytes, meta.clone(), b"pitm")?;
        let main = main.start + VERSION_AND_FLAGS..main.end;
        let item = Reader { bytes, position: main.start, end: main.end }.number(main.len())?;
        let references = child(bytes, meta, b"iref")?;
        let width = if bytes.get(references.start) == Some(&0) { 2 } else { 4 };
        let references = references.start + VERSION_AND_FLAGS..references.end;
        let tiles = Boxes { bytes, left: references }.find_map(|(name, content)| {
            let mut reader = Reader { bytes, position: content.start, end: content.end };
            let from = reader.number(width)?;
            let count = reader.number(2)?;
            (name == *b"dimg" && from == item)
                .then(|| (0..count).map_while(|_| reader.number(width)).collect())
        })?;
        let properties = Properties::of(bytes)?;
        let mut turns = Turns::default();
        for (number, _) in
            properties.items.iter().filter(|(id, _)| *id == item).flat_map(|(_, numbers)| numbers)
        {
            let Some((name, content)) = properties.list.get(number.wrapping_sub(1)) else { continue };
            let value = bytes.get(content.start).copied().unwrap_or(0);
            match name {
                b"irot" => (0..value & 3).for_each(|_| turns.rotate()),
                b"imir" => turns.mirror(value & 1 == 1),
                b"clap" => return None,
                _ => {}
            }
        }
        Some(Self { tiles, orientation: turns.orientation(), main })
    }

    /// Makes a tile the main item of `file`, a copy of the file that the grid was read from.
    pub(super) fn choose(&self, tile: u32, file: &mut [u8]) {
        let digits = tile.to_be_bytes();
        if let Some(place) = file.get_mut(self.main.clone())
            && let Some(skipped) = digits.len().checked_sub(place.len())
        {
            place.copy_from_slice(&digits[skipped..]);
        }
    }
}

/// A row for each axis of the result: how far it goes along the axes of the picture.
struct Turns([[i8; 2]; 2]);

impl Default for Turns {
    fn default() -> Self {
        Self([[1, 0], [0, 1]])
    }
}

impl Turns {
    /// A quarter turn against the clock.
    fn rotate(&mut self) {
        let [x, y] = self.0;
        self.0 = [y, x.map(|way| -way)];
    }

    /// Left for right, or top for bottom.
    fn mirror(&mut self, left_for_right: bool) {
        let row = &mut self.0[usize::from(!left_for_right)];
        *row = row.map(|way| -way);
    }

    fn orientation(&self) -> Orientation {
        match self.0 {
            [[-1, 0], [0, -1]] => Orientation::Rotate180,
            [[0, -1], [1, 0]] => Orientation::Rotate90,
            [[0, 1], [-1, 0]] => Orientation::Rotate270,
            [[-1, 0], [0, 1]] => Orientation::FlipHorizontal,
            [[1, 0], [0, -1]] => Orientation::FlipVertical,
            [[0, 1], [1, 0]] => Orientation::Rotate90FlipH,
            [[0, -1], [-1, 0]] => Orientation::Rotate270FlipH,
            _ => Orientation::NoTransforms,
        }
    }
}

/// What stands before the content of many boxes.
const VERSION_AND_FLAGS: usize = 4;

/// The boxes that describe the items.
fn meta(bytes: &[u8]) -> Option<Range<usize>> {
    let meta = child(bytes, 0..bytes.len(), b"meta")?;
    Some(meta.start + VERSION_AND_FLAGS..meta.end)
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
struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    end: usize,
}

impl Reader<'_> {
    /// A number of 1, 2 or 4 bytes.
    fn number(&mut self, bytes: usize) -> Option<u32> {
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
    fn turns_follow_each_other() {
        let orientation = |steps: &[&str]| {
            let mut turns = Turns::default();
            for step in steps {
                match *step {
                    "turn" => turns.rotate(),
                    step => turns.mirror(step == "left for right"),
                }
            }
            turns.orientation()
        };
        assert_eq!(orientation(&[]), Orientation::NoTransforms);
        assert_eq!(orientation(&["turn"]), Orientation::Rotate270);
        assert_eq!(orientation(&["turn", "turn"]), Orientation::Rotate180);
        assert_eq!(orientation(&["turn", "turn", "turn"]), Orientation::Rotate90);
        assert_eq!(orientation(&["turn"; 4]), Orientation::NoTransforms);
        assert_eq!(orientation(&["left for right"]), Orientation::FlipHorizontal);
        assert_eq!(orientation(&["top for bottom"]), Orientation::FlipVertical);
        assert_eq!(orientation(&["turn", "left for right"]), Orientation::Rotate270FlipH);
        assert_eq!(orientation(&["turn", "top for bottom"]), Orientation::Rotate90FlipH);
        assert_eq!(orientation(&["left for right", "top for bottom"]), Orientation::Rotate180);
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
