//! A leaf without its background.

use foliar_picture::Rgb;

use super::blur::blurred;
use crate::leaf_mask::LeafMask;

/// The part of a photo in which its leaf lies.
#[derive(Clone, Debug)]
pub(super) struct Cutout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `height x width` colours, 0 to 255, times opacity, and the opacity, 0 to 1.
    pub(super) pixels: Vec<[f32; 4]>,
}

impl Cutout {
    /// The leaf of `photo`, whose `mask` is of its size and not empty.
    pub(super) fn of(photo: &Rgb, mask: &LeafMask) -> Self {
        let (width, height) = (photo.width as usize, photo.height as usize);
        let opacity = opacity(mask);
        let seen = |place: &usize| opacity[*place] > 0.0;
        let columns = (0..opacity.len()).filter(seen).map(|place| place % width);
        let (left, right) = columns.fold((width, 0), |(low, high), x| (low.min(x), high.max(x + 1)));
        let rows = (0..opacity.len()).filter(seen).map(|place| place / width);
        let (top, bottom) = rows.fold((height, 0), |(low, high), y| (low.min(y), high.max(y + 1)));
        let (left, top) = (left.min(right), top.min(bottom));
        let pixel = |x: usize, y: usize| {
            let place = y * width + x;
            let alpha = opacity[place];
            let [red, green, blue] = [0, 1, 2].map(|channel| f32::from(photo.pixels[3 * place + channel]));
            [red * alpha, green * alpha, blue * alpha, alpha]
        };
        Self {
            width: right - left,
            height: bottom - top,
            pixels: (top..bottom).flat_map(|y| (left..right).map(move |x| pixel(x, y))).collect(),
        }
    }

    /// Its shape alone, blurred and with room for that at its sides: a shadow.
    pub(super) fn shade(&self) -> Self {
        let room = (self.longer() / 16.0) as usize + 1;
        let (width, height) = (self.width + 2 * room, self.height + 2 * room);
        let mut opacity = vec![0.0; width * height];
        for (y, row) in self.pixels.chunks_exact(self.width.max(1)).enumerate() {
            let begin = (y + room) * width + room;
            for (out, [.., alpha]) in opacity[begin..begin + self.width].iter_mut().zip(row) {
                *out = *alpha;
            }
        }
        let opacity = blurred(&opacity, width, 1, room / 2);
        let pixels = opacity.into_iter().map(|alpha| [0.0, 0.0, 0.0, alpha]).collect();
        Self { width, height, pixels }
    }

    /// The longer side, in pixels, at least 1.
    pub(super) fn longer(&self) -> f32 {
        self.width.max(self.height).max(1) as f32
    }

    /// The pixel at a place in the cutout, between pixels a mixture; clear beyond it.
    pub(super) fn at(&self, x: f32, y: f32) -> [f32; 4] {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (along, down) = (x - left, y - top);
        let (left, top) = (left as isize, top as isize);
        let mut sum = [0.0; 4];
        for (dy, weight_y) in [(0, 1.0 - down), (1, down)] {
            for (dx, weight_x) in [(0, 1.0 - along), (1, along)] {
                let (x, y) = (left + dx, top + dy);
                if x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height {
                    let pixel = self.pixels[y as usize * self.width + x as usize];
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += weight_x * weight_y * value);
                }
            }
        }
        sum
    }
}

/// How opaque each pixel is: 0 at the outline of the mask, where leaf and background mix, and 1 a little within.
pub(super) fn opacity(mask: &LeafMask) -> Vec<f32> {
    let (width, height) = (mask.width as usize, mask.height as usize);
    let radius = (width.min(height) / 160).max(1);
    let inside: Vec<f32> = mask.pixels.iter().map(|&inside| f32::from(u8::from(inside))).collect();
    let means = blurred(&inside, width, 1, radius);
    means.iter().map(|mean| ((mean - 0.5) / 0.4).clamp(0.0, 1.0)).collect()
}
