//! Whatever a reader may hand over, an answer comes back that keeps its promises.

use foliar_doctor::{Diagnosis, Finding, Id, RunSetup, Severity, diagnose};
use foliar_logread::{Facts, Metric, Point, RunLog, Series, Split};

use crate::support::dice::Dice;

const STRANGE: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e-300,
    1e300,
    f64::MAX,
    f64::MIN_POSITIVE,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    100.0,
    87.3365,
];

fn strange(dice: &mut Dice) -> RunLog {
    let metrics =
        [Metric::Loss, Metric::LossPart, Metric::Accuracy, Metric::F1, Metric::OtherScore, Metric::Unknown];
    let splits = [None, Some(Split::Train), Some(Split::Validation), Some(Split::Test)];
    let names = ["loss", "recall", "precision", "wd", "", "é"];
    let series = (0..dice.below(7)).map(|_| {
        let mut row = 0;
        let points = (0..dice.below(20)).map(|_| {
            row += dice.below(3);
            let value = if dice.chance(0.5) { dice.pick(&STRANGE) } else { dice.between(0.0, 3.0) };
            let epoch = dice.chance(0.7).then(|| dice.pick(&STRANGE));
            Point {
                row,
                epoch,
                step: None,
                value,
                resolution: dice.pick(&[0.0, 1e-6, 0.5, f64::NAN]),
                line: row,
            }
        });
        let points = points.collect();
        Series {
            name: dice.pick(&names).to_owned(),
            split: dice.pick(&splits),
            metric: dice.pick(&metrics),
            within_epoch: dice.chance(0.3),
            points,
        }
    });
    let series = series.collect();
    let size = |dice: &mut Dice| dice.chance(0.3).then(|| dice.pick(&[0, 1, 2, 64, usize::MAX]));
    let facts = Facts {
        classes: size(dice),
        batch_size: size(dice),
        train_size: size(dice),
        validation_size: size(dice),
        steps_per_epoch: size(dice),
        foliar: dice.chance(0.2),
        last_phase: dice.pick(&[0, 1, 7]),
        mixed: dice.chance(0.2),
    };
    RunLog { series, facts, ..RunLog::default() }
}

fn check(diagnosis: &Diagnosis) {
    let calm = |finding: &Finding| matches!(finding.id, Id::Healthy | Id::TooLittleToTell);
    let calm = diagnosis.findings.iter().any(calm);
    let warned = diagnosis.findings.iter().any(|finding| finding.severity > Severity::Note);
    // Of foliar's own runs a note may name a fault beside which nothing is called healthy.
    assert!(calm != warned || (diagnosis.is_of_foliar && !calm), "{diagnosis:?}");
    assert!(!diagnosis.verdict.is_empty());
    assert!(diagnosis.findings.is_sorted_by(|a, b| a.severity >= b.severity));
    for finding in &diagnosis.findings {
        assert!((0.0..=1.0).contains(&finding.confidence) && !finding.claim.is_empty(), "{finding:?}");
    }
    assert_eq!(diagnosis.explanations.len(), diagnosis.findings.len());
    for (finding, explanation) in diagnosis.findings.iter().zip(&diagnosis.explanations) {
        assert!(finding.id == explanation.id && (finding.confidence - explanation.share).abs() < 1e-12);
        let shares = explanation.alternatives.iter().map(|other| other.share);
        assert!(explanation.share + shares.clone().sum::<f64>() <= 1.0 + 1e-9, "{explanation:?}");
        assert!(
            explanation.alternatives.is_empty() == diagnosis.is_of_foliar
                && shares.is_sorted_by(|a, b| a >= b),
            "{explanation:?}"
        );
        assert!(
            explanation.alternatives.iter().all(|other| !other.cause.is_empty() && !other.test.is_empty())
        );
    }
    for estimate in [diagnosis.scale.train, diagnosis.scale.val].into_iter().flatten() {
        assert!(
            estimate.low > 0.0 && estimate.low <= estimate.best && estimate.best <= estimate.high,
            "{estimate:?}"
        );
    }
}

#[test]
fn strange_logs_get_an_answer() {
    let mut dice = Dice::new(1);
    for _ in 0..3000 {
        check(&diagnose(&strange(&mut dice), &RunSetup::default()));
    }
}

#[test]
fn an_empty_log_is_not_a_log() {
    let diagnosis = diagnose(&RunLog::default(), &RunSetup::default());
    check(&diagnosis);
    assert_eq!(diagnosis.findings[0].id, Id::NotALog);
}
