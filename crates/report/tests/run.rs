//! The page, the pictures and the model card of a classifier, and the page of an audit: what they say, and that no value and
//! no name does them harm.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../examples/run_report/sample.rs"]
mod sample;

use foliar_report::run::Figure;
use foliar_report::{Frame, ReportError, RunPictures, Theme, audit_page, model_card, run_page};
use foliar_results::{Estimate, Evaluation, MissingSection, Origin, RunReport};
use proptest::prelude::*;

const ATTACK: &str = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=\"alert(1)&amp;|`*_[a](b)\n# c";

/// The body as XML: every element is closed, every text escaped. Elements that HTML never closes are closed for it.
fn body(page: &str) -> String {
    let (start, end) = (page.find("<body").unwrap(), page.find("</body>").unwrap() + "</body>".len());
    let mut body = String::new();
    for (index, piece) in page[start..end].split('<').enumerate() {
        if index > 0 {
            body.push('<');
        }
        match piece.split_once('>') {
            Some((tag, rest)) if tag.starts_with("img ") || tag == "wbr" => body += &format!("{tag}/>{rest}"),
            _ => body += piece,
        }
    }
    body
}

/// Asserts that the page is well-formed, loads nothing and runs nothing but the script that its policy names.
fn assert_harmless(page: &str) {
    let body = body(page);
    let document = roxmltree::Document::parse(&body).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("script-src 'sha256-"));
    for node in document.descendants() {
        assert!(!["link", "iframe", "object", "form", "base"].contains(&node.tag_name().name()), "{node:?}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && name != "href", "{name}={value}");
            assert!(name != "src" || value.starts_with("data:image/"), "{name}={value}");
            assert!(!value.contains("url("), "{name}={value}");
        }
    }
}

#[test]
fn the_page_says_everything_in_its_order() {
    let page = run_page(&sample::doubtful(), &sample::PICTURES).unwrap();
    assert_harmless(&page);
    let mut place = 0;
    for heading in [
        "Verdict",
        "Before you rely on it",
        "Curves",
        "Diagnosis of the training log",
        "Confusion matrix",
        "Results by class",
        "Leaf and background",
        "Calibration and abstention",
        "Out-of-distribution detection",
        "Robustness to image corruptions",
        "Worst mistakes",
        "Most confident mistakes",
        "Near duplicates",
        "Labels that may be wrong",
        "Photos of poor quality",
        "Data audit",
        "How it was trained, and how to repeat it",
    ] {
        let found = page[place..].find(&format!(">{heading}</h2>"));
        place += found.unwrap_or_else(|| panic!("{heading} is not where it should be"));
    }
    for text in [
        "verdict error",
        "ln C = 2.71: guessing",
        "across the split",
        "two labels",
        "far above chance",
        "14 pairs of equal or nearly equal photos",
        "Epoch, temperature and thresholds were tuned on this data",
        "The threshold is not guaranteed",
        "foliar train plantvillage-mini",
        "12 of 41 are shown.",
        "data:image/png;base64,",
        "abstains below a confidence of 62\u{a0}%",
        "1753 of the views have another background",
        "Evidence on the background; before: ",
        "the share changed by −8.1\u{a0}points (−10.2 to −6.0\u{a0}points).",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let table = page.split("class=\"sortable classes\"").nth(1).unwrap();
    assert_eq!(table[..table.find("</table>").unwrap()].matches("<th scope=\"row\">").count(), 15);
    assert!(page.len() < 1_000_000, "{}", page.len());
}

#[test]
fn a_sound_classifier_is_called_so() {
    let page = run_page(&sample::sound(), &sample::PICTURES).unwrap();
    assert_harmless(&page);
    assert!(page.contains("verdict healthy") && page.contains("No problem was found."));
    assert!(!page.contains("Before you rely on it"));
}

#[test]
fn what_is_absent_is_told_and_leaves_no_empty_parts() {
    let page = run_page(&sample::bare(), &sample::PICTURES).unwrap();
    assert_harmless(&page);
    for text in [
        "It was not measured how good this classifier is",
        "Not measured",
        "the folder is not where it was.",
        "foliar train plantvillage-mini",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<svg") && !page.contains("<img") && !page.contains("key-figures\""));
    assert_harmless(&run_page(&RunReport::default(), &RunPictures::NONE).unwrap());
    assert!(model_card(&RunReport::default()).contains("Nothing was measured"));
}

#[test]
fn every_picture_is_drawn_with_its_words() {
    let report = sample::doubtful();
    assert_eq!(Figure::of(&report), Figure::ALL);
    assert!(Figure::of(&sample::bare()).is_empty());
    for figure in Figure::ALL {
        for width in [400, 1400] {
            let frame = Frame { width, height: figure.natural_height(&report, width), theme: Theme::Dark };
            let svg = figure.draw(&report, &frame).unwrap().svg();
            assert!(roxmltree::Document::parse(&svg).is_ok());
            let word = match figure {
                Figure::Curves => "ln C = 2.71: guessing",
                Figure::Confusion => "Confusion matrix",
                Figure::Classes => "mean",
                Figure::Reliability => "too confident",
                Figure::RiskCoverage => "threshold: 85.0\u{a0}% answered",
                Figure::Robustness => "another background",
            };
            assert!(svg.contains(word), "{figure:?} at {width}: {word}");
        }
    }
}

#[test]
fn equal_reports_give_equal_bytes() {
    for (one, two) in [(sample::sound(), sample::sound()), (sample::doubtful(), sample::doubtful())] {
        let page = |report: &RunReport| run_page(report, &sample::PICTURES).unwrap();
        assert_eq!(page(&one), page(&two));
        assert_eq!(model_card(&one), model_card(&two));
        let audit = |report: &RunReport| audit_page(report.audit.as_ref().unwrap(), sample::PICTURES.audited);
        assert_eq!(audit(&one), audit(&two));
    }
}

/// The page, the card and the line of `foliar report` are of one verdict.
#[test]
fn page_and_card_show_the_verdict() {
    for report in [sample::sound(), sample::doubtful(), sample::bare()] {
        let verdict = report.verdict();
        let page = run_page(&report, &sample::PICTURES).unwrap().replace(['\u{a0}'], " ");
        let card = model_card(&report);
        let plain = |text: &str| text.replace('_', "\\_");
        assert!(
            page.contains(&verdict.summary) && card.contains(&plain(&verdict.summary)),
            "{}",
            verdict.summary
        );
        for finding in &verdict.findings {
            assert!(
                page.contains(&finding.claim) && card.contains(&plain(&finding.claim)),
                "{}",
                finding.claim
            );
            let evidence = finding.evidence.join(" ");
            assert!(card.contains(&plain(&evidence)), "{evidence}");
        }
    }
}

#[test]
fn lists_of_another_length_are_refused() {
    let mut report = sample::sound();
    report.evaluation.as_mut().unwrap().confusion.counts[0].pop();
    let refused = run_page(&report, &RunPictures::NONE);
    assert!(matches!(refused, Err(ReportError::Length { chart: "confusion", .. })));
}

/// A report in which every name and every text is an attack.
fn attacked() -> RunReport {
    let mut report = sample::doubtful();
    let attack = || ATTACK.to_owned();
    report.subject = attack();
    report.model.classes.fill(attack());
    (report.model.network, report.model.weights) = (attack(), Some(attack()));
    let evaluation = report.evaluation.as_mut().unwrap();
    evaluation.data.root = ATTACK.into();
    evaluation.classes.iter_mut().for_each(|class| class.class = attack());
    evaluation.predictions.iter_mut().for_each(|prediction| prediction.path = attack());
    evaluation.ood.as_mut().unwrap().sets.iter_mut().for_each(|set| set.name = attack());
    let robustness = evaluation.robustness.as_mut().unwrap();
    robustness.rows.iter_mut().for_each(|row| row.corruption = attack());
    let evidence = report.evidence.as_mut().unwrap();
    evidence.method = attack();
    evidence.classes.iter_mut().for_each(|class| class.class = attack());
    let audit = report.audit.as_mut().unwrap();
    audit.root = attack();
    for finding in &mut audit.findings {
        (finding.claim, finding.advice) = (attack(), attack());
        finding.evidence.fill(attack());
    }
    audit.classes.iter_mut().for_each(|class| class.class = attack());
    for pair in &mut audit.copies {
        (pair.a, pair.b) = (attack(), attack());
    }
    for issue in &mut audit.label_issues {
        (issue.path, issue.class, issue.suggested, issue.reason) = (attack(), attack(), attack(), attack());
    }
    for photograph in &mut audit.photographs {
        (photograph.path, photograph.class, photograph.split) = (attack(), attack(), Some(attack()));
    }
    let origin = &mut report.provenance;
    for text in [
        &mut origin.version,
        &mut origin.photographs,
        &mut origin.fingerprint,
        &mut origin.grouping,
        &mut origin.recipe,
    ] {
        *text = attack();
    }
    origin.splits = vec![(attack(), 1)];
    origin.facts = vec![(attack(), attack())];
    origin.commands = vec![attack()];
    report.missing = vec![MissingSection::new(ATTACK, ATTACK)];
    let finding = &mut report.diagnosis.as_mut().unwrap().findings[0];
    (finding.claim, finding.advice) = (attack(), attack());
    report
}

#[test]
fn names_cannot_write_markup() {
    let report = attacked();
    assert_harmless(&run_page(&report, &sample::PICTURES).unwrap());
    assert_harmless(&audit_page(report.audit.as_ref().unwrap(), sample::PICTURES.audited));
}

#[test]
fn the_model_card_has_its_sections_and_no_markup_of_names() {
    let card = model_card(&sample::sound());
    let headings: Vec<&str> = card.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(
        headings,
        [
            "Model details",
            "Intended use",
            "Factors",
            "Metrics",
            "Evaluation data",
            "Training data",
            "Quantitative analyses",
            "Ethical considerations",
            "How to repeat it",
        ]
    );
    for text in [
        "88.7\u{a0}% (85.8 to 91.7\u{a0}%)",
        "held back for the test",
        "```sh\nfoliar train plantvillage-mini",
        "| Tomato\\_healthy | 29 |",
    ] {
        assert!(card.contains(text), "{text}: {card}");
    }
    assert!(
        model_card(&sample::doubtful())
            .contains("## Caveats and recommendations\n\n- **Photos leak across the split.**")
    );
    let attacked = model_card(&attacked());
    let (text, _) = attacked.split_once("## How to repeat it").unwrap();
    assert!(!text.contains("<script") || text.contains("\\<script"), "{text}");
    assert!(!text.lines().any(|line| line.starts_with("# c")));
    for (at, _) in text.match_indices(['<', '|', '[']) {
        let before = text[..at].chars().last();
        let table = text[at..].starts_with("| ") || text[at..].starts_with("|\n");
        assert!(before == Some('\\') || table, "{}", &text[at.saturating_sub(20)..at + 1]);
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -2.0..2.0,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![0.0, -0.0, 1.0, 1e-300, 1e100, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-c_]{0,6}", 1 => "\\PC{0,30}", 1 => any::<String>()]
}

fn estimate() -> impl Strategy<Value = Estimate> {
    (value(), value(), value()).prop_map(|(value, low, high)| Estimate::new(value, [low, high]))
}

/// Whether a change of values is possible, and what it changes: numbers that no evaluation of photos has, lists of any
/// length.
fn twisted() -> impl Strategy<Value = Evaluation> {
    let lists = (
        prop::collection::vec(prop::collection::vec(any::<usize>().prop_map(|count| count >> 8), 0..4), 0..4),
        prop::collection::vec(any::<usize>().prop_map(|count| count >> 8), 0..4),
        prop::collection::vec((name(), prop::collection::vec(estimate(), 0..4)), 0..4),
        prop::collection::vec((name(), estimate(), any::<usize>().prop_map(|count| count >> 8)), 0..4),
    );
    let values = (estimate(), estimate(), value(), value(), any::<usize>().prop_map(|count| count >> 8));
    let origins = prop::sample::select(vec![Origin::Test, Origin::Validation, Origin::Folder]);
    (lists, values, origins, any::<bool>()).prop_map(
        |((counts, sizes, rows, classes), (one, other, alone, share, photographs), origin, has_detector)| {
            let mut evaluation = sample::doubtful().evaluation.unwrap();
            evaluation.data.origin = origin;
            evaluation.photographs = photographs;
            evaluation.scores.accuracy = one;
            evaluation.scores.loss = other;
            evaluation.confusion.counts = counts;
            evaluation.classes.truncate(classes.len());
            for (class, (name, score, photographs)) in evaluation.classes.iter_mut().zip(classes) {
                (class.class, class.photographs, class.scores.recall) = (name, photographs, score);
            }
            evaluation.calibration.excess = one;
            evaluation.calibration.error = alone;
            for bin in evaluation.calibration.bins.iter_mut().take(2) {
                (bin.low, bin.confidence, bin.accuracy) = (alone, share, one);
            }
            let sets = evaluation.prediction_sets.as_mut().unwrap();
            (sets.alpha, sets.coverage, sets.sizes) = (share, other, sizes);
            evaluation.selective.threshold = Some(alone);
            evaluation.selective.answered = Some(one);
            for point in evaluation.selective.curve.points.iter_mut().take(3) {
                (point.threshold, point.coverage, point.risk) = (alone, share, alone);
            }
            for set in &mut evaluation.ood.as_mut().unwrap().sets {
                set.distance_auroc = has_detector.then_some(one);
                (set.energy_auroc, set.flagged, set.answered, set.photographs) =
                    (other, alone, share, photographs);
            }
            let robustness = evaluation.robustness.as_mut().unwrap();
            robustness.rows.truncate(rows.len());
            for (row, (name, accuracy)) in robustness.rows.iter_mut().zip(rows) {
                (row.corruption, row.accuracy) = (name, accuracy);
            }
            evaluation
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_classifier_makes_it_panic(evaluation in twisted(), estimate in estimate(), name in name(), place in any::<usize>()) {
        let mut report = RunReport { evaluation: Some(evaluation), ..sample::doubtful() };
        report.subject = name;
        report.mistakes.worst[0].prediction = place;
        let audit = report.audit.as_mut().unwrap();
        audit.background.probes[0].accuracy = estimate;
        audit.split_check.as_mut().unwrap().optimism = estimate;
        let _ = (report.verdict(), model_card(&report));
        if let Ok(page) = run_page(&report, &sample::PICTURES) {
            assert_harmless(&page);
        }
    }
}

/// Errors of two sets of photos are not set against each other.
#[test]
fn answers_are_compared_with_all_only_where_all_can_be_judged() {
    let mut report = sample::sound();
    let page = |report: &RunReport| run_page(report, &sample::PICTURES).unwrap();
    assert!(page(&report).contains("of the answers are wrong, instead of "));
    let evaluation = report.evaluation.as_mut().unwrap();
    evaluation.selective.assessed = evaluation.photographs / 5;
    let page = page(&report);
    assert!(!page.contains("of the answers are wrong, instead of "));
    assert!(page.contains("of which that can be judged") && page.contains("answered or not, it is wrong on"));
}
