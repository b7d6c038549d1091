//! The question this crate starts from: "my loss starts at 118 and ends at 2.2 with 99.5 % accuracy. Is my
//! model bad?"

use foliar_doctor::{Id, Reduction, RunSetup, diagnose};
use foliar_logread::RunLog;

use crate::support::table::{finds, three, warnings};

const EPOCHS: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 5.0, 26.0, 27.0, 28.0, 29.0, 30.0];
const TRAIN: [f64; 10] = [118.525, 68.8141, 41.5181, 26.8844, 19.3646, 2.8168, 3.3986, 2.2707, 2.5344, 2.166];
const VAL: [f64; 10] = [87.5214, 50.3452, 31.152, 21.1203, 15.4843, 2.2771, 2.2274, 1.9976, 1.9272, 1.8905];
const ACCURACY: [f64; 10] = [0.753, 0.858, 0.928, 0.948, 0.955, 0.99, 0.992, 0.992, 0.99, 0.995];

fn question() -> RunLog {
    let mut log = three(&TRAIN, &VAL, &ACCURACY);
    for series in &mut log.series {
        for (point, epoch) in series.points.iter_mut().zip(EPOCHS) {
            point.epoch = Some(epoch);
            point.resolution = if series.name == "val_acc" { 1e-3 } else { 1e-4 };
        }
    }
    log
}

#[test]
fn the_answer_says_that_the_model_is_good_and_the_number_a_sum() {
    let diagnosis = diagnose(&question(), &RunSetup::default());
    assert_eq!(warnings(&diagnosis), ["loss-scaled"]);
    for id in [Id::Healthy, Id::SeveralRuns, Id::HotStart, Id::Overfit, Id::DoubleSoftmax] {
        assert!(!finds(&diagnosis, id), "{id:?}");
    }
    for words in [
        "good on this split",
        "about 60 times",
        "about 1.9 to 0.03",
        "magnitude of a sum",
        "leakage",
        "calibration",
        "field",
    ] {
        assert!(diagnosis.verdict.contains(words), "{words} is not in: {}", diagnosis.verdict);
    }
    assert!(diagnosis.findings[0].claim.contains("batch size of 64 fits"));
    for estimate in [diagnosis.scale.train, diagnosis.scale.val].into_iter().flatten() {
        assert_eq!(estimate.reduction, Some(Reduction::BatchSum));
        assert!(
            estimate.low < 50.0 && estimate.high > 64.0 && estimate.high / estimate.low < 5.0,
            "{estimate:?}"
        );
    }
}

#[test]
fn the_batch_size_makes_it_exact() {
    let setup = RunSetup { classes: Some(38), batch_size: Some(64), ..RunSetup::default() };
    let diagnosis = diagnose(&question(), &setup);
    let train = diagnosis.scale.train.unwrap();
    assert!(train.low > 60.0 && train.high < 68.0, "{train:?}");
    let first = diagnosis.series.epochs[0];
    assert!((first.train_loss.unwrap().mean - 1.852).abs() < 0.01);
    let band = first.band.unwrap();
    assert!((band.low - 0.559).abs() < 1e-3 && (band.high.unwrap() - 1.451).abs() < 1e-3);
    assert!((diagnosis.series.chance_loss.unwrap() - 38f64.ln()).abs() < 1e-12);
}

#[test]
fn the_same_numbers_divided_are_healthy() {
    let mean = |values: [f64; 10]| values.map(|value| value / 64.0);
    let diagnosis = diagnose(&three(&mean(TRAIN), &mean(VAL), &ACCURACY), &RunSetup::default());
    assert!(finds(&diagnosis, Id::Healthy), "{:?}", warnings(&diagnosis));
}

#[test]
fn json_has_the_promised_shape() {
    let json = serde_json::to_value(diagnose(&question(), &RunSetup::default())).unwrap();
    let finding = &json["findings"][0];
    assert_eq!(finding["id"], "loss-scaled");
    assert_eq!(finding["severity"], "warning");
    for key in ["claim", "evidence", "confidence", "advice", "code"] {
        assert!(!finding[key].is_null(), "{key}");
    }
    let explanation = &json["explanations"][0];
    assert_eq!(explanation["id"], "loss-scaled");
    assert_eq!(explanation["share"], finding["confidence"]);
    for key in ["cause", "share", "test"] {
        assert!(!explanation["alternatives"][0][key].is_null(), "{key}");
    }
    for column in ["train", "val"] {
        assert_eq!(json["scale"][column]["reduction"], "batch-sum");
        assert!(json["scale"][column]["low"].as_f64() < json["scale"][column]["high"].as_f64());
    }
    assert_eq!(json["series"]["epochs"].as_array().unwrap().len(), 10);
}
