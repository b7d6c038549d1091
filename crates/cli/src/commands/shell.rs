//! Paths and words as they stand in a command that a person copies.

use std::path::Path;

use foliar_files::Printable as _;
pub(crate) use foliar_files::quoted;

/// A path below the current folder without the way to it; one that begins with a dash is no option.
pub(crate) fn short(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    let name = below.filter(|below| below.components().next().is_some()).unwrap_or(path).shown().to_string();
    if name.starts_with('-') { format!("./{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_short_and_no_option() {
        assert_eq!(short(Path::new("-photos")), "./-photos");
        let here = std::env::current_dir().unwrap();
        assert_eq!(short(&here.join("runs/first")), "runs/first");
    }
}
