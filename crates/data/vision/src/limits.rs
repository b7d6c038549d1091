//! Limits on the size of a single photo.

use crate::problem::Reason;

/// Limits on one photo, checked by its size on disk and its header before anything is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels (width x height) that are decoded. Default: 256 million.
    pub pixels: u64,
    /// Largest file that is read, in bytes. Default: 256 MiB.
    pub bytes: u64,
    /// Most memory that one photo takes while it is decoded, its file included, in bytes. Default: 380 million, so that a
    /// program of one thread stays below 400.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 256_000_000, bytes: 256 << 20, memory: 380_000_000 }
    }
}

impl Limits {
    /// Refuses a picture with no pixels or with too many.
    ///
    /// # Errors
    /// [`Reason::TooManyPixels`] beyond the limit, [`Reason::Damaged`] if a side is zero.
    pub fn check_dimensions(&self, width: u32, height: u32) -> Result<(), Reason> {
        if width == 0 || height == 0 {
            return Err(Reason::Damaged { detail: format!("the header declares {width} x {height} pixels") });
        }
        if u64::from(width) * u64::from(height) > self.pixels {
            return Err(Reason::TooManyPixels { width, height, limit: self.pixels });
        }
        Ok(())
    }

    /// Refuses a file with too many bytes.
    ///
    /// # Errors
    /// [`Reason::TooLarge`].
    pub fn check_bytes(&self, bytes: u64) -> Result<(), Reason> {
        if bytes > self.bytes { Err(Reason::TooLarge { bytes, limit: self.bytes }) } else { Ok(()) }
    }

    /// Refuses a picture that needs `bytes` of memory to be decoded.
    ///
    /// # Errors
    /// [`Reason::TooMuchMemory`].
    pub fn check_memory(&self, bytes: u64) -> Result<(), Reason> {
        if bytes > self.memory { Err(Reason::TooMuchMemory { bytes, limit: self.memory }) } else { Ok(()) }
    }
}
