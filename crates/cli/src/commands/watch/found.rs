//! The runs and studies that paths mean.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use foliar_files::Printable as _;
use foliar_runlog::RunDir;

/// Name of the study in a folder of `foliar tune`.
const STUDY: &str = "study.sqlite";
/// Folders of folders that are looked into.
const DEPTH: u32 = 2;

/// Something to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Run { name: String, dir: RunDir },
    Study { name: String, file: PathBuf },
}

/// What there is in `places` now, in the order of their names; each once.
pub(super) fn in_places(places: &[PathBuf]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for place in places {
        if let [place] = places {
            look(place, &own_name(place), "", 0, &mut found);
        } else {
            let name = place.shown().to_string();
            look(place, &name, &format!("{}/", name.trim_end_matches('/')), 0, &mut found);
        }
    }
    let mut once: Vec<Found> = Vec::new();
    for other in found {
        let same = |known: &Found| match (known, &other) {
            (Found::Run { dir: a, .. }, Found::Run { dir: b, .. }) => a == b,
            (Found::Study { file: a, .. }, Found::Study { file: b, .. }) => a == b,
            _ => false,
        };
        if !once.iter().any(same) {
            once.push(other);
        }
    }
    once
}

/// What `place` is, or holds: it is called `name`, and names of what it holds begin with `inside`.
fn look(place: &Path, name: &str, inside: &str, depth: u32, found: &mut Vec<Found>) {
    if let Ok(dir) = RunDir::open(place) {
        return found.push(Found::Run { name: name.to_owned(), dir });
    }
    if place.is_file() {
        if place.extension().is_some_and(|extension| extension == "sqlite") {
            found.push(Found::Study { name: name.to_owned(), file: place.to_owned() });
        }
        return;
    }
    let study = place.join(STUDY);
    if study.is_file() {
        found.push(Found::Study { name: name.to_owned(), file: study });
    }
    if depth == DEPTH {
        return;
    }
    let Ok(entries) = place.read_dir() else { return };
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    for folder in folders {
        let name = format!("{inside}{}", own_name(&folder));
        look(&folder, &name, &format!("{name}/"), depth + 1, found);
    }
}

fn own_name(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Path::new(path.file_name().unwrap_or(path.as_os_str())).shown().to_string()
}

/// When the newest of `files` was written.
pub(super) fn written(files: &[PathBuf]) -> Option<SystemTime> {
    files.iter().filter_map(|file| file.metadata().ok()?.modified().ok()).max()
}

/// Changes whenever one of `files` is written.
pub(super) fn stamp(files: &[PathBuf]) -> String {
    let of = |file: &PathBuf| {
        let metadata = file.metadata().ok()?;
        let time = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(format!("{}-{}", metadata.len(), time.as_nanos()))
    };
    files.iter().map(|file| of(file).unwrap_or_default()).collect::<Vec<_>>().join("-")
}

impl Found {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Run { dir, .. } => dir.root(),
            Self::Study { file, .. } => file,
        }
    }

    /// Changes whenever something was written to it that is shown.
    pub(super) fn stamp(&self) -> String {
        match self {
            Self::Run { dir, .. } => stamp(&[dir.events(), dir.recipe(), dir.out_of_fold()]),
            Self::Study { file, .. } => {
                let mut log = file.clone().into_os_string();
                log.push("-wal");
                stamp(&[file.clone(), log.into()])
            }
        }
    }
}
