//! The files that fuzzing has kept, for tests that replay them.

use std::fs;
use std::path::Path;

/// Calls `check` with the bytes of each file in the corpus of a target; the number of files. The last name that is printed
/// is that of the file at fault.
///
/// # Panics
/// If there is no such corpus.
pub(crate) fn replay(target: &str, mut check: impl FnMut(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in &paths {
        eprintln!("{}", path.display());
        check(&fs::read(path).unwrap());
    }
    paths.len()
}
