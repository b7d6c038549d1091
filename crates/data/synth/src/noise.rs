//! Textures from an integer hash: a function of the place and a seed, without any state.

/// A smooth step from 0 at `low` to 1 at `high`; falls where `low` exceeds `high`.
pub(crate) fn step(low: f32, high: f32, x: f32) -> f32 {
    smooth(((x - low) / (high - low)).clamp(0.0, 1.0))
}

/// `x` between the two nearest whole numbers: (the lower one, the rest in 0..1).
pub(crate) fn split(x: f32) -> (i32, f32) {
    let truncated = x as i32;
    let whole = truncated - i32::from(truncated as f32 > x);
    (whole, x - whole as f32)
}

/// A triangle wave of period 1: 0 at whole numbers, 1 half-way between.
pub(crate) fn triangle(x: f32) -> f32 {
    let rest = split(x).1;
    1.0 - (2.0 * rest - 1.0).abs()
}

/// Mixes a lattice point with a seed (multiply, xor-shift; constants with well-spread bits).
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut bits = seed ^ (x as u32).wrapping_mul(0x9e37_79b1);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x85eb_ca6b);
    bits ^= (y as u32).wrapping_mul(0xc2b2_ae35);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0x27d4_eb2f);
    bits ^ (bits >> 16)
}

/// The high bits of a hash as a number in 0..1.
pub(crate) fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / (1 << 24) as f32
}

/// Value noise in 0..1 with features of size 1.
pub(crate) fn value([x, y]: [f32; 2], seed: u32) -> f32 {
    let ((column, across), (row, down)) = (split(x), split(y));
    let corner = |right, below| unit(hash(column + right, row + below, seed));
    let across = smooth(across);
    let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * across;
    let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * across;
    top + (bottom - top) * smooth(down)
}

/// Value noise in 0..1 with features of size 1, 1/2, 1/4 and so on, each half as strong.
pub(crate) fn fractal([x, y]: [f32; 2], octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
    for octave in 0..octaves {
        sum += weight * value([x * scale, y * scale], seed.wrapping_add(octave));
        total += weight;
        weight *= 0.5;
        scale *= 2.0;
    }
    sum / total
}

/// The cell of a point in a plane that is parted among one random point per unit square.
pub(crate) struct Cell {
    /// A hash that names the cell.
    pub id: u32,
    /// From the cell's own point to here.
    pub offset: [f32; 2],
    /// Distance to the border with the next cell, roughly; 0 on it.
    pub border: f32,
}

/// Finds the cell of a point.
pub(crate) fn cell([x, y]: [f32; 2], seed: u32) -> Cell {
    let ((column, across), (row, down)) = (split(x), split(y));
    let (mut nearest, mut second) = (f32::MAX, f32::MAX);
    let (mut id, mut offset) = (0, [0.0; 2]);
    for below in -1..=1 {
        for right in -1..=1 {
            let bits = hash(column + right, row + below, seed);
            let dx = across - right as f32 - (bits & 0xffff) as f32 / 65536.0;
            let dy = down - below as f32 - (bits >> 16) as f32 / 65536.0;
            let square = dx * dx + dy * dy;
            if square < nearest {
                second = nearest;
                nearest = square;
                (id, offset) = (bits, [dx, dy]);
            } else if square < second {
                second = square;
            }
        }
    }
    Cell { id, offset, border: 0.5 * (second.sqrt() - nearest.sqrt()) }
}

fn smooth(x: f32) -> f32 {
    x * x * (3.0 - 2.0 * x)
}
