//! A picture in memory.

/// A picture of 8-bit RGB pixels, upright, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Pixels in a row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// `height x width x 3` bytes.
    pub pixels: Vec<u8>,
}

impl Rgb {
    /// A picture of the given pixels.
    ///
    /// # Panics
    /// If a side is zero or `pixels` does not hold `height x width x 3` bytes.
    #[must_use]
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "a picture has pixels");
        assert_eq!(pixels.len() as u64, u64::from(width) * u64::from(height) * 3, "three bytes a pixel");
        Self { width, height, pixels }
    }

    /// The shorter of the two sides, in pixels.
    #[must_use]
    pub fn shorter_side(&self) -> u32 {
        self.width.min(self.height)
    }
}
