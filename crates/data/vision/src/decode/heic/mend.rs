//! Mends what the decoder takes for damage and is none.
//!
//! The number 0 of a property means no property: some phones write it. It is replaced by another property of the same item that says
//! nothing new when it is given twice.

use std::borrow::Cow;

use super::container::Properties;

/// The file with every property number 0 replaced.
pub(super) fn mended(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(zeros) = zeros(bytes).filter(|zeros| !zeros.is_empty()) else { return Cow::Borrowed(bytes) };
    let mut mended = bytes.to_vec();
    for (place, replacement) in zeros {
        // The number is the last byte of the entry, or the last two of which the first holds zeros.
        mended[place] |= replacement;
    }
    Cow::Owned(mended)
}

/// Where the lower bytes of the property numbers are that are 0, and what to put there.
fn zeros(bytes: &[u8]) -> Option<Vec<(usize, u8)>> {
    let properties = Properties::of(bytes)?;
    // Its size once more, or its codec's parameters.
    let is_harmless = |number: usize| {
        properties
            .list
            .get(number.wrapping_sub(1))
            .is_some_and(|(name, _)| matches!(name, b"ispe" | b"hvcC" | b"pixi"))
    };
    let mut zeros = Vec::new();
    for (_, numbers) in properties.items {
        let replacement = numbers.iter().map(|(number, _)| *number).find(|&number| is_harmless(number));
        let places = numbers.iter().filter(|(number, _)| *number == 0).map(|(_, place)| *place);
        if let Some(replacement) =
            replacement.and_then(|number| u8::try_from(number).ok()).filter(|&n| n < 128)
        {
            zeros.extend(places.map(|place| (place, replacement)));
        }
    }
    Some(zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length[..], name, content].concat()
    }

    /// A container of two properties, a rotation and a size, and one item with the given entries.
    fn file(entries: &[u8]) -> Vec<u8> {
        let list = part(b"ipco", &[part(b"irot", &[1]), part(b"ispe", &[0; 12])].concat());
        let table = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, entries.len() as u8][..], entries].concat();
        let meta = [vec![0; 4], part(b"iprp", &[list, part(b"ipma", &table)].concat())].concat();
        [part(b"ftyp", b"heicheic"), part(b"meta", &meta)].concat()
    }

    #[test]
    fn no_property_becomes_a_harmless_one() {
        let bytes = file(&[0x80, 1, 0x82, 0]);
        assert_eq!(&*mended(&bytes), &*file(&[0x82, 1, 0x82, 2]));
    }

    #[test]
    fn what_needs_no_mending_is_left() {
        for bytes in [file(&[1, 2]), file(&[1, 0]), b"no container".to_vec(), vec![]] {
            assert!(matches!(mended(&bytes), Cow::Borrowed(_)));
        }
        let bytes = file(&[0, 2]);
        for length in 0..bytes.len() {
            let _ = mended(&bytes[..length]);
        }
    }
}
