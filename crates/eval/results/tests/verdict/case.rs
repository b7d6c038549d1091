//! The cases: a classifier with which nothing is wrong, and ways to change one thing of it.

use foliar_metrics::{Calibrated, ClassScores, Confusion, Estimate, RiskCoverage};
use foliar_results::audit::{
    Audit, Background, ClassCount, CopyPair, GroupSource, GroupSummary, LabelIssue, Measures, NameCopies,
    Photograph, Probe, ShortcutCue, SplitCheck, Symmetry,
};
use foliar_results::*;

pub(crate) fn estimate(value: f64, low: f64, high: f64) -> Estimate {
    Estimate::new(value, [low, high])
}

pub(crate) fn class(name: &str, photographs: usize, recall: Estimate) -> ClassResult {
    let scores = ClassScores { precision: recall, recall, f1: recall };
    ClassResult { class: name.into(), photographs, predicted: photographs, scores }
}

/// 90 % correct on 400 test photos of two classes, in 150 groups; nothing is wrong with it.
pub(crate) fn sound() -> Evaluation {
    let good = estimate(0.9, 0.87, 0.93);
    Evaluation {
        data: EvaluationData {
            root: "data/photos".into(),
            origin: Origin::Test,
            layout: None,
            training_left_out: Vec::new(),
            training_included: 0,
            grouped_by: None,
            groups: 150,
            split_by_group: Some(true),
        },
        photographs: 400,
        scores: OverallScores {
            accuracy: good,
            balanced_accuracy: good,
            macro_f1: good,
            top: Vec::new(),
            matthews: good,
            kappa: good,
            loss: estimate(0.3, 0.2, 0.4),
            brier: estimate(0.1, 0.05, 0.15),
        },
        averaged_classes: 2,
        classes: vec![
            class("rust", 200, estimate(0.91, 0.86, 0.95)),
            class("healthy", 200, estimate(0.89, 0.84, 0.93)),
        ],
        confusion: Confusion { counts: vec![vec![182, 18], vec![22, 178]] },
        calibration: CalibrationResult {
            temperature: 1.2,
            error: 0.02,
            error_if_perfect: 0.02,
            excess: estimate(0.0, -0.02, 0.02),
            p_value: 0.5,
            overconfidence: estimate(0.0, -0.02, 0.02),
            bins: Vec::new(),
        },
        prediction_sets: Some(PredictionSetResult {
            alpha: 0.1,
            calibrated: Calibrated::HeldOut,
            guaranteed_coverage: Some(0.9),
            coverage: estimate(0.91, 0.88, 0.94),
            size: estimate(1.1, 1.0, 1.2),
            sizes: vec![0, 380, 20],
            classes: Vec::new(),
        }),
        selective: SelectiveResult {
            curve: RiskCoverage {
                points: Vec::new(),
                area: Estimate::point(0.0),
                excess: Estimate::point(0.0),
            },
            threshold: Some(0.6),
            proven: true,
            calibrated: Some(Calibrated::HeldOut),
            guaranteed: true,
            more_groups: None,
            assessed: 400,
            answered: Some(estimate(0.8, 0.76, 0.84)),
            error: Some(estimate(0.05, 0.02, 0.08)),
        },
        ood: None,
        robustness: None,
        predictions: Vec::new(),
        unknown_classes: Vec::new(),
        problems: Vec::new(),
    }
}

pub(crate) fn photograph(path: &str) -> Photograph {
    Photograph {
        path: path.into(),
        class: "rust".into(),
        split: Some("train".into()),
        digest: String::new(),
        group: path.into(),
        width: 64,
        height: 64,
        bytes: 1,
        measures: Measures::default(),
        issues: Vec::new(),
        nearest: Vec::new(),
    }
}

/// 2,000 photos of which nothing is wrong.
pub(crate) fn clean() -> Audit {
    Audit {
        root: "data/photos".into(),
        place: Default::default(),
        layout: None,
        data_fingerprint: String::new(),
        findings: Vec::new(),
        classes: vec![ClassCount { class: "rust".into(), photographs: 2000, groups: 2000 }],
        imbalance: 1.0,
        problems: Vec::new(),
        copies: Vec::new(),
        second_copies: Vec::new(),
        name_copies: NameCopies::default(),
        groups: GroupSummary {
            source: GroupSource::Sequence,
            count: 900,
            largest: 5,
            alone: 300,
            unnamed: 0,
            absent: 0,
            by_name: 0,
        },
        background: Background::default(),
        split_check: None,
        label_issues: Vec::new(),
        quarantine: Vec::new(),
        settled: Default::default(),
        photographs: (0..2000).map(|number| photograph(&format!("rust/{number}.jpg"))).collect(),
    }
}

/// What a case is made of.
pub(crate) struct Case {
    pub(crate) evaluation: Option<Evaluation>,
    pub(crate) audit: Audit,
    pub(crate) evidence: Option<BackgroundEvidence>,
    pub(crate) border: Option<BorderChange>,
}

pub(crate) fn plain() -> Case {
    Case { evaluation: Some(sound()), audit: clean(), evidence: None, border: None }
}

pub(crate) fn evaluated(change: impl Fn(&mut Evaluation)) -> Case {
    let mut evaluation = sound();
    change(&mut evaluation);
    Case { evaluation: Some(evaluation), ..plain() }
}

pub(crate) fn audited(change: impl Fn(&mut Audit)) -> Case {
    let mut audit = clean();
    change(&mut audit);
    Case { audit, ..plain() }
}

pub(crate) fn accuracy(value: f64, low: f64, high: f64) -> Case {
    evaluated(|evaluation| evaluation.scores.accuracy = estimate(value, low, high))
}

pub(crate) fn copies(number: usize, change: impl Fn(&mut CopyPair)) -> Case {
    let mut pair = CopyPair {
        a: "a.jpg".into(),
        b: "b.jpg".into(),
        exact: true,
        symmetry: Symmetry::Same,
        similarity: 1.0,
        detail: 1.0,
        overlap: 1.0,
        angle: 0.0,
        scale: 1.0,
        across_classes: false,
        across_splits: false,
    };
    change(&mut pair);
    audited(|audit| audit.copies = vec![pair.clone(); number])
}

pub(crate) fn foreign(area: Estimate, answered: f64) -> Case {
    let set = OodSet {
        name: "data/shoes".into(),
        photographs: 200,
        distance_auroc: None,
        energy_auroc: area,
        flagged: 0.6,
        answered,
        kinds: Vec::new(),
    };
    evaluated(|evaluation| {
        evaluation.ood =
            Some(OodResult { flagged_inside: Some(estimate(0.05, 0.03, 0.07)), sets: vec![set.clone()] });
    })
}

pub(crate) fn calibrated(change: impl Fn(&mut CalibrationResult)) -> Case {
    evaluated(|evaluation| change(&mut evaluation.calibration))
}

pub(crate) fn explained(background: f64, area: f64, beside_the_leaf: bool) -> Case {
    let overall = EvidenceShare { photographs: 80, measured: 80, background, area, beside_the_leaf };
    let evidence = BackgroundEvidence { method: "Grad-CAM".into(), overall, classes: Vec::new() };
    Case { evidence: Some(evidence), ..plain() }
}

pub(crate) fn explained_class(background: f64) -> Case {
    let mut case = explained(0.3, 0.5, false);
    let share = EvidenceShare { background, area: 0.5, beside_the_leaf: true, ..EvidenceShare::default() };
    case.evidence.as_mut().unwrap().classes = vec![ClassEvidence { class: "rust".into(), share }];
    case
}

pub(crate) fn sets(change: impl Fn(&mut PredictionSetResult)) -> Case {
    evaluated(|evaluation| change(evaluation.prediction_sets.as_mut().unwrap()))
}

pub(crate) fn blurred(accuracies: &[f64]) -> Case {
    let row = |name: &str, accuracies: &[f64]| RobustnessRow {
        corruption: name.into(),
        accuracy: accuracies.iter().map(|&value| Estimate::point(value)).collect(),
        unanswered: vec![0.0; accuracies.len()],
    };
    let rows = vec![row("none", &[0.9]), row("blur", accuracies)];
    evaluated(|evaluation| evaluation.robustness = Some(Robustness { photographs: 100, rows: rows.clone() }))
}

pub(crate) fn optimistic(split_by_group: bool, low: f64) -> Case {
    let check = SplitCheck {
        features: "colours".into(),
        of_a_network: false,
        groups: 100,
        grouped_photographs: 400,
        random: Estimate::point(0.92),
        grouped: Estimate::point(0.79),
        optimism: estimate(0.13, low, 0.2),
    };
    let mut case = audited(|audit| audit.split_check = Some(check.clone()));
    case.evaluation.as_mut().unwrap().data.split_by_group = Some(split_by_group);
    case
}

pub(crate) fn probed(cue: ShortcutCue) -> Case {
    let probe = Probe {
        cue,
        accuracy: Estimate::point(0.49),
        balanced_accuracy: 0.4,
        most_frequent: 0.11,
        guessing: 0.1,
        far_above_chance: true,
        class_auroc: Vec::new(),
    };
    audited(|audit| audit.background.probes = vec![probe.clone()])
}

/// The same with a border that no longer tells the class in training.
pub(crate) fn before_other_backgrounds(cue: ShortcutCue) -> Case {
    let case = probed(cue);
    let as_they_are = case.audit.background.probes[0].clone();
    let as_trained = Probe { accuracy: Estimate::point(0.09), ..as_they_are.clone() };
    let border = BorderChange { as_they_are, as_trained, photographs: 400, changed: 320 };
    Case { border: Some(border), ..case }
}

pub(crate) fn suspected(number: usize) -> Case {
    let issue = LabelIssue {
        path: "a.jpg".into(),
        class: "rust".into(),
        suggested: "healthy".into(),
        probability: 0.9,
        own_probability: 0.01,
        margin: 0.89,
        evidence: 5.0,
        neighbours: 10,
        neighbours_suggested: 9,
        neighbours_own: 0,
        strong: true,
        reason: String::new(),
    };
    audited(|audit| audit.label_issues = vec![issue.clone(); number])
}

pub(crate) fn data(change: impl Fn(&mut EvaluationData)) -> Case {
    evaluated(|evaluation| change(&mut evaluation.data))
}

pub(crate) fn selective(change: impl Fn(&mut SelectiveResult)) -> Case {
    evaluated(|evaluation| change(&mut evaluation.selective))
}

pub(crate) fn verdict(case: &Case) -> Verdict {
    let besides = Circumstances {
        audit: Some(&case.audit),
        evidence: case.evidence.as_ref(),
        border: case.border.as_ref(),
        ..Circumstances::default()
    };
    Verdict::of(case.evaluation.as_ref(), &besides)
}

/// Everything that is said: the summary, then claim, evidence and advice of each finding.
pub(crate) fn told(verdict: &Verdict) -> String {
    let findings = verdict.findings.iter().map(|finding| {
        format!(
            "\n{}: {}. {} {}",
            finding.id.name(),
            finding.claim,
            finding.evidence.join(" "),
            finding.advice
        )
    });
    verdict.summary.clone() + &findings.collect::<String>()
}

pub(crate) const NOTHING: &str = "No problem was found.";
