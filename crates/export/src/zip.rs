//! A zip archive behind other bytes, without compression: the form in which TFLite files carry labels.
//!
//! | record | what |
//! | --- | --- |
//! | local header | begins each file: its checksum, size and name |
//! | central header | the same, and where the local header lies from the start of all bytes |
//! | end | how many files, and where the central headers lie |

/// 1 January 1980, the first day that the format knows: equal files give equal bytes.
const DATE: u16 = 1 << 5 | 1;
/// The bit that says that names are UTF-8.
const UTF8: u16 = 1 << 11;
/// What a reader must know: nothing but files.
const VERSION: u16 = 10;

/// Appends an archive of `files`, names and contents, to `bytes`. All of it must stay below 4 GiB.
pub(crate) fn append(bytes: &mut Vec<u8>, files: &[(&str, &[u8])]) {
    let mut central = Vec::new();
    for (name, content) in files {
        let offset = bytes.len() as u32;
        let mut header = Vec::new();
        for value in [VERSION, UTF8, 0, 0, DATE] {
            header.extend(value.to_le_bytes());
        }
        for value in [crc32fast::hash(content), content.len() as u32, content.len() as u32] {
            header.extend(value.to_le_bytes());
        }
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0; 2]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&header);
        bytes.extend(name.as_bytes());
        bytes.extend(*content);
        central.extend(b"PK\x01\x02");
        central.extend(VERSION.to_le_bytes());
        central.extend(&header);
        // No comment, the first disk, no attributes.
        central.extend([0; 10]);
        central.extend(offset.to_le_bytes());
        central.extend(name.as_bytes());
    }
    let start = bytes.len() as u32;
    bytes.extend(&central);
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 4]);
    bytes.extend([(files.len() as u16).to_le_bytes(); 2].concat());
    bytes.extend((central.len() as u32).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
}
