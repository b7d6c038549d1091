//! Draws every picture with made-up data into a folder, light and dark, 1400 and 400 pixels wide.
//!
//! `cargo run --release -p foliar-report --example gallery -- FOLDER`

use std::path::{Path, PathBuf};

use foliar_report::*;

const LEAVES: [&str; 38] = [
    "Apple scab",
    "Apple black rot",
    "Apple cedar rust",
    "Apple healthy",
    "Blueberry healthy",
    "Cherry powdery mildew",
    "Cherry healthy",
    "Maize grey leaf spot",
    "Maize common rust",
    "Maize northern leaf blight",
    "Maize healthy",
    "Grape black rot",
    "Grape esca (black measles)",
    "Grape leaf blight (Isariopsis leaf spot)",
    "Grape healthy",
    "Orange huanglongbing (citrus greening)",
    "Peach bacterial spot",
    "Peach healthy",
    "Pepper bacterial spot",
    "Pepper healthy",
    "Potato early blight",
    "Potato late blight",
    "Potato healthy",
    "Raspberry healthy",
    "Soybean healthy",
    "Squash powdery mildew",
    "Strawberry leaf scorch",
    "Strawberry healthy",
    "Tomato bacterial spot",
    "Tomato early blight",
    "Tomato late blight",
    "Tomato leaf mould",
    "Tomato Septoria leaf spot",
    "Tomato two-spotted spider mite",
    "Tomato target spot",
    "Tomato yellow leaf curl virus",
    "Tomato mosaic virus",
    "Tomato healthy",
];

/// A number in `0.0..1.0` that depends on `n` alone (Weyl, mixed).
fn noise(n: usize) -> f64 {
    let mixed = (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

fn heading(title: &str, note: &str) -> Heading {
    Heading { title: title.into(), note: note.into() }
}

fn compare() -> Curves {
    let runs =
        [("from scratch", 0.09, 0.62, 1), ("frozen head", 0.5, 0.79, 2), ("fine-tuned", 0.35, 0.905, 3)];
    let curve = |index: usize, train: bool, loss: bool| -> Vec<(f64, f64)> {
        let (_, rate, top, seed) = runs[index];
        (1..=30)
            .map(|epoch| {
                let done = 1.0 - (-rate * f64::from(epoch)).exp();
                let top = if train { (top + 0.09_f64).min(0.99) } else { top };
                let accuracy =
                    0.07 + (top - 0.07) * done + (noise(epoch as usize * 7 + seed * 97) - 0.5) * 0.02;
                let value = if loss {
                    -accuracy.max(0.07).ln() * 1.02 + if train { 0.0 } else { 0.04 }
                } else {
                    accuracy
                };
                (f64::from(epoch), value)
            })
            .collect()
    };
    let panel = |loss: bool| {
        let mut series = Vec::new();
        for (index, (name, ..)) in runs.iter().enumerate() {
            let train = Series::new("", index, curve(index, true, loss));
            series.push(Series { emphasis: Emphasis::Faint, ..train });
            let points = curve(index, false, loss);
            let best = |a: &usize, b: &usize| points[*a].1.total_cmp(&points[*b].1);
            let marked = if loss { None } else { (0..points.len()).max_by(best) };
            series.push(Series { marked, ..Series::new(*name, index, points) });
        }
        let chance = if loss {
            Reference { name: "ln C = 2.71: chance".into(), value: 15f64.ln() }
        } else {
            Reference { name: "chance".into(), value: 1.0 / 15.0 }
        };
        Panel {
            title: if loss { "loss (nats)" } else { "accuracy" }.into(),
            number: if loss { Number::Plain } else { Number::Percent },
            series,
            references: vec![chance],
            ..Panel::default()
        }
    };
    Curves {
        heading: heading(
            "Three ways to train MobileNet on 15 diseases",
            "plantvillage-mini, unseen leaves; pale: training, strong: validation",
        ),
        x_title: "epoch".into(),
        panels: vec![panel(true), panel(false)],
        ..Curves::default()
    }
}

fn doctor() -> Curves {
    let accuracy = |epoch: f64| 0.995 - 0.55 * (-0.42 * epoch).exp();
    let low = |epoch: f64| {
        let e = 1.0 - accuracy(epoch);
        -e * e.ln() - (1.0 - e) * (1.0 - e).ln()
    };
    let band: Vec<_> = (1..=30)
        .map(|i| {
            let x = f64::from(i);
            (x, low(x), low(x) + (1.0 - accuracy(x)) * 37f64.ln())
        })
        .collect();
    let truth = |i: i32, seed: usize| {
        let (_, low, high) = band[i as usize - 1];
        low + (high - low) * (0.25 + 0.1 * noise(i as usize + seed))
    };
    let line = |factor: f64, seed: usize| {
        (1..=30).map(|i| (f64::from(i), factor * truth(i, seed))).collect::<Vec<_>>()
    };
    Curves {
        heading: heading(
            "The printed loss is about 60 times the mean",
            "batches of 64 fit; the corrected curve lies where a calibrated model of this accuracy has it",
        ),
        x_title: "epoch".into(),
        panels: vec![Panel {
            title: "loss (nats, logarithmic)".into(),
            scale: Scale::Log,
            series: vec![
                Series::new("printed, train", 1, line(62.0, 3)),
                Series { emphasis: Emphasis::Faint, ..Series::new("printed, val", 1, line(64.0, 50)) },
                Series { marked: Some(29), ..Series::new("corrected, train", 0, line(1.0, 3)) },
            ],
            bands: vec![Band { name: "possible for this accuracy".into(), edges: band.clone(), hue: 2 }],
            references: vec![Reference { name: "ln C = 3.64: chance".into(), value: 38f64.ln() }],
            ..Panel::default()
        }],
        ..Curves::default()
    }
}

fn many() -> Curves {
    let series = (0..11).map(|run| {
        let points = (1..=60).map(|epoch| {
            let gap = run == 4 && (20..26).contains(&epoch);
            let value = 0.5
                + 0.04 * run as f64
                + 0.1 * (f64::from(epoch) / 12.0).tanh()
                + 0.02 * noise(epoch as usize * 31 + run);
            (f64::from(epoch), if gap { f64::NAN } else { value.min(1.0) })
        });
        let last = if run % 3 == 0 { 35 } else { 60 };
        Series::new(
            format!("trial {run}: rate {:.0e}, weight decay 5e-4, mixup", 0.001 * (run + 1) as f64),
            run,
            points.take(last).collect(),
        )
    });
    Curves {
        heading: Heading::new("Eleven trials; some were pruned"),
        x_title: "epoch".into(),
        panels: vec![Panel {
            title: "validation accuracy".into(),
            number: Number::Percent,
            series: series.collect(),
            ..Panel::default()
        }],
        ..Curves::default()
    }
}

fn final_values() -> Intervals {
    let rows = [
        ("from scratch", 0.612, 0.026),
        ("frozen head, default rate", 0.792, 0.022),
        ("frozen head, tuned", 0.821, 0.02),
        ("fine-tuned, default rate", 0.903, 0.016),
        ("fine-tuned, tuned by 40 trials of Bayesian optimisation", 0.927, 0.013),
    ];
    Intervals {
        heading: heading(
            "Tuning is worth 2 points, transfer 20",
            "final accuracy on 1,204 photographs of unseen leaves",
        ),
        x_title: "validation accuracy, 95 % interval".into(),
        number: Number::Percent,
        rows: rows
            .iter()
            .enumerate()
            .map(|(i, &(name, value, half))| Interval {
                name: name.into(),
                value,
                low: value - half * 1.1,
                high: value + half,
                hue: [1, 2, 2, 0, 0][i],
            })
            .collect(),
        references: vec![Reference { name: "background alone: 49 %".into(), value: 0.49 }],
    }
}

fn range_test() -> RateCurve {
    let rates: Vec<f64> = (0..120).map(|i| 1e-5 * 10f64.powf(f64::from(i) / 120.0 * 5.6)).collect();
    let smoothed: Vec<f64> = rates
        .iter()
        .map(|&rate| 0.75 + 1.96 / (1.0 + (rate / 0.006).powf(1.1)) + (rate / 0.55).powi(3))
        .collect();
    let raw = smoothed.iter().enumerate().map(|(i, loss)| loss * (1.0 + 0.16 * (noise(i) - 0.5))).collect();
    RateCurve {
        heading: heading("Learning-rate range test", "ResNet-18, 120 batches of 32"),
        rates,
        raw,
        smoothed,
        proposed: Some(0.012),
        diverged: Some(0.62),
    }
}

fn matrix(classes: usize) -> Confusion {
    let counts = (0..classes * classes).map(|i| {
        let (actual, predicted) = (i / classes, i % classes);
        let size = 20 + (noise(actual + 900) * 80.0) as u64;
        if actual == predicted {
            return size;
        }
        let near = if actual.abs_diff(predicted) == 1 { 0.2 } else { 0.015 };
        if noise(i) < near * 2.0 { 1 + (noise(i + 5000) * size as f64 * near) as u64 } else { 0 }
    });
    let names = if classes == 38 { &LEAVES[..] } else { &LEAVES[28..28 + classes] };
    Confusion {
        heading: heading("What is taken for what", "test photographs, one row for each actual class"),
        classes: names.iter().map(|&name| name.into()).collect(),
        counts: counts.collect(),
    }
}

fn calibration() -> Reliability {
    let bins = (0..10).map(|i| {
        let low = f64::from(i) / 10.0;
        let confidence = low + 0.055;
        let accuracy =
            if i == 2 { 0.33 } else { (confidence - 0.09 + 0.05 * noise(i as usize + 40)).max(0.0) };
        ReliabilityBin {
            low,
            high: low + 0.1,
            confidence,
            accuracy,
            interval: Some(((accuracy - 0.05).max(0.0), (accuracy + 0.05).min(1.0))),
            count: [0, 9, 31, 44, 52, 60, 71, 96, 170, 671][i as usize],
        }
    });
    Reliability {
        heading: heading(
            "Somewhat too sure of itself",
            "expected calibration error 0.061 [0.052, 0.071] before temperature scaling",
        ),
        bins: bins.collect(),
    }
}

fn recall() -> Bars {
    let rows = LEAVES.iter().enumerate().map(|(i, &name)| {
        let value = 1.0 - 0.4 * noise(i + 17).powi(2);
        let count = 12 + (noise(i) * 60.0) as u32;
        let half = 1.96 * (value * (1.0 - value) / f64::from(count)).sqrt();
        Bar {
            name: name.into(),
            value,
            interval: Some(((value - half).max(0.0), (value + half).min(1.0))),
            note: format!("n = {count}"),
            hue: usize::from(value < 0.75),
        }
    });
    Bars {
        heading: heading("Recall of each class", "whiskers: 95 %; orange: below 75 %"),
        x_title: "recall".into(),
        number: Number::Percent,
        rows: rows.collect(),
        references: vec![Reference { name: "mean 0.87".into(), value: 0.87 }],
    }
}

fn counts() -> Bars {
    let rows = LEAVES[20..35].iter().enumerate().map(|(i, &name)| Bar {
        name: name.into(),
        value: (noise(i) * 5000.0).round(),
        ..Bar::default()
    });
    Bars {
        heading: Heading::new("Photographs of each class"),
        number: Number::Count,
        rows: rows.collect(),
        ..Bars::default()
    }
}

fn abstention() -> RiskCoverage {
    let coverage: Vec<f64> = (1..=500).map(|i| f64::from(i) / 500.0).collect();
    let risk = coverage
        .iter()
        .enumerate()
        .map(|(i, &c)| 0.002 + 0.11 * c.powf(3.2) + 0.004 * noise(i) / (1.0 + i as f64 * 0.1))
        .collect();
    RiskCoverage {
        heading: heading("Fewer answers, fewer mistakes", "area below the curve 0.028"),
        coverage,
        risk,
        chosen: Some(409),
    }
}

fn save(picture: &Picture, folder: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let path = |ending: &str| -> PathBuf { folder.join(format!("{name}.{ending}")) };
    std::fs::write(path("svg"), picture.svg())?;
    std::fs::write(path("png"), picture.png()?)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    for (theme, dark) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for width in [1400, 400] {
            let frame = |height: u32| Frame { width, height, theme };
            let name = |chart: &str| format!("{chart}-{dark}-{width}");
            for (title, chart) in [("compare", compare()), ("doctor", doctor()), ("many", many())] {
                save(&curves(&chart, &frame(chart.natural_height(width)))?, &folder, &name(title))?;
            }
            let chart = final_values();
            save(&intervals(&chart, &frame(chart.natural_height(width)))?, &folder, &name("intervals"))?;
            let chart = range_test();
            save(&rate_curve(&chart, &frame(chart.natural_height(width)))?, &folder, &name("rate-curve"))?;
            for classes in [3, 10, 38] {
                let chart = matrix(classes);
                save(
                    &confusion(&chart, &frame(chart.natural_height(width)))?,
                    &folder,
                    &name(&format!("confusion{classes}")),
                )?;
            }
            let chart = calibration();
            save(&reliability(&chart, &frame(chart.natural_height(width)))?, &folder, &name("reliability"))?;
            for (title, chart) in [("recall", recall()), ("counts", counts())] {
                save(&bars(&chart, &frame(chart.natural_height(width)))?, &folder, &name(title))?;
            }
            let chart = abstention();
            save(
                &risk_coverage(&chart, &frame(chart.natural_height(width)))?,
                &folder,
                &name("risk-coverage"),
            )?;
        }
    }
    Ok(())
}
