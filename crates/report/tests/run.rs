//! The page, the pictures and the model card of a classifier, and the page of an audit: what they say, and that no value and
//! no name does them harm.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../examples/run_report/sample.rs"]
mod sample;

use foliar_doctor::Severity;
use foliar_report::audit::*;
use foliar_report::run::*;
use foliar_report::{
    Estimate, Frame, Gallery, Photo, ReliabilityBin, Remark, ReportError, Theme, Thumbnail, audit_page,
    model_card, run_page,
};
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
    let page = run_page(&sample::doubtful()).unwrap();
    assert_harmless(&page);
    let mut place = 0;
    for heading in [
        "Verdict",
        "Before you rely on it",
        "Curves",
        "What the doctor says of the training",
        "What is taken for what",
        "Class by class",
        "What its confidence is worth",
        "Does it know what it does not know?",
        "How it bears worse photographs",
        "Worst mistakes",
        "Most confident mistakes",
        "Near duplicates",
        "Labels that may be wrong",
        "Photographs of poor quality",
        "What the photographs are like",
        "How it was made, and how to repeat it",
    ] {
        let found = page[place..].find(&format!(">{heading}</h2>"));
        place += found.unwrap_or_else(|| panic!("{heading} is not where it should be"));
    }
    for text in [
        "verdict error",
        "ln C = 2.71: guessing",
        "across the split",
        "two labels",
        "far above guessing",
        "14 pairs of photographs",
        "foliar train plantvillage-mini",
        "6 of 41 are shown.",
        "data:image/png;base64,",
        "Below a confidence of 62\u{a0}%",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let table = page.split("class=\"sortable classes\"").nth(1).unwrap();
    assert_eq!(table[..table.find("</table>").unwrap()].matches("<th scope=\"row\">").count(), 15);
    assert!(page.len() < 1_000_000, "{}", page.len());
}

#[test]
fn a_sound_classifier_is_called_so() {
    let page = run_page(&sample::sound()).unwrap();
    assert_harmless(&page);
    assert!(page.contains("verdict healthy") && page.contains("Nothing was found against it."));
    assert!(!page.contains("Before you rely on it"));
}

#[test]
fn what_is_absent_is_told_and_leaves_no_empty_parts() {
    let page = run_page(&sample::bare()).unwrap();
    assert_harmless(&page);
    for text in [
        "was not measured",
        "Not measured",
        "the folder is not where it was.",
        "foliar train plantvillage-mini",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<svg") && !page.contains("<img") && !page.contains("key-figures\""));
    assert_harmless(&run_page(&RunView::default()).unwrap());
    assert!(model_card(&RunView::default()).contains("Nothing was measured"));
    assert_harmless(&audit_page(&AuditView::default()));
}

#[test]
fn every_picture_is_drawn_with_its_words() {
    let view = sample::doubtful();
    assert_eq!(Figure::of(&view), Figure::ALL);
    assert!(Figure::of(&sample::bare()).is_empty());
    for figure in Figure::ALL {
        for width in [400, 1400] {
            let frame = Frame { width, height: figure.natural_height(&view, width), theme: Theme::Dark };
            let svg = figure.draw(&view, &frame).unwrap().svg();
            assert!(roxmltree::Document::parse(&svg).is_ok());
            let word = match figure {
                Figure::Curves => "ln C = 2.71: guessing",
                Figure::Confusion => "What is taken for what",
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
fn equal_views_give_equal_bytes() {
    for (one, two) in [(sample::sound(), sample::sound()), (sample::doubtful(), sample::doubtful())] {
        assert_eq!(run_page(&one).unwrap(), run_page(&two).unwrap());
        assert_eq!(model_card(&one), model_card(&two));
        assert_eq!(one.audit.as_ref().map(audit_page), two.audit.as_ref().map(audit_page));
    }
}

#[test]
fn lists_of_another_length_are_refused() {
    let mut view = sample::sound();
    view.scores.as_mut().unwrap().confusion.pop();
    assert!(matches!(run_page(&view), Err(ReportError::Length { chart: "confusion", .. })));
}

/// A view in which every name and every text is an attack.
fn attacked() -> RunView {
    let mut view = sample::doubtful();
    let attack = || ATTACK.to_owned();
    let photo = |photo: &mut Photo| (photo.name, photo.class, photo.split) = (attack(), attack(), attack());
    view.subject = attack();
    view.model.classes.fill(attack());
    (view.model.network, view.model.weights) = (attack(), Some(attack()));
    view.test.name = attack();
    view.scores.as_mut().unwrap().classes.iter_mut().for_each(|class| class.name = attack());
    view.strangers.iter_mut().for_each(|set| {
        set.name = attack();
        set.auroc[0].0 = attack();
    });
    let robustness = view.robustness.as_mut().unwrap();
    robustness.severities.fill(attack());
    robustness.rows.iter_mut().for_each(|(name, _)| *name = attack());
    view.evidence.as_mut().unwrap().method = attack();
    for mistake in view.worst.shown.iter_mut().chain(&mut view.confident.shown) {
        photo(&mut mistake.photo);
        mistake.called = attack();
    }
    let audit = view.audit.as_mut().unwrap();
    audit.subject = attack();
    audit.remarks = vec![Remark::new(Severity::Error, ATTACK, ATTACK)];
    audit.classes.iter_mut().for_each(|(name, _)| *name = attack());
    audit.probes.iter_mut().for_each(|probe| probe.name = attack());
    audit.groups.as_mut().unwrap().how = attack();
    for pair in &mut audit.duplicates.shown {
        photo(&mut pair.one);
        photo(&mut pair.other);
        pair.how = attack();
    }
    audit.suspects.shown.iter_mut().for_each(|suspect| {
        photo(&mut suspect.photo);
        (suspect.proposed, suspect.reason) = (attack(), attack());
    });
    audit.poor.shown.iter_mut().for_each(|poor| poor.reason = attack());
    let origin = &mut view.provenance;
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
    view.absent = vec![Absent { what: attack(), why: attack() }];
    let finding = &mut view.diagnosis.as_mut().unwrap().findings[0];
    (finding.claim, finding.advice) = (attack(), attack());
    view
}

#[test]
fn names_can_not_write_markup() {
    let view = attacked();
    assert_harmless(&run_page(&view).unwrap());
    assert_harmless(&audit_page(view.audit.as_ref().unwrap()));
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
            .contains("## Caveats and recommendations\n\n- **Photographs leak across the split.**")
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
    (value(), value(), value()).prop_map(|(value, low, high)| Estimate { value, low, high })
}

fn photo() -> impl Strategy<Value = Photo> {
    (name(), name(), name(), any::<bool>()).prop_map(|(name, class, part, pictured)| {
        let thumbnail = Thumbnail::new(b"\x89PNG".to_vec(), 1, 1).filter(|_| pictured);
        Photo { name, class, split: part, thumbnail }
    })
}

fn scores() -> impl Strategy<Value = Scores> {
    let class = (name(), any::<u64>(), prop::option::of(estimate()), prop::option::of(value()));
    let class = class.prop_map(|(name, photographs, score, background)| ClassScore {
        name,
        photographs,
        precision: score,
        recall: score,
        f1: score,
        background,
        beside_the_leaf: photographs % 2 == 1,
    });
    let classes = prop::collection::vec(class, 0..4);
    let top = prop::collection::vec((any::<usize>(), estimate()), 0..2);
    (estimate(), value(), top, estimate(), estimate(), classes, prop::collection::vec(any::<u64>(), 0..10))
        .prop_map(|(accuracy, commonest, top, macro_f1, loss, classes, confusion)| Scores {
            accuracy,
            commonest,
            top,
            macro_f1,
            loss,
            classes,
            confusion,
        })
}

fn confidence() -> impl Strategy<Value = (Calibration, Abstention, Conformal)> {
    let bins = prop::collection::vec((value(), value(), value(), value(), any::<u64>()), 0..4);
    let curve = prop::collection::vec((value(), value()), 0..5);
    let sizes = prop::collection::vec(any::<u64>(), 0..4);
    (bins, estimate(), curve, prop::option::of(0usize..6), value(), sizes).prop_map(
        |(bins, estimate, curve, chosen, threshold, sizes)| {
            let bin = |(low, high, confidence, accuracy, count)| ReliabilityBin {
                low,
                high,
                confidence,
                accuracy,
                interval: Some((low, high)),
                count,
            };
            let (coverage, risk) = curve.into_iter().unzip();
            (
                Calibration {
                    bins: bins.into_iter().map(bin).collect(),
                    error: estimate,
                    excess: Some(estimate),
                    brier: estimate,
                },
                Abstention { coverage, risk, chosen, threshold: Some(threshold) },
                Conformal { promised: threshold, found: estimate, sizes },
            )
        },
    )
}

fn audit() -> impl Strategy<Value = AuditView> {
    (prop::collection::vec((photo(), photo(), name()), 0..3), any::<u64>(), name(), estimate(), value())
        .prop_map(|(photos, total, name, estimate, chance)| {
            let pairs = photos.iter().cloned().map(|(one, other, how)| Pair { one, other, how });
            AuditView {
                subject: name.clone(),
                photographs: total,
                crossing: Some(total),
                conflicting: total,
                classes: vec![(name.clone(), total)],
                duplicates: Gallery { shown: pairs.collect(), total },
                suspects: Gallery { shown: Vec::new(), total },
                probes: vec![Probe { name, accuracy: estimate, chance, alarming: true }],
                split_check: Some(SplitCheck { random: estimate, grouped: Estimate::point(chance) }),
                ..AuditView::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_classifier_makes_it_panic(
        scores in prop::option::of(scores()), (calibration, abstention, conformal) in confidence(), audit in audit(), name in name(),
        cells in prop::collection::vec(prop::option::of(value()), 0..4), estimate in estimate(), photographs in any::<u64>(),
        origin in prop::sample::select(vec![Origin::Test, Origin::Validation, Origin::Other]),
    ) {
        let classes = scores.iter().flat_map(|scores: &Scores| &scores.classes).map(|class| class.name.clone()).collect();
        let strangers = Strangers { name: name.clone(), auroc: vec![(name.clone(), estimate)], ..Strangers::default() };
        let view = RunView {
            subject: name.clone(),
            model: Model { classes, ..Model::default() },
            test: TestSet { photographs, origin, ..TestSet::default() },
            scores,
            calibration: Some(calibration),
            abstention: Some(abstention),
            conformal: Some(conformal),
            strangers: vec![strangers],
            robustness: Some(Robustness { clean: estimate.value, photographs, severities: vec![name.clone()], rows: vec![(name, cells)] }),
            audit: Some(audit),
            ..RunView::default()
        };
        let _ = (verdict(&view), model_card(&view));
        if let Ok(page) = run_page(&view) {
            assert_harmless(&page);
        }
    }
}
