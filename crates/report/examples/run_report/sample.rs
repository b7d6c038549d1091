//! Made-up classifiers and their tests.

use foliar_doctor::{RunSetup, diagnose};
use foliar_logread::read_log;
use foliar_metrics::{
    AbstentionReason, Calibrated, ClassScores, Confusion, ReliabilityBin, RiskCoverage, RiskPoint, TopScore,
};
use foliar_report::{RunPictures, Thumbnail};
use foliar_results::audit::*;
use foliar_results::{
    BackgroundEvidence, BorderChange, CalibrationResult, ClassEvidence, ClassResult, EarlierEvidence,
    Estimate, Evaluation, EvaluationData, EvidenceShare, FileProblem, Finding, MissingSection, Mistake,
    Mistakes, ModelSummary, OodResult, OodSet, Origin, OverallScores, PhotographPrediction,
    PredictionSetResult, Provenance, Robustness, RobustnessRow, RunReport, SelectiveResult, Severity,
    Surroundings,
};

const CLASSES: [&str; 15] = [
    "Pepper__bell___Bacterial_spot",
    "Pepper__bell___healthy",
    "Potato___Early_blight",
    "Potato___Late_blight",
    "Potato___healthy",
    "Tomato_Bacterial_spot",
    "Tomato_Early_blight",
    "Tomato_Late_blight",
    "Tomato_Leaf_Mold",
    "Tomato_Septoria_leaf_spot",
    "Tomato_Spider_mites_Two_spotted_spider_mite",
    "Tomato__Target_Spot",
    "Tomato__Tomato_YellowLeaf__Curl_Virus",
    "Tomato__Tomato_mosaic_virus",
    "Tomato_healthy",
];

/// A number in `0.0..1.0` that depends on `n` alone (Weyl, mixed).
fn noise(n: u64) -> f64 {
    let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// A share with an interval of about what `n` photographs allow.
fn share(value: f64, n: usize) -> Estimate {
    let half = 1.96 * (value * (1.0 - value) / n.max(1) as f64).sqrt();
    Estimate::new(value, [(value - half).max(0.0), (value + half).min(1.0)])
}

fn about(value: f64, half: f64) -> Estimate {
    Estimate::new(value, [value - half, value + half])
}

const SIDE: u32 = 96;

/// A leaf with spots on grey, or the map of some evidence over it.
#[cfg(feature = "png")]
fn drawn(key: u64, map: bool) -> Option<Thumbnail> {
    let mut pixels = Vec::new();
    let tilt = noise(key) - 0.5;
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (u, v) = (f64::from(x) / 48.0 - 1.0, f64::from(y) / 48.0 - 1.0);
            let (a, b) = (u + tilt * v, v - tilt * u);
            let leaf = (a / 0.5).powi(2) + (b / 0.85).powi(2) < 1.0;
            let spot = |n: u64| {
                let at = (noise(key * 9 + n) - 0.5, 1.2 * (noise(key * 9 + n + 4) - 0.5));
                (u - at.0).powi(2) + (v - at.1).powi(2) < 0.012
            };
            let plain = match (leaf, (0..4).any(spot)) {
                (true, true) => [112.0, 78.0, 40.0],
                (true, false) => [70.0 + 40.0 * (a + 0.5), 132.0, 52.0],
                _ => [150.0 + 30.0 * u, 148.0 + 30.0 * u, 146.0],
            };
            let heat = (-(u - tilt).powi(2) * 6.0 - (v - noise(key + 5) + 0.3).powi(2) * 6.0).exp();
            let warm = [240.0, 60.0, 20.0];
            let strength = if map { 0.75 * heat } else { 0.0 };
            pixels.extend(
                (0..3).map(|channel| (plain[channel] + (warm[channel] - plain[channel]) * strength) as u8),
            );
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    Thumbnail::new(bytes, SIDE, SIDE)
}

/// Where nothing encodes pictures, something that begins like one.
#[cfg(not(feature = "png"))]
fn drawn(key: u64, _: bool) -> Option<Thumbnail> {
    Thumbnail::new([&b"\x89PNG"[..], &key.to_le_bytes()].concat(), SIDE, SIDE)
}

fn class_of(key: u64) -> usize {
    (key % 15) as usize
}

fn path(key: u64) -> String {
    let number = key.wrapping_mul(2_654_435_761) % 0xFFFF_FFFF;
    format!("{}/{number:08x}-39ad___RS_HL {key:04}.JPG", CLASSES[class_of(key)])
}

/// The key that is in a path.
fn key(path: &str) -> u64 {
    let digits: String = path.chars().filter(char::is_ascii_digit).collect();
    digits.bytes().fold(0, |sum, digit| (sum * 31 + u64::from(digit)) % 10_007)
}

/// Drawn leaves in place of photos.
pub(crate) const PICTURES: RunPictures<'static> = RunPictures {
    evaluated: &|path| drawn(key(path), false),
    heat_map: &|path| drawn(key(path), true),
    audited: &|path| drawn(key(path), false),
};

fn log(good: bool) -> String {
    let row = |epoch: i32| {
        let decay = 0.82f64.powi(epoch);
        let rise = if good { 0.0 } else { 0.035 * f64::from(epoch.max(9) - 9) };
        let wrong = 0.075 + 0.5 * decay;
        format!(
            "{epoch},{:.4},{:.4},{:.4},{:.4}\n",
            if good { 0.18 } else { 0.01 } + 1.9 * decay,
            0.27 + 1.7 * decay + rise,
            1.0 - 0.05 - 0.55 * decay,
            1.0 - wrong + 0.004 * (noise(epoch as u64) - 0.5)
        )
    };
    std::iter::once("epoch,train_loss,val_loss,train_acc,val_acc\n".to_owned())
        .chain((1..=20).map(row))
        .collect()
}

/// Photos of each class, and how many of them are wrong.
fn counts(good: bool) -> Vec<(usize, usize)> {
    let of = |class: usize| {
        let photographs = if !good && class == 4 { 6 } else { 29 };
        let lost =
            if !good && (class == 6 || class == 11) { 0.62 } else { 0.05 + 0.09 * noise(class as u64) };
        (photographs, (lost * photographs as f64).round() as usize)
    };
    (0..15).map(of).collect()
}

fn confusion(counts: &[(usize, usize)]) -> Confusion {
    let mut rows = vec![vec![0; 15]; 15];
    for (class, &(photographs, wrong)) in counts.iter().enumerate() {
        rows[class][class] = photographs - wrong;
        for one in 0..wrong {
            rows[class][(class + 1 + (noise(class as u64 * 31 + one as u64) * 4.0) as usize) % 15] += 1;
        }
    }
    Confusion { counts: rows }
}

fn classes(counts: &[(usize, usize)], confusion: &Confusion) -> Vec<ClassResult> {
    let of = |(class, &(photographs, wrong)): (usize, &(usize, usize))| {
        let recall = 1.0 - wrong as f64 / photographs as f64;
        ClassResult {
            class: CLASSES[class].to_owned(),
            photographs,
            predicted: confusion.counts.iter().map(|row| row[class]).sum(),
            scores: ClassScores {
                precision: share(0.9 - 0.1 * noise(class as u64 + 50), photographs),
                recall: share(recall, photographs),
                f1: share((recall + 0.9) / 2.0, photographs),
            },
        }
    };
    counts.iter().enumerate().map(of).collect()
}

fn calibration(good: bool) -> CalibrationResult {
    let bin = |place: u64| {
        let (low, high) = (place as f64 / 10.0, (place + 1) as f64 / 10.0);
        let confidence = low + 0.055;
        let off = if good { 0.03 * (noise(place) - 0.5) } else { -0.13 };
        let photographs = (4 + place * place * 3) as usize;
        let accuracy = (confidence + off).clamp(0.0, 1.0);
        let accuracy = share(accuracy, photographs);
        ReliabilityBin { low, high, photographs, groups: photographs, confidence, accuracy }
    };
    let (error, excess) = if good { (0.021, 0.004) } else { (0.112, 0.094) };
    CalibrationResult {
        temperature: 1.34,
        error,
        error_if_perfect: error - excess,
        excess: about(excess, 0.011),
        p_value: if good { 0.4 } else { 0.001 },
        overconfidence: about(if good { 0.003 } else { 0.1 }, 0.011),
        bins: (1..10).map(bin).collect(),
    }
}

fn selective(good: bool, photographs: usize) -> SelectiveResult {
    let all = if good { 0.09 } else { 0.19 };
    let point = |step: usize| {
        let coverage = step as f64 / 60.0;
        let answered = (coverage * photographs as f64) as usize;
        let risk = all * coverage.powf(2.2);
        let errors = (risk * answered as f64) as usize;
        RiskPoint { threshold: 1.0 - 0.445 * coverage, answered, errors, coverage, risk }
    };
    SelectiveResult {
        curve: RiskCoverage {
            points: (1..=60).map(point).collect(),
            area: about(all / 3.2, 0.01),
            excess: about(all / 5.0, 0.01),
        },
        threshold: Some(0.62),
        proven: good,
        calibrated: Some(if good { Calibrated::HeldOut } else { Calibrated::Reused }),
        guaranteed: good,
        more_groups: (!good).then_some(40),
        assessed: photographs,
        answered: Some(share(0.85, photographs)),
        error: Some(share(if good { 0.062 } else { 0.133 }, photographs)),
    }
}

fn robustness(good: bool) -> Robustness {
    let clean = if good { 0.91 } else { 0.81 };
    let row = |name: &str, accuracies: Vec<f64>| RobustnessRow {
        corruption: name.to_owned(),
        unanswered: vec![0.2; accuracies.len()],
        accuracy: accuracies.into_iter().map(|accuracy| share(accuracy, 200)).collect(),
    };
    let corrupted = ["blur", "noise", "darker", "brighter", "JPEG", "rotation", "another background"];
    let corrupted = corrupted.iter().enumerate().map(|(kind, name)| {
        let slope = if good { 0.02 } else { 0.04 + 0.05 * noise(kind as u64 + 7) };
        let severities = if *name == "another background" { 1 } else { 5 };
        row(name, (1..=severities).map(|severity| clean - slope * f64::from(severity)).collect())
    });
    Robustness {
        photographs: 200,
        rows: std::iter::once(row("none", vec![clean])).chain(corrupted).collect(),
    }
}

fn ood(good: bool) -> OodResult {
    let set = |name: &str, auroc: f64| OodSet {
        name: name.to_owned(),
        photographs: 200,
        distance_auroc: Some(about(auroc, 0.011)),
        energy_auroc: about(auroc - 0.06, 0.02),
        flagged: (auroc * 2.0 - 1.05).clamp(0.0, 1.0),
        answered: (1.6 - auroc * 1.6).clamp(0.0, 1.0),
        kinds: Vec::new(),
    };
    let sets = if good {
        vec![set("drawn things", 0.988), set("others/field-rice", 0.969)]
    } else {
        vec![set("drawn things", 0.93), set("others/field-rice", 0.78)]
    };
    OodResult { flagged_inside: Some(share(0.05, 438)), sets }
}

fn prediction(key: u64) -> PhotographPrediction {
    PhotographPrediction {
        path: path(key),
        label: class_of(key),
        predicted: class_of(key * 7 + 4),
        confidence: 0.99 - 0.02 * noise(key) * (key % 20) as f64,
        logits: vec![0.0; 15],
        set: None,
        distance: None,
        energy: 0.0,
        abstention: key.is_multiple_of(5).then_some(AbstentionReason::LowConfidence),
        group: key,
    }
}

fn evaluation(good: bool) -> Evaluation {
    let counts = counts(good);
    let confusion = confusion(&counts);
    let photographs = counts.iter().map(|(photographs, _)| photographs).sum();
    let wrong: usize = counts.iter().map(|(_, wrong)| wrong).sum();
    let accuracy = 1.0 - wrong as f64 / photographs as f64;
    Evaluation {
        data: EvaluationData {
            root: "plantvillage-mini".into(),
            origin: if good { Origin::Test } else { Origin::Validation },
            layout: None,
            training_left_out: Vec::new(),
            training_included: 0,
            grouped_by: None,
            groups: 161,
            split_by_group: Some(good),
        },
        photographs,
        scores: OverallScores {
            accuracy: share(accuracy, photographs),
            balanced_accuracy: share(accuracy, photographs),
            macro_f1: share(accuracy - 0.01, photographs),
            top: vec![TopScore { k: 3, accuracy: share(0.985, photographs) }],
            matthews: share(accuracy - 0.01, photographs),
            kappa: share(accuracy - 0.01, photographs),
            loss: about(0.27, 0.05),
            brier: about(if good { 0.13 } else { 0.29 }, 0.02),
        },
        averaged_classes: CLASSES.len(),
        classes: classes(&counts, &confusion),
        confusion,
        calibration: calibration(good),
        prediction_sets: Some(PredictionSetResult {
            alpha: 0.1,
            calibrated: if good { Calibrated::HeldOut } else { Calibrated::Refitted },
            guaranteed_coverage: good.then_some(0.9),
            coverage: share(if good { 0.912 } else { 0.83 }, photographs),
            size: about(if good { 1.1 } else { 1.9 }, 0.05),
            sizes: if good { vec![3, 402, 24, 9] } else { vec![0, 188, 130, 70, 24] },
            classes: vec![None; 15],
        }),
        selective: selective(good, photographs),
        ood: Some(ood(good)),
        robustness: Some(robustness(good)),
        predictions: (0..40).map(prediction).collect(),
        unknown_classes: Vec::new(),
        problems: Vec::new(),
    }
}

fn finding(
    id: FindingId,
    severity: Severity,
    claim: &str,
    evidence: &[&str],
    advice: &str,
) -> Finding<FindingId> {
    let evidence = evidence.iter().map(|&line| line.to_owned()).collect();
    Finding { id, severity, claim: claim.to_owned(), evidence, advice: advice.to_owned() }
}

fn audited(key: u64, split: &str) -> Photograph {
    let issue = [QualityIssue::Blurred, QualityIssue::Dark, QualityIssue::NearlyEmpty][(key % 3) as usize];
    let issues = if (40..43).contains(&key) {
        vec![MeasuredIssue { issue, value: 0.1, threshold: 0.2 }]
    } else {
        Vec::new()
    };
    Photograph {
        path: path(key),
        class: CLASSES[class_of(key)].to_owned(),
        split: Some(split.to_owned()),
        digest: String::new(),
        group: path(key),
        width: 256,
        height: 256,
        bytes: 20_000,
        measures: Measures::default(),
        issues,
        nearest: Vec::new(),
    }
}

fn copy(key: u64) -> CopyPair {
    let other = if key == 3 { key + 1 } else { key + 15 };
    CopyPair {
        a: path(key),
        b: path(other),
        exact: key.is_multiple_of(4),
        symmetry: Symmetry::ALL[(key % 8) as usize],
        similarity: 0.98,
        detail: 0.95,
        overlap: 1.0,
        angle: 0.0,
        scale: 1.0,
        across_classes: key == 3,
        across_splits: key % 3 == 1,
    }
}

fn label_issue(key: u64) -> LabelIssue {
    let own = 3 * key + 1;
    LabelIssue {
        path: path(own),
        class: CLASSES[class_of(own)].to_owned(),
        suggested: CLASSES[class_of(key * 5 + 2)].to_owned(),
        probability: 0.97 - 0.001 * key as f64,
        own_probability: 0.004,
        margin: 0.96,
        evidence: 6.0,
        neighbours: 10,
        neighbours_suggested: 9,
        neighbours_own: 0,
        strong: true,
        reason: format!("probability {:.2}, 9 of 10 neighbours", 0.97 - 0.001 * key as f64),
    }
}

fn probe(cue: ShortcutCue, accuracy: f64) -> Probe {
    Probe {
        cue,
        accuracy: share(accuracy, 2191),
        balanced_accuracy: accuracy - 0.05,
        most_frequent: 0.11,
        guessing: 1.0 / 15.0,
        far_above_chance: accuracy > 0.3,
        class_auroc: vec![None; 15],
    }
}

fn audit(good: bool) -> Audit {
    let problem = |number: usize| FileProblem {
        path: format!("Potato___healthy/{number}.jpg"),
        code: "truncated".to_owned(),
        excluded: true,
        message: "the file ends early".to_owned(),
    };
    let rare = "The rarest class has 101 photos, the most frequent 321.";
    let note = finding(FindingId::Imbalance, Severity::Note, rare, &[], "Look at the macro F1.");
    let leaks = finding(
        FindingId::CopiesAcrossSplits,
        Severity::Error,
        "14 photos are on both sides of the given split.",
        &["Potato___healthy/a.jpg and Potato___healthy/b.jpg (the same bytes)", "and 13 more"],
        "Keep them on one side; `foliar train` leaves those in training out.",
    );
    let background = finding(
        FindingId::Background,
        Severity::Warning,
        "The class can be predicted without the leaf: the outer border alone is correct on 58 %.",
        &["the outer border: 58 % correct (56 to 60)"],
        "Test on photos from another place.",
    );
    let optimism = if good { about(0.008, 0.01) } else { about(0.129, 0.02) };
    let probes = [
        (ShortcutCue::Border, 0.58),
        (ShortcutCue::BorderPixels, 0.49),
        (ShortcutCue::MeanColour, 0.31),
        (ShortcutCue::FileSize, 0.13),
    ];
    let probes = probes.into_iter().filter(|(_, accuracy)| !good || *accuracy < 0.3);
    Audit {
        root: "plantvillage-mini".to_owned(),
        place: Default::default(),
        layout: None,
        data_fingerprint: "6b1f0c9a".repeat(8),
        findings: if good { vec![note] } else { vec![leaks, background] },
        classes: CLASSES
            .iter()
            .enumerate()
            .map(|(place, class)| {
                let photographs = 90 + (220.0 * noise(place as u64)) as usize;
                ClassCount { class: (*class).to_owned(), photographs, groups: photographs / 3 }
            })
            .collect(),
        imbalance: 3.2,
        problems: if good { Vec::new() } else { (0..4).map(problem).collect() },
        copies: (0..if good { 1 } else { 41 }).map(copy).collect(),
        second_copies: Vec::new(),
        name_copies: NameCopies::default(),
        groups: GroupSummary {
            source: GroupSource::Sequence,
            count: 812,
            largest: 9,
            alone: 200,
            unnamed: 0,
            absent: 0,
            by_name: 0,
        },
        background: Background {
            probes: probes.map(|(cue, accuracy)| probe(cue, accuracy)).collect(),
            watermarks: Vec::new(),
        },
        split_check: Some(SplitCheck {
            features: "mobilenet_v1_0.75".to_owned(),
            of_a_network: true,
            groups: 500,
            grouped_photographs: 1900,
            random: share(0.922, 2191),
            grouped: share(if good { 0.914 } else { 0.793 }, 2191),
            optimism,
        }),
        label_issues: (0..if good { 2 } else { 58 }).map(label_issue).collect(),
        quarantine: Vec::new(),
        settled: Default::default(),
        photographs: (0..2191)
            .map(|key| audited(key, if key % 15 < 9 { "train" } else { "validation" }))
            .collect(),
    }
}

fn evidence(good: bool) -> BackgroundEvidence {
    let share = |background, beside_the_leaf, photographs| EvidenceShare {
        photographs,
        measured: photographs,
        background,
        area: 0.48,
        beside_the_leaf,
    };
    let class = |(place, class): (usize, &&str)| {
        let background = if good { 0.12 } else { 0.35 } + 0.3 * noise(place as u64 + 3);
        ClassEvidence {
            class: (*class).to_owned(),
            share: share(background, !good && place.is_multiple_of(3), 10),
        }
    };
    BackgroundEvidence {
        method: "Grad-CAM".to_owned(),
        overall: share(if good { 0.22 } else { 0.56 }, !good, 150),
        classes: CLASSES.iter().enumerate().map(class).collect(),
    }
}

/// A run with other backgrounds, beside one without.
fn surroundings() -> Surroundings {
    Surroundings {
        border: Some(BorderChange {
            as_they_are: probe(ShortcutCue::Border, 0.58),
            as_trained: probe(ShortcutCue::Border, 0.13),
            photographs: 2191,
            changed: 1753,
        }),
        earlier: Some(EarlierEvidence {
            run: "runs/plain".to_owned(),
            evidence: evidence(false),
            change: Estimate::new(-0.081, [-0.102, -0.06]),
            photographs: 150,
        }),
    }
}

fn mistake(place: usize) -> Mistake {
    let confidence = prediction(place as u64).confidence;
    Mistake { prediction: place, loss: -(1.0 - confidence).ln(), background: Some(noise(place as u64 + 77)) }
}

fn run(good: bool) -> RunReport {
    let text = log(good);
    let setup = RunSetup { classes: Some(15), ..RunSetup::default() };
    let first = if good { 0 } else { 4 };
    RunReport {
        subject: "mobilenet_v1_0.75 on plantvillage-mini".to_owned(),
        model: ModelSummary {
            network: "mobilenet_v1_0.75".to_owned(),
            classes: CLASSES.map(String::from).to_vec(),
            image_size: 224,
            parameters: 1_844_000,
            multiply_adds: 325_000_000,
            weights: Some("mobilenet_v1_0.75_224.safetensors".to_owned()),
            epoch: 18,
            temperature: 1.34,
        },
        evaluation: Some(evaluation(good)),
        diagnosis: read_log(text.as_bytes()).ok().map(|log| diagnose(&log, &setup)),
        evidence: Some(evidence(good)),
        surroundings: surroundings(),
        mistakes: Mistakes {
            total: 39,
            worst: (first..first + 6).map(mistake).collect(),
            confident: (first + 20..first + 23).map(mistake).collect(),
        },
        audit: Some(audit(good)),
        provenance: Provenance {
            version: "0.3.0".to_owned(),
            seed: 1,
            photographs: "plantvillage-mini".to_owned(),
            layout: None,
            fingerprint: "6b1f0c9a".repeat(8),
            splits: [("train", 1315), ("val", 438), ("test", 438)].map(|(split, count)| (split.to_owned(), count)).to_vec(),
            grouping: GroupSource::Sequence.to_string(),
            facts: vec![("Learning rate".to_owned(), "0.01, cosine".to_owned())],
            recipe: "model = \"mobilenet_v1_0.75\"\nbatch_size = 32\nseed = 1\n\n[data]\nvalidation = 0.2\ntest = 0.2\n".to_owned(),
            commands: vec![
                "foliar train plantvillage-mini --model mobilenet_v1_0.75 --weights mobilenet_v1_0.75_224.safetensors --test 0.2 --out runs/first".to_owned(),
                "foliar report runs/first".to_owned(),
            ],
        },
        missing: Vec::new(),
    }
}

/// One that keeps its promises.
pub(crate) fn sound() -> RunReport {
    run(true)
}

/// One with every fault.
pub(crate) fn doubtful() -> RunReport {
    run(false)
}

/// One of which little is known.
pub(crate) fn bare() -> RunReport {
    let RunReport { subject, model, provenance, .. } = run(true);
    RunReport {
        subject,
        model,
        provenance,
        missing: vec![
            MissingSection::new("Accuracy", "no photo was held back; give photos with --data."),
            MissingSection::new("Audit of the photos", "the folder is not where it was."),
        ],
        ..RunReport::default()
    }
}
