//! Folders of drawn leaves, and the program on them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

#[cfg(feature = "cloud")]
pub(crate) mod store;

/// A fresh folder with drawn leaves in `photos/`.
pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    pub(crate) fn new(per_class: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        foliar_synth::write_dataset(&folder.path().join("photos"), 1, per_class, 48).unwrap();
        Self { folder }
    }

    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The program, started in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foliar"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("FOLIAR_CACHE", self.path("cache")).env("FOLIAR_OFFLINE", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Finished::from(self.command(arguments).output().unwrap())
    }

    /// Runs the program with so many KiB of addresses, or any number, and tells what time of processors it took: others may want
    /// them, too.
    pub(crate) fn measured(&self, kibibytes: Option<u64>, arguments: &[&str]) -> (Finished, Duration) {
        let limit = kibibytes.map_or("unlimited".to_owned(), |kibibytes| kibibytes.to_string());
        // The last line of `times` is that of the program: `0m1.23s 0m0.04s`.
        let script = format!("ulimit -v {limit}; ulimit -c 0; \"$0\" \"$@\"; code=$?; times >&2; exit $code");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_foliar")]).args(arguments);
        shell.current_dir(self.root());
        shell.env("FOLIAR_CACHE", self.path("cache")).env("FOLIAR_OFFLINE", "1");
        let ended = Finished::from(shell.output().unwrap());
        let seconds = |time: &str| {
            let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
            60.0 * minutes.parse::<f64>().unwrap() + seconds.parse::<f64>().unwrap()
        };
        let took: f64 = ended.err.lines().last().unwrap().split_whitespace().map(seconds).sum();
        (ended, Duration::from_secs_f64(took))
    }

    /// Draws other leaves into `others/` and trains `weights/model.foliar` on them.
    pub(crate) fn pretrain(&self, per_class: usize, more: &[&str]) {
        foliar_synth::write_dataset(&self.path("others"), 2, per_class, 48).unwrap();
        let mut arguments = train_arguments("weights");
        arguments[1] = "others";
        self.run(&[&arguments, more].concat()).expect(0);
    }

    /// `foliar train photos --out OUT` with a small recipe and `more` arguments.
    pub(crate) fn train(&self, out: &str, more: &[&str]) -> Finished {
        self.run(&[&train_arguments(out), more].concat())
    }
}

/// A recipe that takes about a second.
pub(crate) fn train_arguments(out: &str) -> Vec<&str> {
    let fixed = ["train", "photos", "--image-size", "32", "--epochs", "3", "--batch-size", "8"];
    [&fixed[..], &["--out", out]].concat()
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// Asserts the exit code and returns itself.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        self
    }
}
