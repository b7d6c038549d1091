//! Writes baseline JPEGs of flat blocks, in layouts that no encoder at hand writes.

/// A picture of the four quarters.
#[derive(Clone, Copy)]
pub(crate) struct FlatJpeg {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Blocks of luma in a unit, across and down; chroma has one.
    pub(crate) sampling: (u16, u16),
    /// All components in one scan, or each in its own.
    pub(crate) interleaved: bool,
    /// Units between two restart markers, 0 for none.
    pub(crate) restart_interval: u16,
}

impl FlatJpeg {
    pub(crate) fn plain(width: u16, height: u16) -> Self {
        Self { width, height, sampling: (2, 2), interleaved: true, restart_interval: 0 }
    }

    /// The file, whose quarters have the colours `quarters` up to rounding.
    pub(crate) fn bytes(self, quarters: [[u8; 3]; 4]) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        let mut segment = |marker: u8, content: &[u8]| {
            let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
            file.extend([&[0xFF, marker][..], &length, content].concat());
        };
        // Steps of 8, so that a block's mean is its coefficient.
        segment(0xDB, &[&[0][..], &[8; 64]].concat());
        let (across, down) = self.sampling;
        let sides = [self.height.to_be_bytes(), self.width.to_be_bytes()].concat();
        let luma = (across << 4 | down) as u8;
        segment(0xC0, &[&[8][..], &sides, &[3, 1, luma, 0, 2, 0x11, 0, 3, 0x11, 0]].concat());
        // Twelve sizes of four bits each, and one code that ends a block.
        segment(0xC4, &[&[0, 0, 0, 0, 12][..], &[0; 12], &(0..12).collect::<Vec<u8>>()].concat());
        segment(0xC4, &[&[0x10, 1][..], &[0; 15], &[0]].concat());
        segment(0xDD, &self.restart_interval.to_be_bytes());
        if self.interleaved {
            segment(0xDA, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
            file.extend(self.scan(&[0, 1, 2], quarters));
        } else {
            for component in 0..3 {
                file.extend([0xFF, 0xDA, 0, 8, 1, component + 1, 0, 0, 63, 0]);
                file.extend(self.scan(&[component], quarters));
            }
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    /// A file whose frame header declares another size than its data has.
    pub(crate) fn resized(self, width: u16, height: u16) -> Vec<u8> {
        let mut bytes = self.bytes(super::QUARTERS);
        let frame = bytes.windows(4).position(|four| four == [0xFF, 0xC0, 0, 17]).unwrap();
        bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        bytes
    }

    fn scan(self, components: &[u8], quarters: [[u8; 3]; 4]) -> Vec<u8> {
        let mut bits = Bits::default();
        let mut before = [0_i32; 3];
        let of = |component: u8| if component == 0 { self.sampling } else { (1, 1) };
        let alone = components.len() == 1;
        // Blocks of a component, or groups of blocks of all of them.
        let unit = |side: u16, blocks: u16, most: u16| {
            if alone { (side * blocks).div_ceil(most).div_ceil(8) } else { side.div_ceil(8 * most) }
        };
        let first = of(components[0]);
        let columns = unit(self.width, first.0, self.sampling.0);
        let rows = unit(self.height, first.1, self.sampling.1);
        let mut restarts = 0;
        for number in 0..columns * rows {
            if self.restart_interval > 0 && number > 0 && number % self.restart_interval == 0 {
                bits.restart(restarts % 8);
                restarts += 1;
                before = [0; 3];
            }
            let (column, row) = (number % columns, number / columns);
            for &component in components {
                let blocks = if alone { (1, 1) } else { of(component) };
                for (down, across) in
                    (0..blocks.1).flat_map(|down| (0..blocks.0).map(move |across| (down, across)))
                {
                    let (x, y) = (column * blocks.0 + across, row * blocks.1 + down);
                    // Pixels from the left and from the top to the middle of the block.
                    let scale = |place: u16, blocks: u16, most: u16| (place * 8 + 4) * most / blocks;
                    let right = 2 * scale(x, of(component).0, self.sampling.0) >= self.width;
                    let low = 2 * scale(y, of(component).1, self.sampling.1) >= self.height;
                    let level = level(quarters[usize::from(right) + 2 * usize::from(low)], component);
                    bits.block(level - before[usize::from(component)]);
                    before[usize::from(component)] = level;
                }
            }
        }
        bits.finish()
    }
}

/// Luma or chroma of a colour, 0 in the middle.
fn level(colour: [u8; 3], component: u8) -> i32 {
    let [r, g, b] = colour.map(f64::from);
    let value = match component {
        0 => 0.299 * r + 0.587 * g + 0.114 * b - 128.0,
        1 => -0.168_736 * r - 0.331_264 * g + 0.5 * b,
        _ => 0.5 * r - 0.418_688 * g - 0.081_312 * b,
    };
    value.round() as i32
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.pending = self.pending << 1 | (value >> bit & 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.pending as u8);
                if self.pending == 0xFF {
                    self.bytes.push(0);
                }
                (self.pending, self.count) = (0, 0);
            }
        }
    }

    /// The size of a difference, the difference, and the end of the block.
    fn block(&mut self, difference: i32) {
        let size = 32 - difference.unsigned_abs().leading_zeros();
        let bits = if difference < 0 { difference - 1 } else { difference } as u32;
        self.put(size, 4);
        self.put(bits & ((1 << size) - 1), size);
        self.put(0, 1);
    }

    fn fill(&mut self) {
        while self.count > 0 {
            self.put(1, 1);
        }
    }

    fn restart(&mut self, number: u8) {
        self.fill();
        self.bytes.extend([0xFF, 0xD0 + number]);
    }

    fn finish(mut self) -> Vec<u8> {
        self.fill();
        self.bytes
    }
}
