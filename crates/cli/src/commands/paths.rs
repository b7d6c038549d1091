//! Paths that lead nowhere: what they should be, and which there are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_objects::Address;
use foliar_runlog::RunDir;
use foliar_train::{FoldRuns, Run};

use super::shell::{quoted, short};
use crate::exit::UsageError;

/// Runs that are named as what may have been meant.
const NAMED: usize = 4;

/// Opens the folder of a run, or says which runs there are.
pub(crate) fn open_run(path: &Path) -> anyhow::Result<Run> {
    expect_run(path)?;
    Ok(Run::open(path)?)
}

/// Refuses what is no folder of a run.
pub(crate) fn expect_run(path: &Path) -> anyhow::Result<()> {
    let shown = path.shown();
    if !path.exists() {
        anyhow::bail!("{shown} does not exist; {}", instead());
    }
    if path.join(RunDir::RECIPE).is_file() || path.join(RunDir::EVENTS).is_file() {
        return Ok(());
    }
    if path.is_file() {
        anyhow::bail!("{shown} is a file and no run folder; {}", instead());
    }
    if FoldRuns::are_in(path) {
        anyhow::bail!(
            "{shown} holds the runs of a cross-validation and no classifier of its own; give one of them, such as {}, or train \
             one without --folds",
            quoted(&short(&path.join("fold-1")))
        );
    }
    let photos = match holds_photos(path) {
        true => format!(" To train on the photos in it: foliar train {}.", quoted(&short(path))),
        false => String::new(),
    };
    anyhow::bail!("{shown} is no run folder: it has no {}; {}.{photos}", RunDir::RECIPE, instead())
}

/// The bundle that `path` is or holds, if it is there.
pub(crate) fn bundle(path: &Path) -> anyhow::Result<PathBuf> {
    let shown = path.shown();
    if !path.exists() {
        anyhow::bail!("{shown} does not exist; {}", instead());
    }
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let file = path.join(RunDir::BUNDLE);
    if file.exists() {
        return Ok(file);
    }
    expect_run(path)?;
    anyhow::bail!(
        "{shown} has no {}: the run is not finished; `foliar resume {}` continues it",
        RunDir::BUNDLE,
        quoted(&short(path))
    )
}

/// What to give in its place.
fn instead() -> String {
    let runs = runs();
    match runs.as_slice() {
        [] => "give the folder that `foliar train` wrote (--out), or its model.foliar".to_owned(),
        [only] => format!("the run here is {only}"),
        several => {
            let named: Vec<&str> = several.iter().take(NAMED).map(String::as_str).collect();
            let more = several.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("runs here: {}{more}", named.join(", "))
        }
    }
}

/// Folders of runs in the current folder and in `runs/`, by name.
fn runs() -> Vec<String> {
    let mut found = Vec::new();
    for folder in [".", "runs"] {
        let Ok(entries) = Path::new(folder).read_dir() else { continue };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            if path.join(RunDir::RECIPE).is_file() {
                let path = path.strip_prefix(".").unwrap_or(&path);
                found.push(quoted(&path.shown().to_string()));
            }
        }
    }
    found.sort();
    found
}

/// Whether a folder, or one in it, has a file that is named as a photo.
fn holds_photos(folder: &Path) -> bool {
    let photo = |path: &Path| {
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
        end.is_some_and(|end| ["jpg", "jpeg", "png", "webp", "heic"].contains(&end.as_str()))
    };
    let paths = |folder: &Path| -> Vec<PathBuf> {
        let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
        entries.take(100).map(|entry| entry.path()).collect()
    };
    paths(folder)
        .iter()
        .any(|path| photo(path) || (path.is_dir() && paths(path).iter().any(|path| photo(path))))
}

/// Arguments that are the pieces of one path with blanks.
pub(crate) fn check_blanks(arguments: &[OsString]) -> Result<(), UsageError> {
    // The first one is the command.
    for (place, first) in arguments.iter().enumerate().skip(1) {
        if first.to_string_lossy().starts_with('-') || Path::new(first).exists() {
            continue;
        }
        let mut whole = first.clone();
        for next in arguments.iter().skip(place + 1).take(8) {
            whole.push(" ");
            whole.push(next);
            if Path::new(&whole).exists() {
                let whole = Path::new(&whole).shown().to_string();
                return Err(UsageError(format!(
                    "the name {whole:?} has blanks: put it in quotes, as {}",
                    quoted(&whole)
                )));
            }
        }
    }
    Ok(())
}

/// Refuses addresses of object stores where a command reads and writes folders alone.
pub(crate) fn check_objects(arguments: &[OsString]) -> Result<(), UsageError> {
    let Some((command, rest)) = arguments.split_first().filter(|(command, _)| *command != "predict") else {
        return Ok(());
    };
    // The value of an option may stand in the same word.
    let value = |argument: &OsString| match argument
        .to_str()
        .and_then(|text| text.strip_prefix("--")?.split_once('='))
    {
        Some((_, value)) => PathBuf::from(value),
        None => PathBuf::from(argument),
    };
    let Some(address) = rest.iter().map(value).find(|value| Address::is_meant(value)) else { return Ok(()) };
    let copy = match address.to_str().and_then(|address| address.get(..5)) {
        Some("gs://") => "gcloud storage rsync --recursive",
        Some("az://") => "azcopy copy",
        _ => "aws s3 sync",
    };
    Err(UsageError(format!(
        "foliar {} takes folders and files of this machine, and {} is in an object store; copy it first, such as with `{copy}`, or mount \
         it; `foliar predict` reads object stores",
        command.to_string_lossy(),
        address.shown()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_stores_are_for_predictions() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        for text in
            ["train s3://farm/photos", "evaluate run gs://farm/test", "train photos --out=az://farm/run"]
        {
            let refused = check_objects(&words(text)).unwrap_err().to_string();
            assert!(refused.contains("copy it first") && refused.contains("://farm/"), "{refused}");
        }
        for text in
            ["predict s3://farm/model.foliar s3://farm/photos", "train photos", "train ./s3:/photos", "train"]
        {
            assert!(check_objects(&words(text)).is_ok(), "{text}");
        }
    }

    #[test]
    fn pieces_of_a_path_with_blanks_are_put_together() {
        let folder = std::env::temp_dir().join(format!("foliar blanks {}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let words: Vec<OsString> = folder.display().to_string().split(' ').map(OsString::from).collect();
        let arguments = [vec![OsString::from("train")], words].concat();
        let refused = check_blanks(&arguments).unwrap_err().to_string();
        assert!(
            refused.contains("quotes") && refused.contains(&format!("'{}'", folder.display())),
            "{refused}"
        );
        assert!(check_blanks(&["train".into(), folder.into_os_string()]).is_ok());
        assert!(check_blanks(&["train".into(), "absent".into(), "--lr".into(), "0.1".into()]).is_ok());
    }
}
