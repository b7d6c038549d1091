//! File names as text that is the same on every system and loses no information.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Component, Path};

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

#[cfg(test)]
mod tests {
    use super::*;

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
