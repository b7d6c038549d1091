//! Numbers in half precision.

use ::half::f16;

use crate::error::ExportError;

/// The numbers of tensor `name` in half precision, little-endian.
///
/// # Errors
/// A number beyond its range.
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
