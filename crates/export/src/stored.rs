//! Weights as bytes.

use ::half::f16;
use foliar_nn::little_endian;

use crate::error::ExportError;
use crate::options::WeightType;

/// A tensor's bytes, little-endian.
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    /// Of half precision, else single.
    pub(crate) is_half: bool,
}

/// The numbers of tensor `name` of so many dimensions. Matrices and filters are stored as `weights` says; vectors, which are small
/// and shift what follows, always in full.
///
/// # Errors
/// A number that is not finite, or not within half precision.
pub(crate) fn stored(
    name: &str,
    dimensions: usize,
    values: &[f32],
    weights: WeightType,
) -> Result<Stored, ExportError> {
    if !values.iter().all(|value| value.is_finite()) {
        return Err(ExportError::NotFinite { tensor: name.to_owned() });
    }
    Ok(match weights {
        WeightType::F16 if dimensions > 1 => Stored { bytes: halves(name, values)?, is_half: true },
        _ => Stored { bytes: little_endian(values).into_owned(), is_half: false },
    })
}

pub(crate) fn halves(name: &str, values: &[f32]) -> Result<Vec<u8>, ExportError> {
    let mut data = Vec::with_capacity(2 * values.len());
    for &value in values {
        let half = f16::from_f32(value);
        if !half.is_finite() {
            return Err(ExportError::Half { tensor: name.to_owned(), value });
        }
        data.extend_from_slice(&half.to_le_bytes());
    }
    Ok(data)
}
