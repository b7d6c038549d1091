//! Pictures that are put together from tiles.

use std::ops::Range;

use image::metadata::Orientation;

use super::container::{Boxes, Properties, Reader, VERSION_AND_FLAGS, child, meta};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
