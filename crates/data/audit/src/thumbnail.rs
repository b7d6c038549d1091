//! A small grey picture of a photo, and its landmarks: all that the search for copies looks at.

use foliar_results::audit::Symmetry;
use foliar_vision::{Resizer, Rgb, Window};

use crate::landmarks::Landmarks;
use crate::luminance::luminance;

/// Side of a [`Thumbnail`], in pixels.
pub const SIDE: usize = 64;
/// Pixels of a [`Thumbnail`].
pub const PIXELS: usize = SIDE * SIDE;

/// Bytes of a [`Thumbnail`] as it is kept in files.
pub const BYTES: usize = PIXELS + Landmarks::LENGTH;

/// A photo squeezed into [`SIDE`] x [`SIDE`] grey pixels, whatever its shape, and its landmarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    pixels: Box<[u8]>,
    landmarks: Landmarks,
}

impl Thumbnail {
    /// The thumbnail of a photo: luminance (ITU-R BT.601) of the antialiased reduction, 0 to 255.
    #[must_use]
    pub fn of(photo: &Rgb, resizer: &mut Resizer) -> Self {
        let mut small = vec![0; PIXELS * 3];
        resizer.resize(
            photo,
            Window::whole((photo.width, photo.height)),
            SIDE as u32,
            SIDE as u32,
            &mut small,
        );
        let pixels = small.chunks_exact(3).map(|pixel| luminance([pixel[0], pixel[1], pixel[2]])).collect();
        Self { pixels, landmarks: Landmarks::of(photo, resizer) }
    }

    /// The thumbnail of the given pixels, row by row, without landmarks; `None` unless there are [`PIXELS`] of them.
    #[must_use]
    pub fn from_pixels(pixels: &[u8]) -> Option<Self> {
        (pixels.len() == PIXELS).then(|| Self { pixels: pixels.into(), landmarks: Landmarks::default() })
    }

    /// From the bytes of [`Thumbnail::to_bytes`]; `None` from others.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pixels, landmarks) = bytes.split_at_checked(PIXELS)?;
        Some(Self { pixels: pixels.into(), landmarks: Landmarks::from_bytes(landmarks)? })
    }

    /// As [`BYTES`] bytes, for a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.pixels[..], &self.landmarks.to_bytes()].concat()
    }

    /// A picture without contrast, which is a copy of nothing.
    pub(crate) fn blank() -> Self {
        Self { pixels: vec![0; PIXELS].into(), landmarks: Landmarks::default() }
    }

    /// The pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub(crate) fn landmarks(&self) -> &Landmarks {
        &self.landmarks
    }

    /// The thumbnail turned or mirrored, without its landmarks.
    #[must_use]
    pub fn seen(&self, symmetry: Symmetry) -> Self {
        let pixel = |place: usize| {
            let (x, y) = symmetry.source(place % SIDE, place / SIDE, SIDE);
            self.pixels[y * SIDE + x]
        };
        Self { pixels: (0..PIXELS).map(pixel).collect(), landmarks: Landmarks::default() }
    }

    /// Standard deviation of the pixels.
    #[must_use]
    pub fn contrast(&self) -> f64 {
        let count = PIXELS as f64;
        let sum: u64 = self.pixels.iter().map(|&value| u64::from(value)).sum();
        let squares: u64 = self.pixels.iter().map(|&value| u64::from(value).pow(2)).sum();
        let mean = sum as f64 / count;
        (squares as f64 / count - mean * mean).max(0.0).sqrt()
    }
}
