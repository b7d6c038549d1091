//! Whatever the bytes, reading ends, keeps its promises and does not depend on how the bytes arrive.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read};
use std::time::{Duration, Instant};

use foliar_logread::{Metric, ReadError, RunLog, read_log, read_log_from};
use proptest::prelude::*;

/// Gives out its bytes in pieces of the given sizes, in turn.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()].clamp(1, buffer.len()).min(self.bytes.len());
        self.next += 1;
        let (piece, rest) = self.bytes.split_at(size);
        buffer[..size].copy_from_slice(piece);
        self.bytes = rest;
        Ok(size)
    }
}

fn check(log: &RunLog) {
    assert!(!log.series.is_empty());
    for series in &log.series {
        assert!(!series.points.is_empty(), "{series:?}");
        assert!(series.points.windows(2).all(|pair| pair[0].row <= pair[1].row), "{series:?}");
        assert!(series.points.iter().all(|point| point.resolution >= 0.0));
        if series.metric == Metric::Accuracy {
            // One that cannot be a percentage is kept as it is, so that it can be named.
            let share =
                |value: f64| value.is_nan() || value.is_infinite() || (-1.0001..=10.0001).contains(&value);
            assert!(series.points.iter().all(|point| share(point.value)), "{series:?}");
        }
    }
}

/// Text that looks like logs, so that more than the first look at a line is tested.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "epoch",
        "Epoch 1/3",
        "loss",
        "val_loss",
        "accuracy",
        "train",
        "Validation",
        ":",
        "=",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        ",",
        ";",
        "|",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "'",
        "\"",
        "/",
        "%",
        "-",
        "+",
        "#",
        "0.5",
        "1",
        "12",
        "1e-4",
        "nan",
        "inf",
        "0,5",
        "1,000",
        "00:07",
        "[====>...]",
        "%|###|",
        "{'loss': 0.5}",
        "{\"a\": [1, 2",
        "第",
        "轮",
        "损失",
        "é",
        "\u{1b}[0m",
        "[0m",
        "epoch,loss,acc\n1,2,3",
        "| a | b |\n|---|---|",
        "* Acc@1 3 (4)",
        "of 10 images:",
        "top-5",
        "](epoch, batch):",
        "\u{8}",
        "run_id,key,value,step\n",
        "a,val_loss,0.5,3\n",
        "Wall time,Step,Value\n",
        "17.5,0,0.5\n",
        "1712000000123 0.5 0\n",
        "\"Step\",\"a - loss\",\"a - loss__MIN\",\"a - loss__MAX\"\n",
        "[[1712000000.5, 0, 2.5], [1712000001.5, 1,",
        "{\"columns\":[\"loss\"],\"data\":[[",
        "{\"loss\":{\"0\":2.5,\"1\":",
        "{\"loss\":{\"x\":[0,1],\"y\":[2,1]}}",
        "{\"batches\":[{",
        "Run summary:\n",
        "best iteration is:\n",
        "Epoch    TrainLoss    ValLoss\n",
        "    1          0.5\n",
        "model,val_acc,val_loss\nr18,",
    ]);
    prop::collection::vec(scrap, 0..60).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(log) = read_log(&bytes) {
            check(&log);
        }
    }

    #[test]
    fn any_scraps_of_logs_are_read_or_refused(text in scraps()) {
        if let Ok(log) = read_log(text.as_bytes()) {
            check(&log);
        }
    }

    #[test]
    fn pieces_make_no_difference(text in scraps(), sizes in prop::collection::vec(1_usize..40, 1..5)) {
        let whole = read_log(text.as_bytes());
        let pieces = read_log_from(Pieces { bytes: text.as_bytes(), sizes, next: 0 });
        prop_assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
    }

    #[test]
    fn printed_curves_come_back(
        losses in prop::collection::vec(0.0_f64..1e4, 2..30),
        accuracies in prop::collection::vec(0.0_f64..1.0, 30),
    ) {
        let text: String = losses
            .iter()
            .zip(&accuracies)
            .enumerate()
            .map(|(epoch, (loss, accuracy))| format!("Epoch {}: train loss {loss:.4}, val acc {:.2}%\n", epoch + 1, accuracy * 100.0))
            .collect();
        let log = read_log(text.as_bytes()).unwrap();
        prop_assert_eq!(log.series.len(), 2);
        for (point, loss) in log.series[0].points.iter().zip(&losses) {
            prop_assert!((point.value - loss).abs() <= 0.5001 * point.resolution);
        }
        for (point, accuracy) in log.series[1].points.iter().zip(&accuracies) {
            prop_assert!((point.value - accuracy).abs() <= 0.5001 * point.resolution);
        }
    }
}

#[test]
fn nothing_readable_is_an_error_with_an_example() {
    let noise: Vec<u8> =
        (0..50_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cases: [(&[u8], &str); 6] = [
        (b"", "empty"),
        (b"Hello, how are you?\nFine.\n", "no number"),
        (&[0; 1000], "binary"),
        (&noise, "binary"),
        (b"1 2 3\n4 5 6\n", "no number stands beside a name"),
        (b"time: 3 s\nmemory: 5\n", "none of its numbers"),
    ];
    for (bytes, reason) in cases {
        let error = read_log(bytes).unwrap_err();
        assert!(matches!(error, ReadError::Nothing { .. }));
        let text = error.to_string();
        assert!(text.contains(reason) && text.contains("epoch 1 train loss 2.31"), "{text}");
    }
}

#[test]
fn what_lies_outside_of_shares_is_no_accuracy() {
    for value in ["-12", "-1.5", "-101%", "101%", "250"] {
        let text = format!("epoch 1 loss 0.5 accuracy {value}\nepoch 2 loss 0.4 accuracy {value}\n");
        let log = read_log(text.as_bytes()).unwrap();
        check(&log);
        let metrics: Vec<Metric> = log.series.iter().map(|series| series.metric).collect();
        assert_eq!(metrics, [Metric::Loss, Metric::Unknown], "{value}");
    }
}

/// Lines of many megabytes that make careless readers quadratic.
#[test]
fn long_lines_take_linear_time() {
    let patterns = [
        "x",
        "1",
        "1 2 3 4 ",
        "a,b,c,d ",
        "{\"",
        "[",
        "{\"a\": [",
        "loss 0.5 ",
        "loss (0.5 ",
        "epoch 1 ",
        "EPOCH: 1 loss: 0.5 ",
        "| ",
        "1/2 ",
        "train ",
        "] [",
        "\u{8}",
        "\u{1b}[",
        "损失",
        "1,",
        "-",
        "'",
        "Epoch [1, 2](epoch, batch): 3 ",
    ];
    for pattern in patterns {
        let text = pattern.repeat(4_000_000 / pattern.len());
        let start = Instant::now();
        let _ = read_log(text.as_bytes());
        let time = start.elapsed();
        assert!(time < Duration::from_secs(8), "{pattern:?}: {time:?}");
    }
}

#[test]
fn a_long_log_keeps_its_epochs_and_thins_its_batches() {
    let mut text = String::new();
    for epoch in 0..300 {
        for batch in 0..200 {
            text.push_str(&format!(
                "Epoch: [{epoch}][{batch}/200] Loss {:.4} (0.5)\n",
                2.0 / f64::from(epoch + 1)
            ));
        }
        text.push_str(&format!("val loss {epoch}.5 val acc 0.{epoch:03}\n"));
    }
    let log = read_log(text.as_bytes()).unwrap();
    let whole = log.series.iter().filter(|series| !series.within_epoch);
    assert!(whole.clone().count() >= 3);
    assert!(
        whole.clone().all(|series| series.points.len() == 300),
        "{:?}",
        whole.map(|series| series.points.len()).collect::<Vec<_>>()
    );
    assert!(log.series.iter().all(|series| series.points.len() <= 4100));
    assert_eq!(log.facts.steps_per_epoch, Some(200));
}
