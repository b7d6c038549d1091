//! The pictures and the page of a study: what they say, and that no value and no name does them harm.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod markup;
#[path = "../examples/study/sample.rs"]
mod sample;

use std::collections::BTreeMap;

use foliar_report::study::*;
use foliar_report::{Estimate, Frame, Number, ReportError, Scale, Theme, study_page};
use foliar_results::{PairedComparison, PairedDifference, TestScores};
use markup::assert_well_formed;
use proptest::prelude::*;

fn frame(view: &StudyView, figure: Figure, width: u32, theme: Theme) -> Frame {
    Frame { width, height: figure.natural_height(view, width), theme }
}

fn words(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.filter_map(|node| node.text()).map(str::to_owned).collect()
}

/// Words that each picture shows at every width.
fn expected(figure: Figure) -> &'static [&'static str] {
    match figure {
        Figure::Comparison => &["tuned", "untuned", "90.3\u{a0}%", "[88.5, 91.9]"],
        Figure::History => &["best: trial 37", "lowest so far", "infeasible, no value", "trial"],
        Figure::Contour => {
            &["learning rate", "momentum", "0.9", "0.95", "10⁻²", "predicted to fail", "0.310"]
        }
        Figure::Importance => &["learning rate", "71.0\u{a0}%"],
        Figure::Curves => &["epoch", "validation loss (logarithmic)"],
        Figure::Slices => &["batch size", "augmentation", "flips and turns", "0.9"],
        Figure::Parallel => {
            &["learning rate", "augmentation", "flips and turns", "validation loss", "better"]
        }
        Figure::CrossValidation => {
            &["weight decay", "chosen", "lowest mean", "0", "one standard error from the best"]
        }
    }
}

#[test]
fn every_picture_is_drawn_with_its_words() {
    let view = sample::study(true);
    assert_eq!(Figure::of(&view), Figure::ALL);
    for figure in Figure::ALL {
        for (width, theme) in
            [(1400, Theme::Light), (1400, Theme::Dark), (400, Theme::Light), (380, Theme::Dark)]
        {
            let svg = figure.draw(&view, &frame(&view, figure, width, theme)).expect("a picture").svg();
            let words = words(&svg);
            for word in expected(figure) {
                assert!(
                    words.iter().any(|text| text.contains(word)),
                    "{figure:?} at {width}: no {word:?} in {words:?}"
                );
            }
        }
    }
}

#[test]
fn both_comparisons_are_on_the_page() {
    let page = study_page(&sample::study(true)).unwrap();
    for words in ["Tuned and untuned", "Tuned and foliar's default", "<th scope=\"col\">Default</th>"] {
        assert!(page.contains(words), "{words}");
    }
    let view = StudyView { against_default: None, ..sample::study(true) };
    assert!(!study_page(&view).unwrap().contains("foliar's default"));
}

#[test]
fn equal_studies_give_equal_bytes() {
    let view = sample::study(true);
    for figure in Figure::ALL {
        let frame = frame(&view, figure, 700, Theme::Light);
        let (one, two) = (figure.draw(&view, &frame).unwrap(), figure.draw(&view.clone(), &frame).unwrap());
        assert_eq!(one.svg(), two.svg(), "{figure:?}");
        #[cfg(feature = "png")]
        assert_eq!(one.png(), two.png(), "{figure:?}");
    }
    assert_eq!(study_page(&view).unwrap(), study_page(&view).unwrap());
}

#[test]
fn marks_and_words_lie_on_the_page() {
    let view = sample::study(true);
    for figure in Figure::ALL {
        for width in [380, 1000] {
            let frame = frame(&view, figure, width, Theme::Light);
            let svg = figure.draw(&view, &frame).unwrap().svg();
            let document = roxmltree::Document::parse(&svg).unwrap();
            let number = |text: &str| text.parse::<f64>().expect("a number");
            for node in document.descendants() {
                let x = node.attribute("x").or(node.attribute("cx")).map(number);
                let y = node.attribute("y").or(node.attribute("cy")).map(number);
                assert!(
                    x.is_none_or(|x| (-1.0..=f64::from(frame.width) + 1.0).contains(&x)),
                    "{figure:?} {node:?}"
                );
                assert!(
                    y.is_none_or(|y| (-1.0..=f64::from(frame.height) + 1.0).contains(&y)),
                    "{figure:?} {node:?}"
                );
                let (Some(x), Some(length)) = (x, node.attribute("textLength").map(number)) else { continue };
                let left = match node.attribute("text-anchor") {
                    Some("middle") => x - length / 2.0,
                    Some("end") => x - length,
                    _ => x,
                };
                let inside = left >= -0.5 && left + length <= f64::from(frame.width) + 0.5;
                assert!(inside, "{figure:?} at {width}: {:?} is cut off", node.text());
            }
        }
    }
}

/// A mark of each state, so that nobody needs to see colours: circles are finished, polygons pruned, crossing lines
/// infeasible, rings running.
#[test]
fn states_differ_in_shape() {
    let mut view = sample::study(false);
    view.trials.truncate(State::ALL.len());
    for (trial, state) in view.trials.iter_mut().zip(State::ALL) {
        trial.state = state;
        let valued = matches!(state, State::Finished | State::Pruned | State::Running);
        trial.value = (state == State::Finished).then_some(0.4);
        trial.curve =
            if valued { vec![Report { step: Step { fold: 0, epoch: 1 }, value: 0.4 }] } else { Vec::new() };
    }
    view.best = None;
    let svg = Figure::History.draw(&view, &frame(&view, Figure::History, 800, Theme::Light)).unwrap().svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let mut shapes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for title in document.descendants().filter(|node| node.has_tag_name("title")) {
        let (Some(told), Some(mark)) = (title.text(), title.parent()) else { continue };
        let kind = if mark.attribute("stroke-width").is_some() && mark.has_tag_name("circle") {
            "ring"
        } else {
            mark.tag_name().name()
        };
        shapes.entry(told.split(':').next().unwrap().to_owned()).or_default().push(kind);
    }
    let kinds: Vec<&Vec<&str>> = shapes.values().collect();
    assert_eq!(kinds.len(), State::ALL.len(), "{shapes:?}");
    for (name, kind) in
        [("finished", "circle"), ("pruned", "polygon"), ("infeasible", "polyline"), ("running", "ring")]
    {
        let found = shapes.iter().any(|(told, kinds)| {
            (told.contains(name) || name == "finished" && told.contains("validation loss"))
                && kinds.contains(&kind)
        });
        assert!(found, "{name}: {shapes:?}");
    }
}

#[test]
fn the_page_says_what_was_gained() {
    let view = sample::study(true);
    let page = study_page(&view).unwrap();
    assert_well_formed(&page);
    for text in [
        "Tuning mobilenet_v1_0.75 on plantvillage-mini",
        "Tuning improved the accuracy by 4.2\u{a0}points on 1,204 test photos of 151 groups",
        "2.6 to 5.8\u{a0}points",
        "verdict healthy",
        view.warnings[0].as_str(),
        "Weight decay by cross-validation",
        "Every trial",
        "Good on leaves that it has not seen",
        "There are few groups",
        "in the best trial, 37",
        "standard deviation 0.0059",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let rows = page.split("table class=\"trials\"").nth(1).unwrap().matches("<th scope=\"row\">").count();
    assert_eq!(rows, view.trials.len());
    assert_eq!(page.matches("<figure").count(), Figure::ALL.len());
    assert!(page.len() < 1_500_000, "{}", page.len());
}

#[test]
fn a_study_has_the_pictures_that_it_has_values_for() {
    let full = sample::study(false);
    let trials = StudyView { trials: full.trials.clone(), ..StudyView::default() };
    assert_eq!(Figure::of(&trials), [Figure::History, Figure::Curves]);
    let searched = StudyView { parameters: full.parameters.clone(), ..trials };
    assert_eq!(Figure::of(&searched), [Figure::History, Figure::Curves, Figure::Slices, Figure::Parallel]);
    let one_epoch = |trial: &Trial| Trial { curve: trial.curve[..1].to_vec(), ..trial.clone() };
    let short = StudyView { trials: full.trials.iter().map(one_epoch).collect(), ..StudyView::default() };
    assert_eq!(Figure::of(&short), [Figure::History]);
}

#[test]
fn a_study_without_anything_has_a_page() {
    let page = study_page(&StudyView::default()).unwrap();
    assert_well_formed(&page);
    assert!(page.contains("No trial has finished yet.") && !page.contains("<svg"));
    assert!(Figure::of(&StudyView::default()).is_empty());
    for figure in Figure::ALL {
        let frame = Frame { width: 400, height: 300, theme: Theme::Light };
        assert!(
            matches!(figure.draw(&StudyView::default(), &frame), Err(ReportError::Empty { .. })),
            "{figure:?}"
        );
    }
}

#[test]
fn the_page_loads_nothing_and_names_can_not_write_markup() {
    let attack =
        "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=\"alert(1)&amp;";
    let mut view = sample::study(true);
    view.subject = attack.into();
    view.objective.name = attack.into();
    view.warnings = vec![attack.into()];
    let renamed = view.parameters[4].name.clone();
    view.parameters[4] = Parameter {
        name: attack.into(),
        domain: Domain::Choice { options: vec![attack.into(), "none".into(), "all".into()] },
    };
    for trial in &mut view.trials {
        let others = trial.params.iter().filter(|(name, _)| *name != renamed);
        let others = others.map(|(name, value)| (name, value.clone()));
        trial.params = others.chain([(attack, Value::Choice(attack.into()))]).collect();
    }
    let page = study_page(&view).unwrap();
    assert_well_formed(&page);
    for word in ["<script", "<img", "<link", "src=", "href=", "url(", "@import", " onload", " onerror"] {
        let markup = page.split('<').skip(1).filter_map(|rest| rest.split('>').next());
        assert!(
            markup
                .clone()
                .all(|tag| !format!("<{tag}").split('"').step_by(2).any(|part| part.contains(word))),
            "{word}"
        );
    }
}

#[test]
fn a_surface_of_another_size_is_refused() {
    let mut view = sample::study(false);
    view.surface.as_mut().unwrap().values.pop();
    let refused = Figure::Contour.draw(&view, &frame(&view, Figure::Contour, 400, Theme::Light)).err();
    assert_eq!(
        refused,
        Some(ReportError::Length { chart: "contour", field: "surface.values", found: 1680, expected: 1681 })
    );
    assert!(study_page(&view).is_err());
}

#[test]
fn grids_are_even_on_their_scale() {
    let parameters = sample::parameters(true);
    let momentum = Surface::grid(&parameters[1], 3);
    assert!(
        (momentum[0] - 0.0).abs() < 1e-12
            && (momentum[1] - 0.9).abs() < 1e-12
            && (momentum[2] - 0.99).abs() < 1e-12
    );
    let rates = Surface::grid(&parameters[0], 5);
    assert!(rates.windows(2).all(|pair| (pair[1] / pair[0] - 10.0).abs() < 1e-9), "{rates:?}");
    let batches = Surface::grid(&parameters[2], 300);
    assert!(batches.len() <= 121 && batches.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(Surface::grid(&parameters[4], 9).is_empty());
}

/// Boxed: a study draws some two hundred of them at once, which side by side are more than a thread's stack.
fn value() -> BoxedStrategy<f64> {
    prop_oneof![
        4 => -10.0..10.0,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![0.0, -0.0, 1.0, 0.99, 1e-300, 1e100, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
    .boxed()
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-c]{0,2}", 1 => "\\PC{0,40}", 1 => any::<String>()]
}

fn parameter() -> impl Strategy<Value = Parameter> {
    let scale = || prop::sample::select(vec![Scale::Linear, Scale::Log, Scale::Momentum]);
    let domain = prop_oneof![
        (value(), value(), scale()).prop_map(|(low, high, scale)| Domain::Float { low, high, scale }),
        (any::<i64>(), any::<i64>(), scale()).prop_map(|(low, high, scale)| Domain::Integer {
            low,
            high,
            scale
        }),
        prop::collection::vec(name(), 0..4).prop_map(|options| Domain::Choice { options }),
    ];
    (name(), domain).prop_map(|(name, domain)| Parameter { name, domain })
}

fn params() -> impl Strategy<Value = Params> {
    let value = prop_oneof![
        value().prop_map(Value::Float),
        any::<i64>().prop_map(Value::Integer),
        name().prop_map(Value::Choice)
    ];
    prop::collection::vec((name(), value), 0..4).prop_map(|pairs| pairs.into_iter().collect())
}

fn trial() -> impl Strategy<Value = Trial> {
    let state = prop::sample::select(State::ALL.to_vec());
    let curve = prop::collection::vec((0u32..3, any::<u32>(), value()), 0..5);
    let report = |(fold, epoch, value)| Report { step: Step { fold, epoch }, value };
    let curve = curve.prop_map(move |points| points.into_iter().map(report).collect::<Vec<_>>());
    (any::<u64>(), state, params(), prop::option::of(value()), curve, prop::option::of(value())).prop_map(
        |(number, state, params, value, curve, seconds)| Trial {
            number,
            state,
            params,
            value,
            curve,
            seconds,
        },
    )
}

fn direction() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![Direction::Minimise, Direction::Maximise])
}

fn number() -> impl Strategy<Value = Number> {
    prop::sample::select(vec![Number::Plain, Number::Percent, Number::Count])
}

fn surface() -> impl Strategy<Value = Surface> {
    (
        name(),
        name(),
        prop::collection::vec(value(), 0..5),
        prop::collection::vec(value(), 0..5),
        any::<bool>(),
    )
        .prop_flat_map(|(x, y, xs, ys, whole)| {
            let count = xs.len() * ys.len() + usize::from(!whole);
            let values = prop::collection::vec(prop::option::of(value()), count);
            (Just((x, y, xs, ys)), values)
        })
        .prop_map(|((x, y, xs, ys), values)| Surface { x, y, xs, ys, values })
}

fn cross_validation() -> impl Strategy<Value = CrossValidation> {
    let candidate = (value(), prop::option::of(value()), value());
    let candidate = candidate.prop_map(|(weight_decay, mean, standard_error)| Candidate {
        weight_decay,
        mean,
        standard_error,
    });
    (any::<u32>(), prop::collection::vec(candidate, 0..6), 0usize..7, 0usize..7)
        .prop_map(|(folds, candidates, best, chosen)| CrossValidation { folds, candidates, best, chosen })
}

fn comparison() -> impl Strategy<Value = Comparison> {
    let estimate =
        || (value(), value(), value()).prop_map(|(value, low, high)| Estimate { value, low, high });
    let scores = move || {
        (estimate(), estimate(), estimate()).prop_map(|(loss, accuracy, macro_f1)| TestScores {
            loss,
            accuracy,
            macro_f1,
        })
    };
    let difference = (any::<usize>(), any::<usize>(), scores(), value(), value()).prop_map(
        |(photographs, groups, TestScores { loss, accuracy, macro_f1 }, accuracy_p_value, loss_p_value)| {
            let (only_first, only_second) = (groups, photographs);
            PairedDifference {
                photographs,
                groups,
                accuracy,
                accuracy_p_value,
                loss,
                loss_p_value,
                macro_f1,
                only_first,
                only_second,
            }
        },
    );
    (scores(), scores(), difference, params(), params()).prop_map(
        |(tuned_scores, untuned_scores, difference, tuned, untuned)| {
            let scores = PairedComparison { tuned: tuned_scores, untuned: untuned_scores, difference };
            Comparison { scores, tuned, untuned }
        },
    )
}

fn study() -> impl Strategy<Value = StudyView> {
    let objective = (name(), direction(), number());
    let objective = objective.prop_map(|(name, direction, number)| Objective { name, direction, number });
    let importance = (name(), value(), value()).prop_map(|(name, main, total)| Importance {
        name,
        main,
        total,
        length: 1.0,
    });
    (
        (name(), objective, prop::collection::vec(parameter(), 0..6), prop::collection::vec(trial(), 0..12)),
        (
            prop::option::of(surface()),
            prop::collection::vec(importance, 0..4),
            prop::option::of(cross_validation()),
        ),
        (
            prop::option::of(comparison()),
            prop::collection::vec(value(), 0..3),
            prop::collection::vec(name(), 0..3),
        ),
        any::<prop::sample::Index>(),
    )
        .prop_map(
            |((subject, objective, parameters, trials), searched, (comparison, repeats, warnings), best)| {
                let (surface, importance, cross_validation) = searched;
                let best = (!trials.is_empty()).then(|| trials[best.index(trials.len())].number);
                StudyView {
                    subject,
                    objective,
                    parameters,
                    trials,
                    best,
                    repeats,
                    surface,
                    importance,
                    cross_validation,
                    against_default: comparison.clone(),
                    comparison,
                    verdict: None,
                    warnings,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// An error is an answer; a picture and a page must be well-formed.
    #[test]
    fn no_study_makes_it_panic(view in study(), width in 160u32..1500, height in 160u32..900, dark in any::<bool>()) {
        let theme = if dark { Theme::Dark } else { Theme::Light };
        for figure in Figure::ALL {
            let natural = figure.natural_height(&view, width);
            prop_assert!((160..=6000).contains(&natural), "{figure:?}: {natural}");
            if let Ok(picture) = figure.draw(&view, &Frame { width, height, theme }) {
                let svg = picture.svg();
                prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
                #[cfg(feature = "png")]
                prop_assert!(picture.png().is_ok());
            }
        }
        if let Ok(page) = study_page(&view) {
            assert_well_formed(&page);
        }
    }
}
