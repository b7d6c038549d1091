//! Where an export is written. All of it is looked at before anything is written, and nothing but an earlier export is replaced.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foliar_export::{PAGE_FILES, TORCH_FILES, is_exported_config, is_exported_page, is_exported_program};
use foliar_files::{Printable as _, write_atomically};

use crate::exit::UsageError;

/// Bytes at the start of a file that tell whether it was exported.
const START: u64 = 128;

/// The files of an export.
pub(super) struct Place {
    /// Each, with what its first bytes must be if it is there already.
    files: Vec<(PathBuf, Known)>,
    /// What `foliar predict` says of the photos of `--check`.
    expected: PathBuf,
}

/// Whether a file that begins so was written by an earlier export.
pub(super) type Known = fn(&[u8]) -> bool;

impl Place {
    /// The file `out`, which is usually called `name`, and what is named after it; `bundle` is what is exported.
    ///
    /// # Errors
    /// A name that is no file's, or that is the bundle's own.
    pub(super) fn of_file(out: PathBuf, bundle: &Path, name: &str, known: Known) -> anyhow::Result<Self> {
        expect_name(&out, name)?;
        if is_folder(&out) || out.file_name().is_none() {
            let what =
                format!("{} is a folder; give a file name: --out {}", out.shown(), out.join(name).shown());
            return Err(UsageError(what).into());
        }
        expect_other(&out, bundle)?;
        let expected = with_end(&out, ".expected.jsonl");
        let program = with_end(&out, ".py");
        Ok(Self { files: vec![(out, known), (program, is_exported_program)], expected })
    }

    /// The folder `out` for PyTorch.
    ///
    /// # Errors
    /// A name that is no folder's, or a folder that holds other files than those of an export.
    pub(super) fn of_folder(out: PathBuf) -> anyhow::Result<Self> {
        expect_name(&out, "leaf-torch")?;
        let [.., config] = TORCH_FILES;
        let is_exported =
            || foliar_files::read(&out.join(config)).is_ok_and(|text| is_exported_config(&text));
        expect_free(&out, is_exported, "torch")?;
        // The folder is known by its description; its other files belong to it.
        let files = TORCH_FILES.map(|name| (out.join(name), (|_| true) as Known));
        Ok(Self { files: files.into(), expected: out.join("expected.jsonl") })
    }

    /// The page `out`, or the folder of one; `bundle` is what is exported.
    ///
    /// # Errors
    /// A name that browsers do not take for a page, or that is the bundle's own, or a folder that holds other files.
    pub(super) fn of_page(out: PathBuf, bundle: &Path) -> anyhow::Result<Self> {
        expect_name(&out, "leaf.html")?;
        if is_folder(&out) {
            let [.., page] = PAGE_FILES;
            let is_exported = || start(&out.join(page)).is_ok_and(|start| is_exported_page(&start));
            expect_free(&out, is_exported, "leaf")?;
            // The folder is known by its page; its other files belong to it.
            let files = PAGE_FILES.map(|name| (out.join(name), (|_| true) as Known));
            return Ok(Self { files: files.into(), expected: out.join("expected.jsonl") });
        }
        expect_other(&out, bundle)?;
        let is_page = out
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
        if !is_page {
            let shown = out.shown();
            let what = format!(
                "a browser opens {shown} as a page only if its name ends in .html: --out {shown}.html, or --out {shown}/ for a folder"
            );
            return Err(UsageError(what).into());
        }
        let expected = with_end(&out, ".expected.jsonl");
        Ok(Self { files: vec![(out, is_exported_page)], expected })
    }

    /// Whether the export is a folder of its own.
    pub(super) fn is_folder(&self) -> bool {
        self.expected.file_name() == Some("expected.jsonl".as_ref())
    }

    /// What `foliar predict` says of the photos of `--check`.
    pub(super) fn expected(&self) -> &Path {
        &self.expected
    }

    /// Makes sure that everything can be written and that nothing else is replaced, `expected` included if it `is_written`.
    ///
    /// # Errors
    /// What stands in the way.
    pub(super) fn check(&self, is_written: bool) -> anyhow::Result<()> {
        check_folder(self.folder())?;
        let expected = is_written.then_some((&self.expected, is_expected as Known));
        for (path, known) in self.files.iter().map(|(path, known)| (path, *known)).chain(expected) {
            let shown = path.shown();
            let kind = match fs::symlink_metadata(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found.with_context(|| format!("{shown} cannot be read"))?.file_type(),
            };
            if !kind.is_file() {
                let what = if kind.is_dir() {
                    "a folder"
                } else if kind.is_symlink() {
                    "a link"
                } else {
                    "no regular file"
                };
                bail!(
                    "{shown} is {what} and is not replaced; nothing was written. Give another name with --out"
                );
            }
            if !known(&start(path).with_context(|| format!("{shown} cannot be read"))?) {
                bail!(
                    "{shown} is there, was not written by `foliar export` and is not replaced; nothing was written. \
                     Move it away, or give another name with --out"
                );
            }
        }
        Ok(())
    }

    /// The files with what they will hold.
    pub(super) fn parts<const N: usize>(&self, contents: [Vec<u8>; N]) -> Vec<(PathBuf, Vec<u8>)> {
        self.files.iter().map(|(path, _)| path.clone()).zip(contents).collect()
    }

    /// Removes what an earlier export expected, unless it is the same one as `parts`. Gives the file that was removed.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn remove_stale(&self, parts: &[(PathBuf, Vec<u8>)]) -> anyhow::Result<Option<&Path>> {
        let path = &self.expected;
        let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        if !is_file || !start(path).is_ok_and(|start| is_expected(&start)) {
            return Ok(None);
        }
        if parts.iter().all(|(path, bytes)| foliar_files::read(path).is_ok_and(|old| old == *bytes)) {
            return Ok(None);
        }
        fs::remove_file(path).with_context(|| {
            format!("{} is of another export and cannot be removed; nothing was written", path.shown())
        })?;
        Ok(Some(path))
    }

    /// Writes all of it, and gives what was written and how many bytes each file has.
    ///
    /// # Errors
    /// A file that cannot be written, with those that were written before it.
    pub(super) fn write(&self, parts: Vec<(PathBuf, Vec<u8>)>) -> anyhow::Result<Vec<(PathBuf, usize)>> {
        let folder = self.folder();
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be created", folder.shown()))?;
        let mut written: Vec<(PathBuf, usize)> = Vec::new();
        for (path, bytes) in parts {
            write_atomically(&path, |file| file.write_all(&bytes)).with_context(|| {
                let before: Vec<String> = written.iter().map(|(path, _)| path.shown().to_string()).collect();
                match before.as_slice() {
                    [] => "nothing was written".to_owned(),
                    before => format!("a part alone was written, {}", before.join(", ")),
                }
            })?;
            written.push((path, bytes.len()));
        }
        Ok(written)
    }

    /// The folder of the files.
    fn folder(&self) -> &Path {
        match self.expected.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }
}

/// An export is several files, and none goes to standard output.
fn expect_name(out: &Path, such_as: &str) -> Result<(), UsageError> {
    if out == Path::new("-") || out.as_os_str().is_empty() {
        let what = "an export is several files and is not written to standard output; give a name";
        return Err(UsageError(format!("{what}: --out {such_as}")));
    }
    Ok(())
}

/// Whether this is the name of a folder, there or not.
fn is_folder(out: &Path) -> bool {
    out.is_dir() || out.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// What is exported is not replaced by its export.
fn expect_other(out: &Path, bundle: &Path) -> anyhow::Result<()> {
    if let (Ok(file), Ok(bundle)) = (fs::canonicalize(out), fs::canonicalize(bundle))
        && file == bundle
    {
        bail!("{} is the classifier itself; give another file name with --out", out.shown());
    }
    Ok(())
}

/// Makes sure that the folder `out` is absent, empty or of an earlier export; `such_as` is a name for another one in it.
fn expect_free(out: &Path, is_exported: impl FnOnce() -> bool, such_as: &str) -> anyhow::Result<()> {
    let shown = out.shown();
    match fs::metadata(out) {
        Ok(found) if !found.is_dir() => {
            bail!("{shown} is a file, and this format is a folder; give another name with --out")
        }
        Ok(_) => {
            let mut entries = out.read_dir().with_context(|| format!("{shown} cannot be read"))?;
            if entries.next().is_some() && !is_exported() {
                bail!(
                    "{shown} holds files and was not written by `foliar export`; give another folder: --out {}",
                    out.join(such_as).shown()
                );
            }
        }
        Err(_) => {}
    }
    Ok(())
}

/// Makes sure that `folder` is there or can be made, as far as can be told without making it.
fn check_folder(folder: &Path) -> anyhow::Result<()> {
    for ancestor in folder.ancestors() {
        match fs::metadata(ancestor) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => {
                bail!(
                    "{} is a file, where a folder should be; give another name with --out",
                    ancestor.shown()
                )
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// Whether this begins as what `foliar predict --format jsonl` says; no photos give no rows.
fn is_expected(start: &[u8]) -> bool {
    start.is_empty() || start.starts_with(b"{\"path\":")
}

fn start(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(START).read_to_end(&mut start)?;
    Ok(start)
}

fn with_end(path: &Path, end: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
