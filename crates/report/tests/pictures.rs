//! What every picture keeps to: well-formed SVG with its words, a PNG of the right size, the same bytes every time.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod samples;

#[cfg(feature = "png")]
use std::collections::BTreeSet;

use foliar_report::{Confusion, Curves, Frame, Heading, ReportError, Series, Theme, confusion, curves};
use samples::{CHARTS, NAMES, curves_sample};

fn frame(width: u32, height: u32, theme: Theme) -> Frame {
    Frame { width, height, theme }
}

fn words(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    document
        .descendants()
        .filter(|node| node.is_text())
        .filter_map(|node| node.text())
        .map(str::to_owned)
        .collect()
}

#[cfg(feature = "png")]
fn decoded(picture: &foliar_report::Picture) -> (u32, u32, Vec<u8>) {
    let bytes = picture.png().expect("a PNG");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a header");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels)
}

#[test]
fn svg_is_well_formed_scales_and_has_its_words() {
    for (name, draw, expected) in CHARTS {
        for theme in [Theme::Light, Theme::Dark] {
            for (width, height) in [(1400, 900), (400, 700)] {
                let svg = draw(&frame(width, height, theme)).expect("a picture").svg();
                let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
                let root = document.root_element();
                assert_eq!(
                    root.attribute("viewBox"),
                    Some(format!("0 0 {width} {height}").as_str()),
                    "{name}"
                );
                let words = words(&svg);
                for word in *expected {
                    assert!(
                        words.iter().any(|text| text.contains(word)),
                        "{name} at {width}: no {word:?} in {words:?}"
                    );
                }
            }
        }
    }
}

#[cfg(feature = "png")]
#[test]
fn png_has_the_size_that_was_asked_for_and_is_not_blank() {
    for (name, draw, _) in CHARTS {
        let picture = draw(&frame(640, 480, Theme::Dark)).expect("a picture");
        let (width, height, pixels) = decoded(&picture);
        assert_eq!((width, height), (640, 480), "{name}");
        let page = &pixels[..3];
        assert!(pixels.chunks_exact(3).filter(|pixel| pixel != &page).count() > 2000, "{name} is blank");
        let dense = picture.png_dense(2).expect("a PNG");
        let reader = png::Decoder::new(std::io::Cursor::new(dense)).read_info().expect("a header");
        assert_eq!((reader.info().width, reader.info().height), (1280, 960));
    }
}

/// Where the SVG has a text, the PNG has ink.
#[cfg(feature = "png")]
#[test]
fn svg_and_png_show_the_same_texts() {
    for (name, draw, _) in CHARTS {
        let picture = draw(&frame(800, 600, Theme::Light)).expect("a picture");
        let (width, _, pixels) = decoded(&picture);
        let svg = picture.svg();
        let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
        let mut compared = 0;
        for node in document.descendants().filter(|node| node.attribute("textLength").is_some()) {
            if node.attribute("transform").is_some() {
                continue;
            }
            let number = |key: &str| node.attribute(key).expect("present").parse::<f64>().expect("a number");
            let (y, length) = (number("y"), number("textLength"));
            let left = match node.attribute("text-anchor") {
                Some("middle") => number("x") - length / 2.0,
                Some("end") => number("x") - length,
                _ => number("x"),
            };
            let row = (y - 3.0) as usize * width as usize;
            let start = (row + left.max(0.0) as usize) * 3;
            let colours: BTreeSet<&[u8]> =
                pixels[start..start + length as usize * 3].chunks_exact(3).collect();
            assert!(colours.len() > 2, "{name}: no letters where {:?} is", node.text());
            compared += 1;
        }
        assert!(compared > 5, "{name}");
    }
}

#[test]
fn the_same_values_give_the_same_bytes() {
    for (name, draw, _) in CHARTS {
        let frame = frame(700, 500, Theme::Light);
        let (one, two) = (draw(&frame).expect("a picture"), draw(&frame).expect("a picture"));
        assert_eq!(one.svg(), two.svg(), "{name}");
        #[cfg(feature = "png")]
        assert_eq!(one.png(), two.png(), "{name}");
    }
}

#[test]
fn every_coordinate_lies_on_the_page() {
    for (name, draw, _) in CHARTS {
        let svg = draw(&frame(400, 600, Theme::Light)).expect("a picture").svg();
        let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
        let on_page =
            |text: &str, limit: f64| (-1.0..=limit + 1.0).contains(&text.parse::<f64>().expect("a number"));
        for node in document.descendants() {
            for pair in node.attribute("points").unwrap_or_default().split_whitespace() {
                let (x, y) = pair.split_once(',').expect("a pair");
                assert!(on_page(x, 400.0) && on_page(y, 600.0), "{name}: {pair}");
            }
            for (key, limit) in [("x", 400.0), ("cx", 400.0), ("y", 600.0), ("cy", 600.0)] {
                assert!(node.attribute(key).is_none_or(|value| on_page(value, limit)), "{name}: {node:?}");
            }
        }
    }
}

#[test]
fn names_are_escaped_and_shortened_ones_are_told_in_full() {
    let classes: Vec<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    let counts = (0..classes.len() * classes.len()).map(|index| index as u64).collect();
    let chart = Confusion { heading: Heading::new("<b>&\"'</b>"), classes, counts };
    let svg = confusion(&chart, &frame(400, 500, Theme::Light)).expect("a picture").svg();
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    assert_eq!(document.root_element().attribute("aria-label"), Some("<b>&\"'</b>"));
    let titles: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("title"))
        .filter_map(|node| node.text())
        .collect();
    for name in NAMES {
        assert!(titles.iter().any(|title| title.contains(name)), "{name}");
    }
}

#[test]
fn names_move_to_a_legend_where_the_panel_is_narrow() {
    let mut chart = curves_sample();
    for series in &mut chart.panels[0].series {
        series.name = format!("{} with a weight decay of 0.0005 and label smoothing", series.name);
    }
    for width in [300, 1400] {
        let height = chart.natural_height(width);
        let words = words(&curves(&chart, &frame(width, height, Theme::Light)).expect("a picture").svg());
        for series in chart.panels[0].series.iter().filter(|series| !series.name.is_empty()) {
            assert!(words.contains(&series.name), "{width}: {words:?}");
        }
    }
}

#[test]
fn a_legend_leaves_half_of_the_picture_to_the_lines() {
    let mut chart = curves_sample();
    let many = (0..80)
        .map(|run| Series::new(format!("run {run} of a long search"), run, vec![(1.0, 1.0), (2.0, 0.5)]));
    chart.panels[0].series = many.collect();
    let words = words(&curves(&chart, &frame(400, 300, Theme::Light)).expect("a picture").svg());
    assert!(words.iter().any(|text| text.starts_with("and ") && text.ends_with(" more")), "{words:?}");
}

#[test]
fn requests_that_can_not_be_drawn_are_errors() {
    let chart = curves_sample();
    for (width, height) in [(0, 100), (159, 400), (400, 6001), (u32::MAX, u32::MAX)] {
        let outcome = curves(&chart, &frame(width, height, Theme::Light));
        assert_eq!(outcome.err(), Some(ReportError::Size { width, height }));
    }
    let empty = curves(&Curves::default(), &frame(400, 300, Theme::Light));
    assert!(matches!(empty, Err(ReportError::Empty { chart: "curves", .. })));
    let chart = Confusion { classes: vec!["rust".into(); 2], counts: vec![1; 3], ..Confusion::default() };
    let wrong = confusion(&chart, &frame(400, 300, Theme::Light)).err();
    assert_eq!(
        wrong,
        Some(ReportError::Length { chart: "confusion", field: "counts", found: 3, expected: 4 })
    );
}

#[test]
fn a_hundred_thousand_steps_make_a_small_file() {
    let mut chart = curves_sample();
    chart.panels[0].series[0].points =
        (0..100_000).map(|step| (f64::from(step), f64::from(step * 31 % 97))).collect();
    let svg = curves(&chart, &frame(800, 400, Theme::Light)).expect("a picture").svg();
    assert!(svg.len() < 120_000, "{} bytes", svg.len());
}
