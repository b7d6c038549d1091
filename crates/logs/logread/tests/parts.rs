//! Runs that lie in several files, and files that tell by their names what they hold.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use foliar_logread::{Metric, RunLog, Split, read_log, read_log_path};

const TRAIN: [f64; 3] = [1.5, 1.1, 0.9];
const VALIDATION: [f64; 3] = [1.4, 1.2, 1.1];
const ACCURACY: [f64; 3] = [0.5, 0.55, 0.6];

/// One file for each name in a new folder.
fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A curve as TensorBoard exports it, ...
fn csv(values: [f64; 3]) -> String {
    let rows = (0..3).map(|step| format!("{}.5,{step},{}\n", 1_712_000_000 + step, values[step]));
    "Wall time,Step,Value\n".to_owned() + &rows.collect::<String>()
}

/// ... as JSON, ...
fn json(values: [f64; 3]) -> String {
    let points = (0..3).map(|step| format!("[{}.5, {step}, {}]", 1_712_000_000 + step, values[step]));
    format!("[{}]", points.collect::<Vec<_>>().join(", "))
}

/// ... and as MLflow keeps it.
fn lines(values: [f64; 3]) -> String {
    (0..3).map(|step| format!("{} {} {step}\n", 1_712_000_000_123_u64 + step as u64, values[step])).collect()
}

fn points(log: &RunLog, split: Split, metric: Metric) -> Vec<(Option<f64>, f64)> {
    let series =
        log.best(split, metric).unwrap_or_else(|| panic!("{split:?} {metric:?} in {:?}", log.series));
    series.points.iter().map(|point| (point.epoch, point.value)).collect()
}

fn by_epoch(values: [f64; 3]) -> Vec<(Option<f64>, f64)> {
    (0..3).map(|epoch| (Some(epoch as f64), values[epoch])).collect()
}

fn assert_whole(path: &Path) {
    let log = read_log_path(path).unwrap();
    assert_eq!(points(&log, Split::Train, Metric::Loss), by_epoch(TRAIN), "{}", path.display());
    assert_eq!(points(&log, Split::Validation, Metric::Loss), by_epoch(VALIDATION), "{}", path.display());
    assert_eq!(points(&log, Split::Validation, Metric::Accuracy), by_epoch(ACCURACY), "{}", path.display());
    // What belongs to one epoch stands in one row.
    let rows = |split| {
        let series = log.best(split, Metric::Loss).unwrap();
        series.points.iter().map(|point| point.row).collect::<Vec<_>>()
    };
    assert_eq!(rows(Split::Train), rows(Split::Validation));
}

#[test]
fn a_file_a_curve_is_one_run() {
    let tags =
        ["run-train-tag-epoch_loss", "run-validation-tag-epoch_loss", "run-validation-tag-epoch_accuracy"];
    let plain = ["train_loss", "val_loss", "val_acc"];
    let curves = [TRAIN, VALIDATION, ACCURACY];
    let named = |names: [&'static str; 3], end: &str, text: fn([f64; 3]) -> String| {
        let files: Vec<(String, String)> =
            names.iter().zip(curves).map(|(name, values)| (format!("{name}{end}"), text(values))).collect();
        let files: Vec<(&str, String)> =
            files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
        folder(&files)
    };
    assert_whole(named(tags, ".csv", csv).path());
    assert_whole(named(tags, ".json", json).path());
    assert_whole(named(plain, ".csv", csv).path());
    let metrics = ["metrics/train/loss", "metrics/val/loss", "metrics/val/acc"];
    let run = named(metrics, "", lines);
    assert_whole(run.path());
    assert_whole(&run.path().join("metrics"));
    let column = |name: &str, values: [f64; 3]| {
        let rows = (0..3).map(|step| format!("{step}\t{}\n", values[step]));
        format!("step\t{name}\n{}", rows.collect::<String>())
    };
    assert_whole(
        folder(&[
            ("plots/metrics/train/loss.tsv", column("loss", TRAIN)),
            ("plots/metrics/val/loss.tsv", column("loss", VALIDATION)),
            ("plots/metrics/val/acc.tsv", column("acc", ACCURACY)),
            ("metrics.json", "{\"train\": {\"loss\": 0.9}, \"step\": 2}".to_owned()),
        ])
        .path(),
    );
}

#[test]
fn a_file_a_split_or_an_epoch_is_one_run() {
    let table = |loss: [f64; 3], accuracy: [f64; 3]| {
        let rows = (0..3).map(|epoch| format!("{epoch},{},{}\n", loss[epoch], accuracy[epoch]));
        "epoch,loss,acc\n".to_owned() + &rows.collect::<String>()
    };
    assert_whole(
        folder(&[
            ("train.csv", table(TRAIN, [0.4, 0.6, 0.7])),
            ("val.csv", table(VALIDATION, ACCURACY)),
            ("classes.csv", "name,photos\nrust,120\nhealthy,80\n".to_owned()),
        ])
        .path(),
    );
    let record = |epoch: usize| {
        format!(
            "{{\"epoch\": {epoch}, \"training_loss\": {}, \"validation_loss\": {}, \"validation_accuracy\": {}}}",
            TRAIN[epoch], VALIDATION[epoch], ACCURACY[epoch]
        )
    };
    assert_whole(
        folder(&[
            ("metrics_epoch_0.json", record(0)),
            ("metrics_epoch_1.json", record(1)),
            ("metrics_epoch_2.json", record(2)),
            ("vocabulary.json", "{\"size\": 120}".to_owned()),
        ])
        .path(),
    );
}

#[test]
fn files_that_contradict_each_other_are_runs_of_their_own() {
    let other = [1.6, 1.3, 1.0];
    let log =
        read_log_path(folder(&[("a_val_loss.csv", csv(VALIDATION)), ("b_val_loss.csv", csv(other))]).path());
    let wanted = [by_epoch(VALIDATION), by_epoch(other)].concat();
    assert_eq!(points(&log.unwrap(), Split::Validation, Metric::Loss), wanted);
}

#[test]
fn a_curve_needs_a_name() {
    let files = folder(&[
        ("val_loss.csv", csv(VALIDATION)),
        ("metrics/val_loss", lines(VALIDATION)),
        ("run-validation-tag-epoch_loss.json", json(VALIDATION)),
    ]);
    for name in ["val_loss.csv", "metrics/val_loss", "run-validation-tag-epoch_loss.json"] {
        let log = read_log_path(&files.path().join(name)).unwrap();
        assert_eq!(points(&log, Split::Validation, Metric::Loss), by_epoch(VALIDATION), "{name}");
    }
    for text in [csv(VALIDATION), json(VALIDATION), lines(VALIDATION)] {
        let error = read_log(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("what its values are is not said"), "{error}");
    }
}

#[test]
fn a_comparison_of_models_is_no_course() {
    for text in [
        "model,val_acc,val_loss\nresnet18,0.81,0.62\nresnet50,0.84,0.55\nvit_s,0.79,0.71\n",
        "| Model | Train Acc | Val Acc |\n|---|---|---|\n| ResNet18 | 0.91 | 0.81 |\n| ResNet50 | 0.93 | 0.84 |\n",
        "\"Name\",\"State\",\"epoch\",\"val_acc\"\n\"wave-3\",\"finished\",\"8\",\"0.74\"\n\"sun-7\",\"finished\",\"8\",\"0.64\"\n",
    ] {
        let error = read_log(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("compares runs or models"), "{error}");
    }
}

#[test]
fn of_binary_files_it_is_said_how_they_become_text() {
    let mut numpy =
        b"\x93NUMPY\x01\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (64,), }\n".to_vec();
    numpy.extend((0..64).flat_map(|index| f64::from(index).to_le_bytes()));
    let error = read_log(&numpy).unwrap_err().to_string();
    assert!(error.contains("array of NumPy") && error.contains("to_csv"), "{error}");
}
