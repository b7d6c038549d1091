//! Checks a file's digest against the catalogue, or against its name.

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::catalogue::{CATALOGUE, Entry};
use crate::error::{CatalogueError, at};

/// Fewest digits that a name must contain.
const FEWEST_DIGITS: usize = 8;
/// Bytes read at once.
const CHUNK: usize = 1 << 18;

/// A file whose digest is the expected one, as far as that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in 64 hexadecimal digits.
    pub sha256: String,
    /// How many of these digits were compared: 64 for a file of the catalogue whose digest is known, else those in its name.
    pub digits: usize,
    /// Its entry in the catalogue, if it has one.
    pub entry: Option<&'static Entry>,
}

/// Checks a file's SHA-256: that of a file of the catalogue, which its name tells, against all digits that are known, that of
/// another file against the digits in its name, `NAME-DIGITS.EXTENSION`, eight or more. Eight digits find damage and
/// mistakes; they do not prove that a file is the published one, since someone who wants to can make another one with them.
///
/// # Errors
/// The name contains no digits, the file cannot be read, or the digest differs.
pub fn verify(path: &Path) -> Result<Verified, CatalogueError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let entry = CATALOGUE.iter().find(|entry| entry.file == name);
    let expected = entry.map(|entry| entry.sha256_prefix).or_else(|| digits_of_name(name));
    let expected = expected.ok_or_else(|| CatalogueError::NoDigits { path: path.to_owned() })?;
    let (sha256, bytes) = digest(path)?;
    if !sha256.starts_with(expected) {
        let found = sha256[..expected.len()].to_owned();
        return Err(CatalogueError::Damaged { path: path.to_owned(), found, expected: expected.to_owned() });
    }
    Ok(Verified { path: path.to_owned(), bytes, sha256, digits: expected.len(), entry })
}

/// The digits between the last `-` of a name and the `.` after it.
pub(crate) fn digits_of_name(name: &str) -> Option<&str> {
    let (_, rest) = name.rsplit_once('-')?;
    let (digits, _) = rest.split_once('.')?;
    let hexadecimal = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    ((FEWEST_DIGITS..=64).contains(&digits.len()) && digits.bytes().all(hexadecimal)).then_some(digits)
}

/// The SHA-256 of a file and its size.
pub(crate) fn digest(path: &Path) -> Result<(String, u64), CatalogueError> {
    let mut file = foliar_files::open(path).map_err(at(path))?;
    let mut state = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let len = file.read(&mut chunk).map_err(at(path))?;
        if len == 0 {
            break;
        }
        state.update(&chunk[..len]);
        bytes += len as u64;
    }
    let digits = state.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((digits, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_in_names() {
        assert_eq!(digits_of_name("resnet50-11ad3fa6.pth"), Some("11ad3fa6"));
        assert_eq!(digits_of_name("a-b-0123456789.tar.gz"), Some("0123456789"));
        for name in
            ["resnet50.pth", "resnet50-11ad3fa.pth", "resnet50-11AD3FA6.pth", "resnet50-11ad3fa6", "-.", ""]
        {
            assert_eq!(digits_of_name(name), None, "{name}");
        }
    }

    #[test]
    fn files_are_checked_against_their_names() {
        let folder = tempfile::tempdir().unwrap();
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        let path = folder.path().join("letters-ba7816bf.pth");
        std::fs::write(&path, "abc").unwrap();
        let verified = verify(&path).unwrap();
        assert_eq!(verified.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((verified.bytes, verified.digits, verified.entry), (3, 8, None));
        std::fs::write(&path, "abd").unwrap();
        let error = verify(&path).unwrap_err().to_string();
        assert!(error.contains("letters-ba7816bf.pth") && error.contains("a52d159f"), "{error}");
        let plain = folder.path().join("letters.pth");
        assert!(matches!(verify(&plain), Err(CatalogueError::NoDigits { .. })));
        // The catalogue knows more digits than the name.
        let known = folder.path().join("resnet18-f37072fd.pth");
        std::fs::write(&known, "abc").unwrap();
        let error = verify(&known).unwrap_err().to_string();
        assert!(
            error.contains("f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"),
            "{error}"
        );
        let absent = folder.path().join("x-ba7816bf.pth");
        assert!(matches!(verify(&absent), Err(CatalogueError::Io { .. })));
    }
}
