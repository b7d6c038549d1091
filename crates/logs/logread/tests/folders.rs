//! Logs on disk: files, run folders and TensorBoard's folders.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use foliar_logread::{Metric, ReadError, RunLog, Split, find_runs, read_log, read_log_path};
use foliar_runlog::{Epoch, Event, jsonl::JsonlWriter, tensorboard::TensorboardWriter};

fn epoch(number: u32) -> Epoch {
    Epoch {
        epoch: number,
        epochs: 30,
        phase: 1,
        total_step: u64::from(number) * 10,
        seconds: 28.4,
        train_loss: 2.0 / f64::from(number),
        train_accuracy: 0.5,
        validation_loss: Some(if number == 2 { f64::NAN } else { 1.5 }),
        validation_accuracy: Some(0.25 * f64::from(number)),
        validation_macro_f1: None,
        validation_mean_f1: None,
        calibrated_loss: None,
        learning_rate: 0.01,
        classes: 15,
        best: true,
        mixed: false,
    }
}

fn values(log: &RunLog, split: Split, metric: Metric) -> Vec<f64> {
    log.best(split, metric).unwrap().points.iter().map(|point| point.value).collect()
}

fn events(folder: &Path) -> std::path::PathBuf {
    let mut writer = TensorboardWriter::create(folder, 1_700_000_000.0).unwrap();
    for number in 1..=3 {
        writer.append(&epoch(number), 1_700_000_000.0 + f64::from(number)).unwrap();
    }
    fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn our_tensorboard_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = events(folder.path());
    for log in [read_log_path(&file), read_log_path(folder.path()), read_log(&fs::read(&file).unwrap())] {
        let log = log.unwrap();
        assert_eq!(log.format, "TensorBoard events");
        assert_eq!(values(&log, Split::Train, Metric::Loss), [2.0, 1.0, f64::from(2.0_f32 / 3.0)]);
        assert_eq!(values(&log, Split::Validation, Metric::Accuracy), [0.25, 0.5, 0.75]);
        assert!(values(&log, Split::Validation, Metric::Loss)[1].is_nan());
        let epochs: Vec<_> =
            log.best(Split::Train, Metric::Loss).unwrap().points.iter().map(|point| point.epoch).collect();
        assert_eq!(epochs, [Some(1.0), Some(2.0), Some(3.0)]);
    }
}

#[test]
fn a_torn_or_damaged_event_file_is_read_as_far_as_it_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let file = events(folder.path());
    let bytes = fs::read(&file).unwrap();
    let count = |bytes: &[u8]| read_log(bytes).map(|log| log.series[0].points.len()).unwrap_or(0);
    assert_eq!(count(&bytes), 3);
    assert_eq!(count(&bytes[..bytes.len() - 1]), 2);
    let mut damaged = bytes.clone();
    let middle = bytes.len() / 2;
    damaged[middle] ^= 1;
    assert!(count(&damaged) < 3);
    for length in 0..bytes.len() {
        assert!(count(&bytes[..length]) < 3, "{length}");
    }
}

/// Keras writes one folder for each split, and tensors in place of simple values.
#[test]
fn folders_name_the_split_and_tensors_hold_the_value() {
    let folder = tempfile::tempdir().unwrap();
    for (name, losses) in [("train", [1.5_f32, 1.0]), ("validation", [1.25, 1.125])] {
        let inner = folder.path().join(name);
        fs::create_dir(&inner).unwrap();
        let mut bytes = Vec::new();
        for (step, loss) in losses.iter().enumerate() {
            let mut tensor = vec![0x08, 1, 0x22, 4];
            tensor.extend_from_slice(&loss.to_le_bytes());
            let mut value = vec![0x0a, 10];
            value.extend_from_slice(b"epoch_loss");
            value.extend_from_slice(&[0x42, tensor.len() as u8]);
            value.extend_from_slice(&tensor);
            let mut event = vec![0x10, step as u8, 0x2a, value.len() as u8 + 2, 0x0a, value.len() as u8];
            event.extend_from_slice(&value);
            frame(&event, &mut bytes);
        }
        fs::write(inner.join("events.out.tfevents.1.host.v2"), bytes).unwrap();
    }
    let log = read_log_path(folder.path()).unwrap();
    assert_eq!(values(&log, Split::Train, Metric::Loss), [1.5, 1.0]);
    assert_eq!(values(&log, Split::Validation, Metric::Loss), [1.25, 1.125]);
    let rows = |split| {
        log.best(split, Metric::Loss).unwrap().points.iter().map(|point| point.row).collect::<Vec<_>>()
    };
    assert_eq!(rows(Split::Train), rows(Split::Validation));
}

fn frame(data: &[u8], out: &mut Vec<u8>) {
    let masked =
        |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    let length = (data.len() as u64).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&masked(&length));
    out.extend_from_slice(data);
    out.extend_from_slice(&masked(data));
}

#[test]
fn a_run_folder_is_read_from_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = JsonlWriter::create(&folder.path().join("events.jsonl")).unwrap();
    for number in 1..=3 {
        writer.append(&Event::Epoch(epoch(number))).unwrap();
    }
    fs::write(folder.path().join("metrics.csv"), "not,a,table\n").unwrap();
    let log = read_log_path(folder.path()).unwrap();
    assert_eq!(values(&log, Split::Train, Metric::Loss), [2.0, 1.0, 2.0 / 3.0]);
    assert_eq!(log.facts.classes, Some(15));
    assert!(log.series.iter().all(|series| series.points.iter().all(|point| point.step.is_some())));
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = read_log_path(folder.path()).unwrap_err();
    assert!(
        matches!(error, ReadError::Folder { .. }) && error.to_string().contains("name the file"),
        "{error}"
    );
    let error = read_log_path(&folder.path().join("absent.log")).unwrap_err();
    assert!(matches!(error, ReadError::Io(_)) && error.to_string().contains("absent.log"), "{error}");
}

/// The names, below `folder`, of what is found in it.
fn found(folder: &Path) -> (Vec<String>, Vec<String>) {
    let names = |paths: &[std::path::PathBuf]| {
        paths.iter().map(|path| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned()).collect()
    };
    let runs = find_runs(folder).unwrap();
    (names(&runs.runs), names(&runs.others))
}

fn write(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "epoch,train_loss\n1,2.5\n2,1.5\n").unwrap();
}

#[test]
fn runs_are_told_from_folders_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in [
        "b.log",
        "a/metrics.csv",
        "a/other.log",
        "deep/er/train.log",
        "deep/er/model.pth",
        "README.md",
        ".git/x.log",
        "hf/checkpoint-50/trainer_state.json",
        "hf/checkpoint-100/trainer_state.json",
    ] {
        write(root, name);
    }
    let (runs, others) = found(root);
    assert_eq!(runs, ["a", "b.log", "deep/er/train.log", "hf/checkpoint-100"]);
    assert_eq!(others, ["README.md", "deep/er/model.pth"]);
    assert_eq!(found(&root.join("a")).0, [""], "the folder of a run is one run");
}

#[test]
fn files_for_each_metric_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["0/a/metrics/val_loss", "0/a/metrics/loss", "0/b/metrics/val_loss"] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "1700000000123 0.5 0\n1700000001123 0.4 1\n1700000002123 0.3 2\n").unwrap();
    }
    for name in
        ["curves/train_loss.csv", "curves/val_loss.csv", "nets/vgg_val_loss.csv", "nets/resnet_val_loss.csv"]
    {
        write(root, name);
    }
    assert_eq!(found(root).0, ["0/a", "0/b", "curves", "nets/resnet_val_loss.csv", "nets/vgg_val_loss.csv"]);
    for run in found(root).0 {
        assert!(read_log_path(&root.join(&run)).is_ok(), "{run}");
    }
}

#[test]
fn event_files_of_several_runs_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for run in ["one", "two/train", "two/validation"] {
        fs::create_dir_all(root.join(run)).unwrap();
        events(&root.join(run));
    }
    assert_eq!(found(root).0, ["one", "two"]);
    let error = read_log_path(root).unwrap_err().to_string();
    assert!(error.contains("2 runs") && error.contains("one") && error.contains("two"), "{error}");
    for run in found(root).0 {
        assert!(read_log_path(&root.join(run)).is_ok());
    }
}
