//! Vectors of neighbouring channels.

/// The most lanes that a vector has.
const MOST_LANES: usize = 16;

/// A vector of [`Vector::LANES`] floats. Values come from [`Vector::splat`] and [`Vector::load`] alone, which
/// ask for the level `L` that has the instructions; so the other methods need not.
pub(crate) trait Vector<L>: Copy {
    /// Number of floats.
    const LANES: usize;

    /// A vector of equal floats.
    fn splat(level: L, value: f32) -> Self;

    /// The first floats of a slice.
    ///
    /// # Panics
    ///
    /// If there are fewer than `LANES`.
    fn load(level: L, source: &[f32]) -> Self;

    /// Writes the first floats of a slice.
    ///
    /// # Panics
    ///
    /// If there are fewer than `LANES`.
    fn store(self, destination: &mut [f32]);

    /// The `LANES` floats from `source` on.
    ///
    /// # Safety
    ///
    /// They can be read.
    unsafe fn read(level: L, source: *const f32) -> Self;

    /// Writes the `LANES` floats from `destination` on.
    ///
    /// # Safety
    ///
    /// They can be written.
    unsafe fn write(self, destination: *mut f32);

    /// The `count` floats from `source` on, at most `LANES`, and zeros after them.
    ///
    /// # Safety
    ///
    /// They can be read.
    #[inline(always)]
    unsafe fn read_part(level: L, source: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; MOST_LANES];
        for (index, lane) in lanes.iter_mut().enumerate().take(count.min(Self::LANES)) {
            // SAFETY: the caller's promise.
            *lane = unsafe { source.add(index).read() };
        }
        Self::load(level, &lanes)
    }

    /// Writes the first `count` floats, at most `LANES`, from `destination` on.
    ///
    /// # Safety
    ///
    /// They can be written.
    #[inline(always)]
    unsafe fn write_part(self, destination: *mut f32, count: usize) {
        let mut lanes = [0.0; MOST_LANES];
        self.store(&mut lanes);
        for (index, &lane) in lanes.iter().enumerate().take(count.min(Self::LANES)) {
            // SAFETY: the caller's promise.
            unsafe { destination.add(index).write(lane) }
        }
    }

    /// `self + other`.
    fn add(self, other: Self) -> Self;

    /// `self - other`.
    fn sub(self, other: Self) -> Self;

    /// `self * other`.
    fn mul(self, other: Self) -> Self;

    /// `self * factor + addend`, in one rounding where there is an instruction for it.
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    /// Lane by lane `(self, tag)` where `self` is larger than `best` or NaN, and `(best, best_tag)` elsewhere:
    /// the first of equals stays, and so does NaN.
    fn take_larger(self, tag: Self, best: Self, best_tag: Self) -> (Self, Self);

    /// Lane by lane the nearest value of `low..=high`; NaN stays.
    fn clamp(self, low: Self, high: Self) -> Self;

    /// Lane by lane `self` where `above < value <= upto`, and 0 elsewhere.
    fn keep_within(self, value: Self, above: Self, upto: Self) -> Self;
}

/// The vector of four floats that every processor of the target has.
#[cfg(target_arch = "x86_64")]
pub(crate) use std::arch::x86_64::__m128 as Four;

#[cfg(target_arch = "aarch64")]
pub(crate) use std::arch::aarch64::float32x4_t as Four;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) type Four = [f32; 4];
