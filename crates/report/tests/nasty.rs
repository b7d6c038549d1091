//! Whatever the values and the names are: a picture that is well-formed, or an error; never a panic.

use foliar_report::*;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, 1e30, -1e30, 1e100, 1e-100, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ]),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z _]{0,40}",
        1 => "\\PC{0,60}",
        1 => any::<String>(),
        1 => prop::sample::select(vec!["<&\">'", "番茄晚疫病", "\0\u{1b}[31m", "e\u{301}\u{202e}x", "👩‍🌾🍅"]).prop_map(String::from),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    (160u32..1500, 160u32..900, any::<bool>()).prop_map(|(width, height, dark)| Frame {
        width,
        height,
        theme: if dark { Theme::Dark } else { Theme::Light },
    })
}

fn heading() -> impl Strategy<Value = Heading> {
    (name(), name()).prop_map(|(title, note)| Heading { title, note })
}

fn number() -> impl Strategy<Value = Number> {
    prop::sample::select(vec![Number::Plain, Number::Percent, Number::Count])
}

fn scale() -> impl Strategy<Value = Scale> {
    prop::sample::select(vec![Scale::Linear, Scale::Log, Scale::Momentum])
}

fn references() -> impl Strategy<Value = Vec<Reference>> {
    prop::collection::vec((name(), value()).prop_map(|(name, value)| Reference { name, value }), 0..3)
}

fn panel() -> impl Strategy<Value = Panel> {
    let points = prop::collection::vec((value(), value()), 0..12);
    let series = (name(), points, any::<usize>(), prop::option::of(0usize..14), any::<bool>());
    let series = series.prop_map(|(name, points, hue, marked, faint)| Series {
        name,
        points,
        hue,
        marked,
        emphasis: if faint { Emphasis::Faint } else { Emphasis::Strong },
    });
    let band = (name(), prop::collection::vec((value(), value(), value()), 0..8));
    let band = band.prop_map(|(name, edges)| Band { name, edges, hue: 2 });
    (
        (name(), scale(), number(), prop::option::of((value(), value()))),
        (prop::collection::vec(series, 0..14), prop::collection::vec(band, 0..2), references(), references()),
    )
        .prop_map(|((title, scale, number, range), (series, bands, references, verticals))| Panel {
            title,
            scale,
            number,
            range,
            series,
            bands,
            references,
            verticals,
        })
}

/// An error is an answer; a picture must be well-formed and of the size asked for.
fn check(outcome: Result<Picture, ReportError>, frame: &Frame) {
    let Ok(picture) = outcome else { return };
    let svg = picture.svg();
    assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
    #[cfg(feature = "png")]
    assert!(picture.png().is_ok());
    assert_eq!((picture.width(), picture.height()), (frame.width, frame.height));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn curves_never_panic(
        heading in heading(), x_title in name(), x_scale in scale(), x_number in number(),
        panels in prop::collection::vec(panel(), 0..4), frame in frame(),
    ) {
        let chart = Curves { heading, x_title, x_scale, x_number, panels };
        let _ = chart.natural_height(frame.width);
        check(curves(&chart, &frame), &frame);
    }

    #[test]
    fn rows_never_panic(
        heading in heading(), x_title in name(), number in number(), references in references(), frame in frame(),
        rows in prop::collection::vec((name(), value(), value(), value(), name()), 0..50),
    ) {
        let row = |(name, value, low, high, _): &(String, f64, f64, f64, String)| Interval { name: name.clone(), value: *value, low: *low, high: *high, hue: 1 };
        let chart = Intervals { heading: heading.clone(), x_title: x_title.clone(), number, rows: rows.iter().map(row).collect(), references: references.clone() };
        let _ = chart.natural_height(frame.width);
        check(intervals(&chart, &frame), &frame);
        let bar = |(name, value, low, high, note): (String, f64, f64, f64, String)| Bar { name, value, interval: Some((low, high)), note, hue: 0 };
        let chart = Bars { heading, x_title, number, rows: rows.into_iter().map(bar).collect(), references };
        let _ = chart.natural_height(frame.width);
        check(bars(&chart, &frame), &frame);
    }

    #[test]
    fn lists_never_panic(
        heading in heading(), frame in frame(), chosen in prop::option::of(0usize..20), proposed in prop::option::of(value()),
        rows in prop::collection::vec((value(), value(), value()), 0..30),
    ) {
        let column = |pick: fn(&(f64, f64, f64)) -> f64| -> Vec<f64> { rows.iter().map(pick).collect() };
        let chart = RateCurve { heading: heading.clone(), rates: column(|row| row.0), raw: column(|row| row.1), smoothed: column(|row| row.2), proposed, diverged: proposed };
        check(rate_curve(&chart, &frame), &frame);
        let chart = RiskCoverage { heading, coverage: column(|row| row.0), risk: column(|row| row.1), chosen };
        check(risk_coverage(&chart, &frame), &frame);
    }

    #[test]
    fn reliability_never_panics(
        heading in heading(), frame in frame(),
        bins in prop::collection::vec((value(), value(), value(), 0.0..1.0, prop::option::of((value(), value())), any::<u64>()), 0..20),
    ) {
        let bins = bins.into_iter().map(|(low, high, confidence, accuracy, interval, count)| ReliabilityBin { low: low / 10.0, high: high / 10.0, confidence: confidence / 10.0, accuracy, interval, count });
        let chart = Reliability { heading, bins: bins.collect() };
        let _ = chart.natural_height(frame.width);
        check(reliability(&chart, &frame), &frame);
    }

    #[test]
    fn confusion_never_panics(heading in heading(), frame in frame(), classes in prop::collection::vec(name(), 0..45), seed in any::<u64>()) {
        let cells = classes.len() * classes.len();
        let counts = (0..cells as u64).map(|cell| if cell % 3 == 0 { 0 } else { seed.rotate_left((cell % 64) as u32) >> (cell % 60) });
        let chart = Confusion { heading, classes, counts: counts.collect() };
        let _ = chart.natural_height(frame.width);
        check(confusion(&chart, &frame), &frame);
    }
}
