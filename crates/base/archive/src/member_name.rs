//! Names of members as paths that stay inside the archive.

use std::ffi::OsString;
use std::path::PathBuf;

/// Bytes of a name, as systems limit paths.
const LONGEST: usize = 4096;
/// Folders above a member.
const DEEPEST: usize = 256;

/// Code page 437 from 0x80, which zip archives use for names that are not UTF-8.
const CODE_PAGE: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The path of a member of a tar archive by the bytes of its name; empty for the top.
///
/// # Errors
/// Why the name cannot be used, in words that follow "its name".
pub(crate) fn of_tar(name: &[u8]) -> Result<PathBuf, &'static str> {
    path(name, os_string)
}

/// The same for a zip archive, in which programs of old write `\` between folders and names in code page 437.
///
/// # Errors
/// As [`of_tar`].
pub(crate) fn of_zip(name: &[u8]) -> Result<PathBuf, &'static str> {
    let text = match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let upper: Vec<char> = CODE_PAGE.chars().collect();
            let letter = |&byte: &u8| match byte {
                0x80.. => upper.get(usize::from(byte) - 0x80).copied().unwrap_or('?'),
                _ => char::from(byte),
            };
            name.iter().map(letter).collect()
        }
    };
    let text = if text.contains('/') { text } else { text.replace('\\', "/") };
    path(text.as_bytes(), os_string)
}

fn path(name: &[u8], part_of: fn(&[u8]) -> OsString) -> Result<PathBuf, &'static str> {
    if name.is_empty() {
        return Err("is empty");
    }
    if name.len() > LONGEST {
        return Err("is too long");
    }
    if name.contains(&0) {
        return Err("holds a zero byte");
    }
    if name[0] == b'/' {
        return Err("begins at the root of the file system");
    }
    if let [letter, b':', rest @ ..] = name
        && letter.is_ascii_alphabetic()
        && (rest.is_empty() || rest[0] == b'/' || rest[0] == b'\\')
    {
        return Err("begins with a drive");
    }
    let parts: Vec<&[u8]> =
        name.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    if parts.contains(&&b".."[..]) || (cfg!(windows) && name.windows(3).any(|three| three == b"..\\")) {
        return Err("leads out of the archive");
    }
    if parts.len() > DEEPEST {
        return Err("has too many folders");
    }
    Ok(parts.into_iter().map(part_of).collect())
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stay_inside() {
        for (name, expected) in [
            ("rust/1.jpg", "rust/1.jpg"),
            ("./rust/1.jpg", "rust/1.jpg"),
            ("rust//./1.jpg", "rust/1.jpg"),
            ("rust/", "rust"),
            ("./", ""),
            ("a..b/...", "a..b/..."),
            ("c:leaf.jpg", "c:leaf.jpg"),
        ] {
            assert_eq!(of_tar(name.as_bytes()).unwrap(), Path::new(expected), "{name}");
            assert_eq!(of_zip(name.as_bytes()).unwrap(), Path::new(expected), "{name}");
        }
        let deep = "a/".repeat(300);
        let long = "a".repeat(5000);
        for name in
            ["", "/etc/x", "../x", "a/../../x", "a/..", "C:\\x", "c:/x", "C:", "a\0.jpg", &deep, &long]
        {
            assert!(of_tar(name.as_bytes()).is_err(), "{name}");
            assert!(of_zip(name.as_bytes()).is_err(), "{name}");
        }
        assert!(of_zip(b"..\\x").is_err());
        assert_eq!(of_zip(b"rust\\1.jpg").unwrap(), Path::new("rust/1.jpg"));
    }

    #[test]
    fn old_names_are_decoded() {
        assert_eq!(CODE_PAGE.chars().count(), 128);
        assert_eq!(of_zip(b"Bl\x84tter/M\x81hle.jpg").unwrap(), Path::new("Blätter/Mühle.jpg"));
        assert_eq!(of_zip("Blätter/1.jpg".as_bytes()).unwrap(), Path::new("Blätter/1.jpg"));
    }

    proptest! {
        #[test]
        fn any_name_stays_inside(name in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(b'/'), Just(b'.'), Just(b'\\'), Just(b':')], 0..40)) {
            for path in [of_tar(&name), of_zip(&name)].into_iter().flatten() {
                prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))));
                prop_assert!(Path::new("/top").join(&path).starts_with("/top"));
            }
        }
    }
}
