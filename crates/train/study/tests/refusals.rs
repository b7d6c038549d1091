//! What a study refuses, with which message, and that it loses no data.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{claim, continuous, discrete};
use foliar_bayes::{Outcome, TrialId};
use foliar_study::{Budget, Definition, StoredStudy, StudyError};
use rusqlite::Connection;
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    (folder, path)
}

/// A study with one finished trial.
fn studied() -> (TempDir, PathBuf) {
    let (folder, path) = place();
    let mut file = StoredStudy::create(&path, &continuous()).unwrap();
    let trial = claim(&mut file);
    file.finish(&trial, Outcome::Value { value: 1.0 }).unwrap();
    (folder, path)
}

/// The error names the file and contains `words`.
fn says(error: &StudyError, path: &Path, words: &str) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()) && text.contains(words), "{text}");
}

fn intact(path: &Path) {
    let mut file = StoredStudy::open(path, &continuous()).unwrap();
    assert_eq!(file.records().unwrap()[0].value(), Some(1.0));
    assert_eq!(common::integrity(path), "ok");
}

#[test]
fn a_study_that_does_not_exist() {
    let (_folder, path) = place();
    let error = StoredStudy::open(&path, &continuous()).unwrap_err();
    assert!(matches!(error, StudyError::Absent { .. }));
    says(&error, &path, "does not exist");
    assert!(!path.exists());
    assert!(matches!(StoredStudy::view(&path), Err(StudyError::Absent { .. })));
}

#[test]
fn a_study_that_exists_already() {
    let (_folder, path) = studied();
    let error = StoredStudy::create(&path, &continuous()).unwrap_err();
    assert!(matches!(error, StudyError::Exists { .. }));
    says(&error, &path, "already holds a study");
    intact(&path);
}

#[test]
fn a_study_of_another_data_set() {
    let (_folder, path) = studied();
    let other = Definition { fingerprint: "leaves 77aa, recipe 91c0".into(), ..continuous() };
    for result in [StoredStudy::open(&path, &other), StoredStudy::open_or_create(&path, &other)] {
        let error = result.unwrap_err();
        assert!(matches!(error, StudyError::OtherFingerprint { .. }));
        says(&error, &path, "started for \"leaves 3f2a, recipe 91c0\", and this is \"leaves 77aa");
    }
    assert_eq!(StoredStudy::view(&path).unwrap().definition(), &continuous());
    intact(&path);
}

#[test]
fn a_study_with_another_search() {
    let (_folder, path) = studied();
    let others = [
        (Definition { space: discrete().space, ..continuous() }, "search space"),
        (Definition { seed: 1, ..continuous() }, "seed"),
        (Definition { options: discrete().options, ..continuous() }, "options"),
        (Definition { pruner: foliar_bayes::Pruner::Never, ..continuous() }, "pruner"),
        (Definition { direction: foliar_bayes::Direction::Maximise, ..continuous() }, "direction"),
    ];
    for (other, expected) in others {
        let error = StoredStudy::open(&path, &other).unwrap_err();
        assert!(matches!(error, StudyError::OtherDefinition { part, .. } if part == expected), "{error}");
        says(&error, &path, expected);
    }
    intact(&path);
}

#[test]
fn another_schema_version() {
    let (_folder, path) = studied();
    for (version, advice) in
        [(5, "use the newer program"), (3, "start a new study"), (0, "start a new study")]
    {
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
        let error = StoredStudy::open(&path, &continuous()).unwrap_err();
        assert!(matches!(error, StudyError::Schema { found, known: 4, .. } if found == version));
        says(&error, &path, advice);
    }
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 4).unwrap();
    intact(&path);
}

#[test]
fn other_files_are_not_changed() {
    let (folder, path) = place();
    let text = "rate,loss\n0.1,0.5\n".repeat(100);
    fs::write(&path, &text).unwrap();
    for result in [StoredStudy::create(&path, &continuous()), StoredStudy::open(&path, &continuous())] {
        let error = result.unwrap_err();
        assert!(matches!(error, StudyError::NotAStudy { .. }));
        says(&error, &path, "not an SQLite database");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let path = folder.path().join("other.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let bytes = fs::read(&path).unwrap();
    let error = StoredStudy::open_or_create(&path, &continuous()).unwrap_err();
    says(&error, &path, "a database of another program");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn an_empty_file_becomes_a_study() {
    let (_folder, path) = place();
    fs::write(&path, "").unwrap();
    says(&StoredStudy::open(&path, &continuous()).unwrap_err(), &path, "an empty file");
    let mut file = StoredStudy::open_or_create(&path, &continuous()).unwrap();
    assert_eq!(claim(&mut file).id, TrialId(0));
}

#[test]
fn a_folder_and_a_missing_folder() {
    let (folder, _) = place();
    let absent = folder.path().join("absent").join("study.sqlite");
    for path in [folder.path(), absent.as_path()] {
        let error = StoredStudy::create(path, &continuous()).unwrap_err();
        assert!(matches!(error, StudyError::NotWritable { .. }), "{error:?}");
        says(&error, path, "cannot be opened for writing");
    }
}

/// Does nothing when run as root, which can write everywhere.
#[cfg(unix)]
#[test]
fn a_read_only_folder_and_a_read_only_file() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = studied();
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(folder.path(), 0o555);
    if fs::write(folder.path().join("probe"), "").is_err() {
        let new = folder.path().join("new.sqlite");
        for (path, result) in [
            (&new, StoredStudy::create(&new, &continuous())),
            (&path, StoredStudy::open(&path, &continuous())),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, StudyError::NotWritable { .. }), "{error:?}");
            says(&error, path, "folder must be writable");
        }
        allow(folder.path(), 0o755);
        allow(&path, 0o444);
        let error = StoredStudy::open(&path, &continuous()).unwrap_err();
        assert!(matches!(error, StudyError::NotWritable { .. }), "{error:?}");
        allow(&path, 0o644);
    }
    allow(folder.path(), 0o755);
    intact(&path);
}

#[test]
fn a_locked_file() {
    let (_folder, path) = studied();
    let lock_timeout = Duration::from_millis(30);
    let mut file = StoredStudy::open(&path, &continuous()).unwrap().with_lock_timeout(lock_timeout).unwrap();
    let trial = claim(&mut file);
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = file.finish(&trial, Outcome::Value { value: 2.0 }).unwrap_err();
    assert!(matches!(error, StudyError::Locked { waited, .. } if waited == lock_timeout));
    says(&error, &path, "locked by another process for 0.03 s");
    assert!(matches!(file.claim("worker", Budget::trials(9)), Err(StudyError::Locked { .. })));
    assert_eq!(file.counts().unwrap().total(), 2, "reading goes on");
    holder.execute_batch("ROLLBACK").unwrap();
    file.finish(&trial, Outcome::Value { value: 2.0 }).unwrap();
    intact(&path);
}

#[test]
fn a_damaged_file() {
    let (_folder, path) = studied();
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("UPDATE trial SET params = 'rate 0.1'").unwrap();
    let error = StoredStudy::open(&path, &continuous()).unwrap().records().unwrap_err();
    assert!(matches!(error, StudyError::Damaged { .. }));
    says(&error, &path, "is damaged (parameters rate 0.1: ");
    connection.execute_batch("UPDATE study SET definition = '{}'").unwrap();
    let error = StoredStudy::open(&path, &continuous()).unwrap_err();
    assert!(matches!(error, StudyError::Damaged { .. }));
    connection.execute_batch("DELETE FROM study").unwrap();
    let error = StoredStudy::open(&path, &continuous()).unwrap_err();
    assert!(matches!(error, StudyError::Damaged { .. }), "{error:?}");
}
