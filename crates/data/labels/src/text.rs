//! The text of a file, whatever program wrote it.

use std::path::Path;

use crate::error::LabelError;

/// Windows-1252 from 0x80 to 0x9F; the rest of it is Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of the file at `path`.
///
/// # Errors
/// [`LabelError::Read`], and [`LabelError::Table`] for what is no text, with the way to make one of it.
pub(crate) fn read(path: &Path) -> Result<String, LabelError> {
    let bytes =
        foliar_archive::read(path).map_err(|source| LabelError::Read { path: path.to_owned(), source })?;
    let other = match bytes.as_slice() {
        [b'P', b'K', 3, 4, ..] => "this is an archive or a file of a spreadsheet; save the sheet as CSV",
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "this is a file of a spreadsheet; save the sheet as CSV",
        [b'P', b'A', b'R', b'1', ..] => {
            "this is a Parquet file; write it as CSV, such as with `pandas.read_parquet(FILE).to_csv(FILE)`"
        }
        [b'<', b'?', b'x', b'm', b'l', ..] => {
            "this is an XML file; write a table with a photo and its class in each line"
        }
        _ => {
            // So that lines count as they do in an editor.
            let text = decode(&bytes).replace("\r\n", "\n");
            if !text.contains('\0') {
                return Ok(text);
            }
            "this is no text"
        }
    };
    Err(LabelError::table(path, other))
}

/// UTF-8 with or without a byte-order mark, UTF-16 of either order, else Windows-1252, which any bytes are.
pub(crate) fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Text without a mark: every second byte of Latin letters is zero.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => utf16(bytes, u16::from_le_bytes),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> String {
    let windows = |&byte: &u8| match byte {
        0x80..=0x9F => WINDOWS[usize::from(byte) - 0x80],
        _ => char::from(byte),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(windows).collect(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_of_spreadsheets_are_read() {
        let text = "image;Blatt\nä.jpg;Rost – früh\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [&[0xFF, 0xFE][..], &little].concat(),
            [&[0xFE, 0xFF][..], &big].concat(),
            little,
            big,
            b"image;Blatt\n\xE4.jpg;Rost \x96 fr\xFCh\n".to_vec(),
        ] {
            assert_eq!(decode(&bytes), text);
        }
        assert_eq!(decode(b""), "");
        assert_eq!(decode(&[0xFF, 0xFE, 0x41]), "");
    }
}
