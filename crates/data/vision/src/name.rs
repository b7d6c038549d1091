//! File names as text that is the same on every system and loses no information.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use foliar_files::is_command;

/// The path's components joined by `/`. Bytes that are not UTF-8 become `\xNN`, characters that are commands to a terminal
/// ([`foliar_files::is_command`]) become `\u{NN}`, `\n`, `\r` or `\t`, and a backslash inside a name becomes `\\`, so two
/// different paths never have the same name.
#[must_use]
pub fn portable_name(path: &Path) -> String {
    let mut name = String::new();
    for component in path.components() {
        match component {
            Component::RootDir | Component::Prefix(_) if name.is_empty() => {
                name.push_str(&component.as_os_str().to_string_lossy());
            }
            Component::RootDir => name.push('/'),
            _ => {
                if !name.is_empty() && !name.ends_with('/') {
                    name.push('/');
                }
                push_escaped(&mut name, component.as_os_str());
            }
        }
    }
    name
}

/// One component, escaped as in [`portable_name`].
#[must_use]
pub fn portable_component(component: &OsStr) -> String {
    let mut name = String::new();
    push_escaped(&mut name, component);
    name
}

fn push_escaped(name: &mut String, component: &OsStr) {
    for chunk in component.as_encoded_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter == '\\' {
                name.push_str("\\\\");
            } else if is_command(letter) {
                name.extend(letter.escape_default());
            } else {
                name.push(letter);
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(name, "\\x{byte:02X}");
        }
    }
}

/// The path below a folder that has this [`portable_name`]; `None` if none has it, or one that leads out of the folder.
#[must_use]
pub fn path_of_name(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in name.split('/') {
        let bytes = unescaped(component)?;
        if matches!(&bytes[..], b"" | b"." | b"..") || bytes.iter().any(|byte| matches!(byte, b'/' | 0)) {
            return None;
        }
        path.push(name_of_bytes(bytes)?);
    }
    let below = path.components().all(|component| matches!(component, Component::Normal(_)));
    (below && portable_name(&path) == name).then_some(path)
}

/// The bytes of a component that [`portable_component`] has written.
fn unescaped(component: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(component.len());
    let mut rest = component;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        if letter != '\\' {
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let kind = rest.chars().next()?;
        rest = &rest[kind.len_utf8()..];
        match kind {
            '\\' => bytes.push(b'\\'),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'x' => {
                let digits = rest.get(..2)?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            'u' => {
                let (digits, after) = rest.strip_prefix('{')?.split_once('}')?;
                let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            _ => return None,
        }
    }
    Some(bytes)
}

#[cfg(unix)]
fn name_of_bytes(bytes: Vec<u8>) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt;
    Some(OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn name_of_bytes(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_path_and_never_out_of_the_folder() {
        for path in
            ["a/b c/d.jpg", "rust\u{1b}[2J/a\nb\u{202e}.jpg", "a\\nb", "=1", "ü/é.png", "...", "a/..b"]
        {
            let name = portable_name(Path::new(path));
            assert_eq!(path_of_name(&name).as_deref(), Some(Path::new(path)), "{name}");
        }
        for name in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "a/../b",
            "./a",
            "a//b",
            "a/",
            "a\\q",
            "a\\x2F",
            "\\x2E\\x2E",
            "a\\",
            "a\\x4",
            "\\x00",
        ] {
            assert_eq!(path_of_name(name), None, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_utf8_lead_back() {
        use std::os::unix::ffi::OsStrExt;
        for bytes in [&b"leaf\xff.jpg"[..], b"a/\xc3.jpg", b"leaf\\xFF.jpg"] {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(path_of_name(&portable_name(path)).as_deref(), Some(path));
        }
    }

    #[test]
    fn components_are_joined_by_slashes() {
        assert_eq!(portable_name(Path::new("a/b c/d.jpg")), "a/b c/d.jpg");
        assert_eq!(portable_name(Path::new("/a/b")), "/a/b");
    }

    #[test]
    fn names_are_no_commands() {
        assert_eq!(
            portable_name(Path::new("rust\u{1b}[2J/a\nb\u{202e}.jpg")),
            "rust\\u{1b}[2J/a\\nb\\u{202e}.jpg"
        );
        assert_eq!(portable_name(Path::new("a\\nb")), "a\\\\nb");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_utf8_stay_apart() {
        use std::os::unix::ffi::OsStrExt;
        let name = |bytes: &[u8]| portable_name(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(name(b"leaf\xff.jpg"), "leaf\\xFF.jpg");
        assert_eq!(name(b"leaf\\xFF.jpg"), "leaf\\\\xFF.jpg");
    }
}
