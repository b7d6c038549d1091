//! Flips and quarter turns.

/// How a square picture is flipped and turned.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) side: usize,
    pub(super) horizontal: bool,
    pub(super) vertical: bool,
    pub(super) transposed: bool,
}

impl View {
    /// Calls `pixel(offset, out)` for each pixel of `out` in order, with the offset of the byte that begins the pixel seen
    /// there.
    pub(super) fn rows(self, out: &mut [f32], mut pixel: impl FnMut(usize, &mut [f32])) {
        let (step_x, step_y) = if self.transposed { (self.side, 1) } else { (1, self.side) };
        let last = self.side - 1;
        for (y, row) in out.chunks_exact_mut(self.side * 3).enumerate() {
            let start = if self.vertical { last - y } else { y } * step_y;
            for (x, out) in row.chunks_exact_mut(3).enumerate() {
                let x = if self.horizontal { last - x } else { x };
                pixel((start + x * step_x) * 3, out);
            }
        }
    }

    /// Each byte of `pixels` as the number that `table` has for its channel, into `out`.
    pub(super) fn normalised(self, pixels: &[u8], table: &[[f32; 256]; 3], out: &mut [f32]) {
        self.rows(out, |pixel, place| {
            for channel in 0..3 {
                place[channel] = table[channel][usize::from(pixels[pixel + channel])];
            }
        });
    }
}
