//! Records with checksums, as in TensorFlow's `TFRecord` files (`tensorflow/core/lib/io/record_writer.h`).
//!
//! | bytes  | content                                       |
//! | ------ | --------------------------------------------- |
//! | 8      | length n of the data, little-endian           |
//! | 4      | masked CRC-32C of those 8 bytes, little-endian |
//! | n      | data                                          |
//! | 4      | masked CRC-32C of the data, little-endian      |

/// Bytes that a record has beside its data.
const OVERHEAD: usize = 8 + 4 + 4;

/// The checksum, rotated and shifted so that data which contains checksums does not check itself.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Appends `data` as one record.
pub fn frame(data: &[u8], out: &mut Vec<u8>) {
    let length = (data.len() as u64).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&masked_crc(&length).to_le_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(&masked_crc(data).to_le_bytes());
}

/// Length in bytes of the record that holds `data`.
#[must_use]
pub fn framed_length(data: &[u8]) -> usize {
    data.len() + OVERHEAD
}

/// Data of the first record; `None` if it is cut short or fails a checksum.
#[must_use]
pub fn first(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (length_crc, rest) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*length_crc) != masked_crc(length) {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let (data_crc, _) = rest.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*data_crc) == masked_crc(data)).then_some(data)
}
