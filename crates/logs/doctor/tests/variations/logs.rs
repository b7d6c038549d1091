//! One log of each of many programs, and what is true of its run.

use std::fmt::Write as _;

use foliar_doctor::Id;

use crate::course::{Course, guessing, healthy, lost, mismatched, overfit};

/// A log as its program wrote it.
pub(crate) struct Original {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// What must be found in it.
    pub(crate) truth: Id,
    /// Whether a comma separates its cells or keys, so that it can be no decimal mark.
    pub(crate) commas: bool,
}

/// All logs.
pub(crate) fn originals() -> Vec<Original> {
    let log = |name, text, truth| Original { name, text, truth, commas: false };
    let with_commas = |name, text, truth| Original { name, text, truth, commas: true };
    vec![
        log("Keras", keras(&healthy(12)), Id::Healthy),
        log("Keras, lost", keras_two_lines(&lost(10, 6)), Id::Nan),
        with_commas("Lightning CSV", lightning(&overfit(14)), Id::Overfit),
        log("PyTorch, sums", pytorch_sums(&healthy(12)), Id::LossScaled),
        log("PyTorch, strokes", pytorch_strokes(&mismatched(12)), Id::WorseThanChance),
        log("percentages", percentages(&guessing(10, 10.0)), Id::AtChance),
        log("timm", timm(&healthy(8)), Id::Healthy),
        with_commas("Hugging Face", hugging_face(&overfit(12)), Id::Overfit),
        log("Ultralytics", ultralytics(&healthy(10)), Id::Healthy),
        log("MATLAB", matlab(&overfit(12)), Id::Overfit),
        log("fastai", fastai(&healthy(10)), Id::Healthy),
        with_commas("JSON lines", json_lines(&guessing(9, 7.0)), Id::AtChance),
        log("Markdown", markdown(&overfit(12)), Id::Overfit),
        log("key=value", key_value(&lost(9, 5)), Id::Nan),
    ]
}

fn keras(run: &Course) -> String {
    let mut text = String::from("Found 4032 files belonging to 10 classes.\n");
    let epochs = run.train_loss.len();
    for epoch in 0..epochs {
        let _ = writeln!(text, "Epoch {}/{epochs}", epoch + 1);
        for (batch, bar) in [(21, "======>......................."), (42, "==================>...........")] {
            let share = batch as f64 / 63.0;
            let _ = writeln!(
                text,
                "{batch}/63 [{bar}] - ETA: 2s - loss: {:.4} - accuracy: {:.4}",
                run.train_loss[epoch] * (1.2 - 0.2 * share),
                run.train_accuracy[epoch] * (0.9 + 0.1 * share)
            );
        }
        let _ = writeln!(
            text,
            "63/63 [==============================] - 7s 112ms/step - loss: {:.4} - accuracy: {:.4} - val_loss: {:.4} - val_accuracy: {:.4}",
            run.train_loss[epoch], run.train_accuracy[epoch], run.val_loss[epoch], run.val_accuracy[epoch]
        );
    }
    text
}

fn keras_two_lines(run: &Course) -> String {
    let mut text = String::new();
    let epochs = run.train_loss.len();
    for epoch in 0..epochs {
        let _ = writeln!(
            text,
            "Epoch {}/{epochs}\n - 31s - loss: {:.4} - acc: {:.4} - val_loss: {:.4} - val_acc: {:.4}",
            epoch + 1,
            run.train_loss[epoch],
            run.train_accuracy[epoch],
            run.val_loss[epoch],
            run.val_accuracy[epoch]
        );
    }
    text.replace("NaN", "nan")
}

fn lightning(run: &Course) -> String {
    let mut text = String::from("epoch,step,train_loss,train_acc,val_loss,val_acc\n");
    for epoch in 0..run.train_loss.len() {
        let step = 63 * (epoch + 1) - 1;
        let _ = writeln!(
            text,
            "{epoch},{step},,,{},{}",
            run.val_loss[epoch] as f32, run.val_accuracy[epoch] as f32
        );
        let _ = writeln!(
            text,
            "{epoch},{step},{},{},,",
            run.train_loss[epoch] as f32, run.train_accuracy[epoch] as f32
        );
    }
    text
}

fn pytorch_sums(run: &Course) -> String {
    let mut text = String::from("10 classes, 4032 training images, 1008 validation images, batch size 64\n");
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "Epoch: {} Training loss: {:.4} Training accuracy: {:.4} Validation loss: {:.4} Validation accuracy: {:.4}",
            epoch + 1,
            run.train_loss[epoch] * 4032.0,
            run.train_accuracy[epoch],
            run.val_loss[epoch] * 1008.0,
            run.val_accuracy[epoch]
        );
    }
    text
}

fn pytorch_strokes(run: &Course) -> String {
    let mut text = String::from("Training a resnet50 with 10 classes on cuda\n");
    let epochs = run.train_loss.len();
    for epoch in 0..epochs {
        let _ = writeln!(
            text,
            "Epoch [{}/{epochs}] Train Loss: {:.4} | Train Acc: {:.4} || Val Loss: {:.4} | Val Acc: {:.4} | LR: 1.0e-04",
            epoch + 1,
            run.train_loss[epoch],
            run.train_accuracy[epoch],
            run.val_loss[epoch],
            run.val_accuracy[epoch]
        );
    }
    text
}

fn percentages(run: &Course) -> String {
    let mut text = String::from("number of classes: 10\n");
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "epoch {}\n  train: loss {:.4}, accuracy {:.2}%\n  valid: loss {:.4}, accuracy {:.2}%",
            epoch,
            run.train_loss[epoch],
            100.0 * run.train_accuracy[epoch],
            run.val_loss[epoch],
            100.0 * run.val_accuracy[epoch]
        );
    }
    text
}

fn timm(run: &Course) -> String {
    let mut text = String::new();
    for epoch in 0..run.train_loss.len() {
        for (batch, share) in [(0, 0), (50, 51), (98, 100)] {
            let mean = run.train_loss[epoch] * (1.3 - 0.003 * f64::from(share));
            let _ = writeln!(
                text,
                "Train: {epoch} [{batch:>4}/99 ({share:>3}%)]  Loss: {:.3} ({mean:.3})  Time: 0.412s, 155.23/s  (0.433s, 147.83/s)  LR: 1.000e-04  Data: 0.010 (0.014)",
                mean * 1.04
            );
        }
        let _ = writeln!(
            text,
            "Test: [  15/15]  Time: 0.121 (0.155)  Loss: {:>7.4} ({:>6.4})  Acc@1: {:>7.4} ({:>7.4})  Acc@5: {:>7.4} ({:>7.4})",
            run.val_loss[epoch] * 1.1,
            run.val_loss[epoch],
            98.0 * run.val_accuracy[epoch],
            100.0 * run.val_accuracy[epoch],
            99.0,
            98.0 + run.val_accuracy[epoch]
        );
    }
    text
}

fn hugging_face(run: &Course) -> String {
    let mut text = String::new();
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "{{'loss': {:.4}, 'grad_norm': {:.6}, 'learning_rate': {:.1}e-05, 'epoch': {}.0}}",
            run.train_loss[epoch],
            2.0 + run.train_loss[epoch],
            5.0 - 0.4 * epoch as f64,
            epoch + 1
        );
        let _ = writeln!(
            text,
            "{{'eval_loss': {}, 'eval_accuracy': {:.6}, 'eval_runtime': 12.4312, 'eval_samples_per_second': 81.12, 'epoch': {}.0}}",
            run.val_loss[epoch] as f32,
            run.val_accuracy[epoch],
            epoch + 1
        );
    }
    text
}

fn ultralytics(run: &Course) -> String {
    let mut text = String::new();
    let epochs = run.train_loss.len();
    for epoch in 0..epochs {
        let _ = writeln!(
            text,
            "\n      Epoch    GPU_mem       loss  Instances       Size\n      {:>2}/{epochs}      1.34G    {:>7.4}         16        224: 100%|██████████| 63/63 [00:05<00:00, 11.21it/s]",
            epoch + 1,
            run.train_loss[epoch]
        );
        let _ = writeln!(
            text,
            "               classes   top1_acc   top5_acc: 100%|██████████| 8/8 [00:00<00:00, 12.18it/s]\n                   all      {:.3}      {:.3}",
            run.val_accuracy[epoch],
            0.9 + 0.1 * run.val_accuracy[epoch]
        );
    }
    text
}

fn matlab(run: &Course) -> String {
    let rule = "|======================================================================================================================|\n";
    let mut text = format!(
        "Training on single GPU.\nInitializing input data normalization.\n{rule}\
         |  Epoch  |  Iteration  |  Time Elapsed  |  Mini-batch  |  Validation  |  Mini-batch  |  Validation  |  Base Learning  |\n\
         |         |             |   (hh:mm:ss)   |   Accuracy   |   Accuracy   |     Loss     |     Loss     |      Rate       |\n{rule}"
    );
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "| {:>7} | {:>11} |       00:{:02}:12 | {:>11.2}% | {:>11.2}% | {:>12.4} | {:>12.4} |          0.0010 |",
            epoch + 1,
            63 * (epoch + 1),
            epoch,
            100.0 * run.train_accuracy[epoch],
            100.0 * run.val_accuracy[epoch],
            run.train_loss[epoch],
            run.val_loss[epoch]
        );
    }
    text + rule
}

fn fastai(run: &Course) -> String {
    let mut text = String::from("epoch     train_loss  valid_loss  accuracy  time    \n");
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "{epoch:<9} {:<11.6} {:<11.6} {:<9.6} 00:{:02}   ",
            run.train_loss[epoch],
            run.val_loss[epoch],
            run.val_accuracy[epoch],
            31 + epoch % 3
        );
    }
    text
}

fn json_lines(run: &Course) -> String {
    let mut text = String::new();
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "{{\"epoch\": {epoch}, \"train_loss\": {}, \"train_acc\": {:.6}, \"valid_loss\": {}, \"valid_acc\": {:.6}, \"lr\": 0.0003, \"num_classes\": 7}}",
            run.train_loss[epoch], run.train_accuracy[epoch], run.val_loss[epoch], run.val_accuracy[epoch]
        );
    }
    text
}

fn markdown(run: &Course) -> String {
    let mut text = String::from(
        "| Epoch | Training Loss | Training Accuracy | Validation Loss | Validation Accuracy |\n\
         |:-----:|:-------------:|:-----------------:|:---------------:|:-------------------:|\n",
    );
    for epoch in 0..run.train_loss.len() {
        let _ = writeln!(
            text,
            "| {:<5} | {:<13.4} | {:<17.4} | {:<15.4} | {:<19.4} |",
            format!("{}.0", epoch + 1),
            run.train_loss[epoch],
            run.train_accuracy[epoch],
            run.val_loss[epoch],
            run.val_accuracy[epoch]
        );
    }
    text
}

fn key_value(run: &Course) -> String {
    let mut text = String::new();
    for epoch in 0..run.train_loss.len() {
        for batch in [100, 200] {
            let _ = writeln!(
                text,
                "epoch={epoch} batch={batch}/250 loss={:.5} lr=0.01",
                run.train_loss[epoch] * (1.3 - 0.001 * f64::from(batch))
            );
        }
        let _ = writeln!(
            text,
            "epoch={epoch} train_loss={:.5} train_acc={:.4} val_loss={:.5} val_acc={:.4} time=12.3s",
            run.train_loss[epoch], run.train_accuracy[epoch], run.val_loss[epoch], run.val_accuracy[epoch]
        );
    }
    text.replace("NaN", "nan")
}
