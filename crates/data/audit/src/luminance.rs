//! From colours to grey.

/// Luminance of a pixel after ITU-R BT.601, 0 to 255.
pub(crate) fn luminance([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}
