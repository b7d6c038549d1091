use super::{Cadence, Fact, Field, Quantity, field};
use crate::run_log::Split::{self, Test, Train, Validation};

fn value(name: &str) -> (Option<Split>, Quantity, u8) {
    match field(name) {
        Field::Value(meaning) => (meaning.split, meaning.quantity, meaning.extras),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn spellings_of_one_meaning() {
    let cases: [(&[&str], Option<Split>, Quantity); 17] = [
        (&["loss", "Loss", "total_loss", "cross_entropy_loss", "Average loss"], None, Quantity::Loss),
        (
            &["train_loss", "loss/train", "Loss_train", "trainLoss", "Training Loss", "tr_loss"],
            Some(Train),
            Quantity::Loss,
        ),
        (
            &["val_loss", "valid/loss", "Loss/val", "loss_val", "eval_loss", "dev loss"],
            Some(Validation),
            Quantity::Loss,
        ),
        (&["testing loss", "test_loss", "Loss/test"], Some(Test), Quantity::Loss),
        (
            &["eval_accuracy", "val_acc", "Validation accuracy", "val_categorical_accuracy", "valAcc"],
            Some(Validation),
            Quantity::Accuracy,
        ),
        (
            &[
                "acc",
                "Acc@1",
                "acc1",
                "top1",
                "Top-1 Acc",
                "prec@1",
                "metrics/accuracy_top1",
                "accuracy_score",
            ],
            None,
            Quantity::Accuracy,
        ),
        (&["test_acc1", "test/accuracy"], Some(Test), Quantity::Accuracy),
        (&["Acc@5", "top5", "metrics/accuracy_top5", "prec5", "acc5", "top_5_acc"], None, Quantity::TopFive),
        (&["eval_prec5", "val_top5"], Some(Validation), Quantity::TopFive),
        (&["error_rate", "err_rate", "Top-1 error"], None, Quantity::ErrorRate),
        (&["val_f1", "eval_f1_score", "val/macro_f1"], Some(Validation), Quantity::F1),
        (&["metrics/precision(B)", "recall", "auc"], None, Quantity::Score),
        (&["metrics/mAP50-95(B)", "mAP", "ENTS_P"], Some(Validation), Quantity::Score),
        (&["ENTS_F"], Some(Validation), Quantity::F1),
        (&["valid_ac", "val_acc"], Some(Validation), Quantity::Accuracy),
        (&["RegLoss", "kl_loss", "margin_loss", "loss_cls", "dfl_loss"], None, Quantity::LossPart),
        (
            &["best_val_acc", "loss_scale", "loss weight", "grad_norm", "max accuracy"],
            None,
            Quantity::Unknown,
        ),
    ];
    for (names, split, quantity) in cases {
        for name in names {
            let (found_split, found, _) = value(name);
            assert_eq!(found, quantity, "{name}");
            assert!(quantity == Quantity::Unknown || found_split == split, "{name}: {found_split:?}");
        }
    }
    assert!(value("accuracy_0").2 > value("accuracy").2);
    assert_eq!(value("acc1").2, 0);
    assert_eq!(value("lr/pg0").1, Quantity::Rate);
    assert_eq!(value("time").1, Quantity::Seconds);
}

#[test]
fn counters_and_facts() {
    for name in ["epoch", "Epoch", "ep", "train_epoch", "轮次", "Epoche", "эпоха"] {
        assert_eq!(field(name), Field::Epoch, "{name}");
    }
    for name in ["step", "global_step", "iteration", "Batch"] {
        assert_eq!(field(name), Field::Step, "{name}");
    }
    assert_eq!(field("num_classes"), Field::Fact(Fact::Classes));
    assert_eq!(field("batch_size"), Field::Fact(Fact::BatchSize));
    assert_eq!(field("train size"), Field::Fact(Fact::Size(Some(Train))));
    for name in ["max_epochs", "test_iter", "warmup_steps"] {
        assert!(matches!(field(name), Field::Value(_)), "{name}");
    }
    let cadence = |name| match field(name) {
        Field::Value(meaning) => meaning.cadence,
        other => panic!("{other:?}"),
    };
    assert_eq!(cadence("train_loss_step"), Cadence::Batch);
    assert_eq!(cadence("train_loss_epoch"), Cadence::Epoch);
}
