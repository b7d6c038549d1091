//! Paths and words as they stand in a command that a person copies.

use std::path::Path;

/// The word as a shell takes it for one.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_-./:=+,@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path below the current folder without the way to it; one that begins with a dash is no option.
pub(crate) fn short(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    let name =
        below.filter(|below| below.components().next().is_some()).unwrap_or(path).display().to_string();
    if name.starts_with('-') { format!("./{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_path_for_one_word() {
        for (path, expected) in [
            ("runs/first", "runs/first"),
            ("my runs/first", "'my runs/first'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(path), expected);
        }
        assert_eq!(short(Path::new("-photos")), "./-photos");
        let here = std::env::current_dir().unwrap();
        assert_eq!(short(&here.join("runs/first")), "runs/first");
    }
}
