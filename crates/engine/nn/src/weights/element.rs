//! The types of number that weight files hold, and their way to `f32`.

use half::{bf16, f16};

/// Type of the elements of a tensor or storage; all little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F64,
    F32,
    F16,
    Bf16,
    /// Integers and booleans of so many bytes. They are counted, and their values are never looked at.
    Integer(u8),
}

impl Element {
    /// Bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            Element::F64 => 8,
            Element::F32 => 4,
            Element::F16 | Element::Bf16 => 2,
            Element::Integer(size) => size.into(),
        }
    }

    /// The elements of `bytes`, one after another, rounded to nearest where float64 is too fine.
    ///
    /// # Panics
    /// If the elements are integers.
    pub(super) fn to_f32(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Element::F64 => convert(bytes, |b| f64::from_le_bytes(b) as f32),
            Element::F32 => convert(bytes, f32::from_le_bytes),
            Element::F16 => convert(bytes, |b| f16::from_le_bytes(b).to_f32()),
            Element::Bf16 => convert(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            Element::Integer(_) => panic!("integers have no place among weights"),
        }
    }
}

fn convert<const SIZE: usize>(bytes: &[u8], value: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|chunk| value(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_types_give_the_same_numbers() {
        let numbers = [0.0, -1.5, 0.25, 1024.0];
        let doubles: Vec<u8> = numbers.iter().flat_map(|x: &f64| x.to_le_bytes()).collect();
        let halves: Vec<u8> = numbers.iter().flat_map(|&x| f16::from_f64(x).to_le_bytes()).collect();
        let brains: Vec<u8> = numbers.iter().flat_map(|&x| bf16::from_f64(x).to_le_bytes()).collect();
        let expected = numbers.map(|x| x as f32);
        assert_eq!(Element::F64.to_f32(&doubles), expected);
        assert_eq!(Element::F16.to_f32(&halves), expected);
        assert_eq!(Element::Bf16.to_f32(&brains), expected);
    }

    #[test]
    fn the_smallest_halves_survive() {
        assert_eq!(Element::F16.to_f32(&[1, 0]), [2f32.powi(-24)]);
        assert_eq!(Element::Bf16.to_f32(&[1, 0]), [f32::from_bits(1 << 16)]);
    }
}
