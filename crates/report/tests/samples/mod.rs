//! One chart of each kind, with values as they occur.

use foliar_report::*;

pub(crate) const NAMES: [&str; 4] = [
    "Tomato leaf blight <field & greenhouse>",
    "番茄晚疫病 (late blight)",
    "Grape leaf blight (Isariopsis leaf spot), \"severe\", photographed from below",
    "healthy",
];

type Draw = fn(&Frame) -> Result<Picture, ReportError>;

/// Name, drawing and the words that must be seen.
pub(crate) const CHARTS: &[(&str, Draw, &[&str])] = &[
    (
        "curves",
        |frame| curves(&curves_sample(), frame),
        &["loss", "scratch", "tuned", "ln C", "band", "epoch", "0.400"],
    ),
    (
        "intervals",
        |frame| intervals(&intervals_sample(), frame),
        &["healthy", "88.0\u{a0}%", "[86.0, 90.0]", "chance"],
    ),
    (
        "rate_curve",
        |frame| rate_curve(&rate_sample(), frame),
        &["learning rate", "proposed 0.01", "diverges at 1"],
    ),
    ("confusion", |frame| confusion(&confusion_sample(), frame), &["actual", "predicted", "healthy", "41"]),
    (
        "reliability",
        |frame| reliability(&reliability_sample(), frame),
        &["confidence", "too confident", "100\u{a0}%"],
    ),
    ("bars", |frame| bars(&bars_sample(), frame), &["healthy", "n = 7", "recall", "mean"]),
    ("risk_coverage", |frame| risk_coverage(&risk_sample(), frame), &["threshold", "answered", "4.0\u{a0}%"]),
];

pub(crate) fn curves_sample() -> Curves {
    let points = |height: f64| -> Vec<(f64, f64)> {
        (1..=20).map(|epoch| (f64::from(epoch), height + 2.0 * (-0.2 * f64::from(epoch)).exp())).collect()
    };
    let mut gap = points(0.4);
    gap[7].1 = f64::NAN;
    gap[19].1 = 0.4;
    let panel = Panel {
        title: "loss".into(),
        series: vec![
            Series::new("scratch", 0, points(1.0)),
            Series { marked: Some(19), emphasis: Emphasis::Faint, ..Series::new("tuned", 1, gap) },
        ],
        bands: vec![Band {
            name: "band".into(),
            edges: points(0.3).iter().map(|p| (p.0, p.1, p.1 + 1.5)).collect(),
            hue: 2,
        }],
        references: vec![Reference { name: "ln C = 2.71".into(), value: 15f64.ln() }],
        ..Panel::default()
    };
    Curves {
        heading: Heading::new("Two runs"),
        x_title: "epoch".into(),
        panels: vec![panel],
        ..Curves::default()
    }
}

fn intervals_sample() -> Intervals {
    let rows =
        NAMES.iter().map(|&name| Interval { name: name.into(), value: 0.88, low: 0.86, high: 0.9, hue: 0 });
    Intervals {
        number: Number::Percent,
        rows: rows.collect(),
        references: vec![Reference { name: "chance".into(), value: 0.25 }],
        ..Intervals::default()
    }
}

fn rate_sample() -> RateCurve {
    let rates: Vec<f64> = (0..60).map(|step| 1e-5 * 10f64.powf(f64::from(step) / 10.0)).collect();
    let smoothed: Vec<f64> = rates.iter().map(|rate| 2.0 / (1.0 + rate * 100.0) + rate * rate).collect();
    RateCurve {
        raw: smoothed.clone(),
        rates,
        smoothed,
        proposed: Some(0.01),
        diverged: Some(1.0),
        ..RateCurve::default()
    }
}

fn confusion_sample() -> Confusion {
    let classes: Vec<String> = NAMES.iter().map(|&name| name.into()).collect();
    Confusion {
        classes,
        counts: vec![41, 2, 0, 0, 3, 38, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0],
        ..Confusion::default()
    }
}

fn reliability_sample() -> Reliability {
    let bins = (0..5).map(|bin| {
        let low = f64::from(bin) * 0.2;
        ReliabilityBin {
            low,
            high: low + 0.2,
            confidence: low + 0.1,
            accuracy: low + 0.05 * f64::from(bin),
            interval: Some((low, low + 0.1)),
            count: 10 * bin as u64,
        }
    });
    Reliability { bins: bins.collect(), ..Reliability::default() }
}

fn bars_sample() -> Bars {
    let rows = NAMES.iter().map(|&name| Bar {
        name: name.into(),
        value: 0.7,
        interval: Some((0.5, 0.8)),
        note: "n = 7".into(),
        hue: 3,
    });
    Bars {
        x_title: "recall".into(),
        number: Number::Percent,
        rows: rows.collect(),
        references: vec![Reference { name: "mean".into(), value: 0.7 }],
        ..Bars::default()
    }
}

fn risk_sample() -> RiskCoverage {
    let coverage: Vec<f64> = (1..=10).map(|tenth| f64::from(tenth) / 10.0).collect();
    let risk = coverage.iter().map(|share| share * 0.05).collect();
    RiskCoverage { coverage, risk, chosen: Some(7), ..RiskCoverage::default() }
}
