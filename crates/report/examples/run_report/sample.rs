//! Made-up classifiers and their tests.

use foliar_doctor::{RunSetup, Severity, diagnose};
use foliar_logread::read_log;
use foliar_report::audit::*;
use foliar_report::run::*;
use foliar_report::{Estimate, Gallery, Photo, ReliabilityBin, Remark, Thumbnail};

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
fn share(value: f64, n: u64) -> Estimate {
    let half = 1.96 * (value * (1.0 - value) / n.max(1) as f64).sqrt();
    Estimate { value, low: (value - half).max(0.0), high: (value + half).min(1.0) }
}

fn about(value: f64, half: f64) -> Estimate {
    Estimate { value, low: value - half, high: value + half }
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

fn photo(key: u64, split: &str) -> Photo {
    let class = CLASSES[(key % 15) as usize];
    Photo {
        name: format!(
            "{class}/{:08x}-39ad___RS_HL {key:04}.JPG",
            key.wrapping_mul(2_654_435_761) % 0xFFFF_FFFF
        ),
        class: class.to_owned(),
        split: split.to_owned(),
        thumbnail: drawn(key, false),
    }
}

fn mistake(key: u64) -> Mistake {
    let confidence = 0.99 - 0.03 * noise(key) * key as f64;
    Mistake {
        photo: photo(key, ""),
        called: CLASSES[((key * 7 + 3) % 15) as usize].to_owned(),
        confidence,
        loss: -(1.0 - confidence).ln(),
        map: drawn(key, true),
        background: Some(noise(key + 77)),
    }
}

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

fn scores(good: bool) -> Scores {
    let per_class = 29;
    let mut confusion = vec![0; 225];
    let mut classes = Vec::new();
    for (class, name) in CLASSES.iter().enumerate() {
        let photographs: u64 = if !good && class == 4 { 6 } else { per_class };
        let lost =
            if !good && (class == 6 || class == 11) { 0.62 } else { 0.05 + 0.09 * noise(class as u64) };
        let wrong = (lost * photographs as f64).round() as u64;
        confusion[class * 16] = photographs - wrong;
        for one in 0..wrong {
            let other = (class + 1 + (noise(class as u64 * 31 + one) * 4.0) as usize) % 15;
            confusion[class * 15 + other] += 1;
        }
        let recall = share(1.0 - wrong as f64 / photographs as f64, photographs);
        let background = Some(if good {
            0.12 + 0.2 * noise(class as u64 + 3)
        } else {
            0.35 + 0.4 * noise(class as u64 + 3)
        });
        classes.push(ClassScore {
            name: (*name).to_owned(),
            photographs,
            precision: Some(share(0.9 - 0.1 * noise(class as u64 + 50), photographs)),
            recall: Some(recall),
            f1: Some(share((recall.value + 0.9) / 2.0, photographs)),
            background,
            beside_the_leaf: !good && class % 3 == 0,
        });
    }
    let total: u64 = confusion.iter().sum();
    let right: u64 = (0..15).map(|class| confusion[class * 16]).sum();
    let accuracy = right as f64 / total as f64;
    Scores {
        accuracy: share(accuracy, total),
        commonest: per_class as f64 / total as f64,
        top: vec![(3, share(0.985, total))],
        macro_f1: share(accuracy - 0.01, total),
        loss: about(0.27, 0.05),
        classes,
        confusion,
    }
}

fn calibration(good: bool) -> Calibration {
    let bin = |place: u64| {
        let (low, high) = (place as f64 / 10.0, (place + 1) as f64 / 10.0);
        let confidence = low + 0.055;
        let off = if good { 0.03 * (noise(place) - 0.5) } else { -0.13 };
        let count = 4 + place * place * 3;
        let accuracy = (confidence + off).clamp(0.0, 1.0);
        let Estimate { low: least, high: most, .. } = share(accuracy, count);
        ReliabilityBin { low, high, confidence, accuracy, interval: Some((least, most)), count }
    };
    Calibration {
        bins: (1..10).map(bin).collect(),
        error: about(if good { 0.021 } else { 0.112 }, 0.012),
        excess: Some(about(if good { 0.004 } else { 0.094 }, 0.011)),
        brier: about(if good { 0.13 } else { 0.29 }, 0.02),
    }
}

fn abstention(good: bool) -> Abstention {
    let all = if good { 0.09 } else { 0.19 };
    let coverage: Vec<f64> = (1..=60).map(|step| f64::from(step) / 60.0).collect();
    let risk = coverage.iter().map(|share| all * share.powf(2.2)).collect();
    Abstention { coverage, risk, chosen: Some(50), threshold: Some(0.62) }
}

fn robustness(good: bool) -> Robustness {
    let rows = ["blur", "noise", "darker", "brighter", "JPEG", "rotation", "another background"];
    let clean = if good { 0.91 } else { 0.81 };
    let row = |(kind, name): (usize, &&str)| {
        let slope = if good { 0.02 } else { 0.05 + 0.09 * noise(kind as u64 + 7) };
        let severe = (*name != "another background") as u64 * 2 + 1;
        let cell = |place: u64| (place < severe).then(|| clean - slope * (place + 1) as f64);
        ((*name).to_owned(), (0..3).map(cell).collect())
    };
    Robustness {
        clean,
        photographs: 200,
        severities: ["mild", "medium", "strong"].map(String::from).to_vec(),
        rows: rows.iter().enumerate().map(row).collect(),
    }
}

fn audit(good: bool) -> AuditView {
    let pair = |key: u64| {
        let other = if key == 3 {
            photo(key + 1, "train")
        } else {
            photo(key, if key.is_multiple_of(2) { "train" } else { "val" })
        };
        let how = ["the same file", "turned by 90°", "brighter", "cut off by 5 %"][(key % 4) as usize];
        Pair { one: photo(key, "train"), other, how: how.to_owned() }
    };
    let suspect = |key: u64| Suspect {
        photo: photo(key * 3 + 1, "train"),
        proposed: CLASSES[((key * 5 + 2) % 15) as usize].to_owned(),
        reason: format!("{:.0} % sure, its own class {:.1} %", 97.0 - key as f64, 0.4 + key as f64),
    };
    let poor = |key: u64| Poor {
        photo: photo(key + 40, ""),
        reason: ["blurred", "dark", "nearly empty"][(key % 3) as usize].to_owned(),
    };
    let remarks = if good {
        vec![Remark::new(
            Severity::Note,
            "Some classes are rare",
            "The rarest has 101 photographs, the commonest 321.",
        )]
    } else {
        vec![
            Remark::new(
                Severity::Error,
                "Near duplicates cross the split",
                "14 pairs stand in train and in val.",
            ),
            Remark::new(
                Severity::Warning,
                "The border gives the class away",
                "From eight pixels 49 % can be told, where guessing reaches 11 %.",
            ),
        ]
    };
    AuditView {
        subject: "plantvillage-mini".to_owned(),
        photographs: 2191,
        unusable: if good { 0 } else { 4 },
        classes: CLASSES
            .iter()
            .enumerate()
            .map(|(place, class)| ((*class).to_owned(), 90 + (220.0 * noise(place as u64)) as u64))
            .collect(),
        groups: Some(Groups {
            count: 812,
            largest: 9,
            how: "file names that count, and near duplicates".to_owned(),
        }),
        remarks,
        duplicates: Gallery {
            shown: (0..if good { 1 } else { 6 }).map(pair).collect(),
            total: if good { 1 } else { 41 },
        },
        crossing: Some(if good { 0 } else { 14 }),
        conflicting: if good { 0 } else { 1 },
        suspects: Gallery {
            shown: (0..if good { 2 } else { 6 }).map(suspect).collect(),
            total: if good { 2 } else { 58 },
        },
        poor: Gallery { shown: (0..3).map(poor).collect(), total: 3 },
        probes: vec![
            Probe {
                name: "the outer border".into(),
                accuracy: share(0.58, 2191),
                chance: 0.11,
                alarming: true,
            },
            Probe {
                name: "eight pixels of the border".into(),
                accuracy: share(0.49, 2191),
                chance: 0.11,
                alarming: true,
            },
            Probe {
                name: "the mean colour".into(),
                accuracy: share(0.31, 2191),
                chance: 0.11,
                alarming: true,
            },
            Probe {
                name: "the size of the file".into(),
                accuracy: share(0.13, 2191),
                chance: 0.11,
                alarming: false,
            },
        ]
        .into_iter()
        .filter(|probe| !good || !probe.alarming)
        .collect(),
        split_check: Some(SplitCheck {
            random: share(0.922, 2191),
            grouped: share(if good { 0.914 } else { 0.793 }, 2191),
        }),
    }
}

fn strangers(good: bool) -> Vec<Strangers> {
    let set = |name: &str, auroc: f64| Strangers {
        name: name.to_owned(),
        pictures: 200,
        auroc: vec![
            ("distance of features".to_owned(), about(auroc, 0.011)),
            ("energy".to_owned(), about(auroc - 0.06, 0.02)),
        ],
        rejected: (auroc * 2.0 - 1.05).clamp(0.0, 1.0),
        named: (1.6 - auroc * 1.6).clamp(0.0, 1.0),
    };
    if good {
        vec![set("drawn shapes", 0.988), set("photographs of field-rice", 0.969)]
    } else {
        vec![set("drawn shapes", 0.93), set("photographs of field-rice", 0.78)]
    }
}

fn run(good: bool) -> RunView {
    let text = log(good);
    let setup = RunSetup { classes: Some(15), ..RunSetup::default() };
    let diagnosis = read_log(text.as_bytes()).ok().map(|log| diagnose(&log, &setup));
    let scores = scores(good);
    let photographs = scores.confusion.iter().sum();
    let first = if good { 0 } else { 4 };
    RunView {
        subject: "mobilenet_v1_0.75 on plantvillage-mini".to_owned(),
        model: Model {
            network: "mobilenet_v1_0.75".to_owned(),
            classes: CLASSES.map(String::from).to_vec(),
            image_size: 224,
            parameters: 1_844_000,
            multiply_adds: 325_000_000,
            weights: Some("mobilenet_v1_0.75_224.safetensors".to_owned()),
            epoch: 18,
            temperature: 1.34,
        },
        test: TestSet {
            name: "plantvillage-mini".to_owned(),
            origin: if good { Origin::Test } else { Origin::Validation },
            photographs,
            groups: Some(161),
            grouped: good,
        },
        scores: Some(scores),
        diagnosis,
        calibration: Some(calibration(good)),
        abstention: Some(abstention(good)),
        conformal: Some(Conformal {
            promised: 0.9,
            found: share(if good { 0.912 } else { 0.83 }, photographs),
            sizes: if good { vec![3, 402, 24, 9] } else { vec![0, 188, 130, 70, 24] },
        }),
        strangers: strangers(good),
        turned_away: Some(share(0.05, photographs)),
        robustness: Some(robustness(good)),
        evidence: Some(Evidence {
            method: "Grad-CAM".to_owned(),
            photographs: 150,
            background: if good { 0.22 } else { 0.56 },
            area: 0.48,
            beside_the_leaf: !good,
        }),
        worst: Gallery { shown: (first..first + 6).map(mistake).collect(), total: 39 },
        confident: Gallery { shown: (first + 20..first + 23).map(mistake).collect(), total: 39 },
        audit: Some(audit(good)),
        provenance: Provenance {
            version: "0.3.0".to_owned(),
            seed: 1,
            photographs: "plantvillage-mini".to_owned(),
            fingerprint: "6b1f0c9a".repeat(8),
            splits: [("train", 1315), ("val", 438), ("test", 438)].map(|(split, count)| (split.to_owned(), count)).to_vec(),
            grouping: "equal and nearly equal photographs, and those whose file names count on".to_owned(),
            facts: vec![("Learning rate".to_owned(), "0.01, cosine".to_owned())],
            recipe: "model = \"mobilenet_v1_0.75\"\nbatch_size = 32\nseed = 1\n\n[data]\nvalidation = 0.2\ntest = 0.2\n".to_owned(),
            commands: vec![
                "foliar train plantvillage-mini --model mobilenet_v1_0.75 --weights mobilenet_v1_0.75_224.safetensors --test 0.2 --out runs/first".to_owned(),
                "foliar report runs/first".to_owned(),
            ],
        },
        absent: Vec::new(),
    }
}

/// One that holds what it promises.
pub(crate) fn sound() -> RunView {
    run(true)
}

/// One with every fault.
pub(crate) fn doubtful() -> RunView {
    run(false)
}

/// One of which little is known.
pub(crate) fn bare() -> RunView {
    let RunView { subject, model, provenance, .. } = run(true);
    let absent = |what: &str, why: &str| Absent { what: what.to_owned(), why: why.to_owned() };
    RunView {
        subject,
        model,
        provenance,
        absent: vec![
            absent("Accuracy", "nothing was held back; give photographs with --data."),
            absent("Audit of the photographs", "the folder is not where it was."),
        ],
        ..RunView::default()
    }
}
