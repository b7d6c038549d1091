//! Logs that are written line by line in the columns that programs print, faulty and healthy: no faulty one is called healthy, and
//! hardly a healthy one is warned of.

use foliar_doctor::{Id, RunSetup, diagnose};
use foliar_logread::read_log;

use crate::support::dice::Dice;
use crate::support::table::{finds, warnings};

/// One epoch: training and validation loss, training and validation accuracy.
type Epoch = [f64; 4];

/// What a program prints of an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Columns {
    All,
    Losses,
    Accuracies,
    Validation,
    Percent,
    ErrorRate,
    TopFive,
    F1,
}

use Columns::{Accuracies, All, ErrorRate, F1, Losses, Percent, TopFive, Validation};

impl Columns {
    fn line(self, epoch: usize, [train, val, learned, judged]: Epoch) -> String {
        match self {
            All => format!(
                "Epoch {epoch} - loss: {train:.4} - acc: {learned:.4} - val_loss: {val:.4} - val_acc: {judged:.4}\n"
            ),
            Losses => format!("epoch {epoch} train loss {train:.4} val loss {val:.4}\n"),
            Accuracies => format!("epoch {epoch} train acc {learned:.4} val acc {judged:.4}\n"),
            Validation => format!("epoch {epoch} val loss {val:.4} val acc {judged:.4}\n"),
            Percent => format!(
                "Epoch {epoch}: train loss {train:.3}, train accuracy {:.2}%, val loss {val:.3}, val accuracy {:.2}%\n",
                100.0 * learned,
                100.0 * judged
            ),
            ErrorRate => format!(
                "epoch {epoch} train_loss {train:.4} valid_loss {val:.4} valid_error_rate {:.4}\n",
                1.0 - judged
            ),
            TopFive => format!(
                "epoch {epoch} train_loss {train:.4} val_loss {val:.4} val_top1 {judged:.4} val_top5 {:.4}\n",
                1.0 - 0.3 * (1.0 - judged)
            ),
            F1 => format!(
                "epoch {epoch} train_loss {train:.4} val_loss {val:.4} val_accuracy {judged:.4} val_f1 {:.4}\n",
                0.97 * judged
            ),
        }
    }
}

/// The log of `epochs` epochs, whose values follow from the share of the run that is done, in `0..=1`, and the epoch from 0.
fn log(epochs: usize, columns: Columns, course: impl Fn(f64, usize) -> Epoch) -> String {
    let share = |epoch: usize| epoch as f64 / (epochs - 1).max(1) as f64;
    (0..epochs).map(|epoch| columns.line(epoch + 1, course(share(epoch), epoch))).collect()
}

/// A value that falls or rises from `from` to `to`, fast at first.
fn approach(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (-4.0 * share).exp()
}

/// A repeated small noise, between -1 and 1.
fn noise(epoch: usize) -> f64 {
    [0.3, -0.7, 0.9, -0.2, -0.8, 0.5, 0.1][epoch % 7]
}

fn overfit(s: f64, epoch: usize) -> Epoch {
    let turn = (s - 0.3).max(0.0);
    let val = approach(2.0, 1.05, (3.0 * s).min(1.0)) + 1.4 * turn + 0.01 * noise(epoch);
    [approach(2.1, 0.03, s), val, approach(0.3, 0.995, s), approach(0.33, 0.68, (3.0 * s).min(1.0))]
}

fn at_chance(_: f64, epoch: usize) -> Epoch {
    let (n, chance) = (noise(epoch), 10f64.ln());
    [chance + 0.002 * n, chance + 0.003 * n, 0.1 + 0.004 * n, 0.1 + 0.006 * n]
}

fn double_softmax(s: f64, epoch: usize) -> Epoch {
    let (learned, judged) = (approach(0.3, 0.97, s), approach(0.35, 0.93, s));
    [2.432 - learned + 0.002 * noise(epoch), 2.434 - judged + 0.002 * noise(epoch), learned, judged]
        .map(|x| x + 0.03)
}

fn scaled(s: f64, _: usize) -> Epoch {
    [
        64.0 * approach(1.9, 0.06, s),
        64.0 * approach(1.5, 0.12, s),
        approach(0.4, 0.985, s),
        approach(0.5, 0.965, s),
    ]
}

fn diverged(s: f64, epoch: usize) -> Epoch {
    if s < 0.5 {
        return [
            approach(1.6, 0.5, s),
            approach(1.5, 0.6, s),
            approach(0.4, 0.85, s),
            approach(0.45, 0.8, s),
        ];
    }
    [4120.0 + 900.0 * noise(epoch), 3890.0 + 700.0 * noise(epoch), 0.21, 0.2]
}

fn lost(s: f64, _: usize) -> Epoch {
    if s < 0.5 {
        return [
            approach(1.6, 0.5, s),
            approach(1.5, 0.6, s),
            approach(0.4, 0.85, s),
            approach(0.45, 0.8, s),
        ];
    }
    [f64::NAN, f64::NAN, 0.2, 0.2]
}

fn mismatch(s: f64, epoch: usize) -> Epoch {
    [
        approach(0.6, 0.05, s),
        3.4 + 1.2 * s + 0.3 * noise(epoch),
        approach(0.8, 0.985, s),
        0.22 + 0.02 * noise(epoch),
    ]
}

fn worse(s: f64, epoch: usize) -> Epoch {
    [
        approach(2.0, 0.3, s),
        3.5 + 3.0 * s + 0.1 * noise(epoch),
        approach(0.3, 0.9, s),
        0.02 + 0.005 * noise(epoch),
    ]
}

fn frozen(_: f64, _: usize) -> Epoch {
    [1.7312, 1.6988, 0.214, 0.221]
}

fn unseen_weights(s: f64, _: usize) -> Epoch {
    [approach(1.2, 0.2, s), 0.9141, approach(0.6, 0.93, s), 0.701]
}

fn perfect(_: f64, _: usize) -> Epoch {
    [0.0, 0.0, 1.0, 1.0]
}

fn negative(s: f64, _: usize) -> Epoch {
    [-0.4 - 12.0 * s, -0.7 - 14.0 * s, 0.48, 0.49]
}

fn restless(s: f64, epoch: usize) -> Epoch {
    let up = if epoch % 2 == 1 { 0.8 } else { 0.0 };
    [approach(2.2, 1.1, s) + up, approach(2.1, 1.2, s) + up, 0.5 - 0.2 * up, 0.45 - 0.2 * up]
}

fn unstable(s: f64, epoch: usize) -> Epoch {
    let bad = epoch % 3 == 2;
    let judged = approach(0.5, 0.88, s) - if bad { 0.35 } else { 0.0 };
    [
        approach(1.4, 0.2, s),
        approach(1.3, 0.35, s) + if bad { 1.1 } else { 0.0 },
        approach(0.5, 0.93, s),
        judged,
    ]
}

fn spikes(s: f64, epoch: usize) -> Epoch {
    let spike = if epoch % 4 == 3 { 2.2 } else { 0.0 };
    [approach(1.4, 0.2, s), approach(1.2, 0.3, s) + spike, approach(0.5, 0.94, s), approach(0.55, 0.9, s)]
}

fn one_class(_: f64, epoch: usize) -> Epoch {
    [0.664 + 0.002 * noise(epoch), 0.662 + 0.001 * noise(epoch), 0.63, 0.6244]
}

fn underfit(s: f64, epoch: usize) -> Epoch {
    let n = 0.004 * noise(epoch);
    let fast = (3.0 * s).min(1.0);
    [
        approach(2.3, 1.72, fast) + n,
        approach(2.25, 1.74, fast) + n,
        approach(0.12, 0.36, fast) + n,
        approach(0.15, 0.35, fast) - n,
    ]
}

fn too_sure(s: f64, epoch: usize) -> Epoch {
    let val = approach(1.0, 0.8, s) + 1.3 * s + 0.02 * noise(epoch);
    [approach(1.2, 0.01, s), val, approach(0.6, 0.999, s), approach(0.7, 0.83, s)]
}

fn penalty(s: f64, epoch: usize) -> Epoch {
    let n = 0.01 * noise(epoch);
    [
        4.9 + approach(0.5, 0.0, s) + n,
        4.92 + approach(0.45, 0.0, s) + n,
        approach(0.6, 0.97, s),
        approach(0.65, 0.95, s),
    ]
}

fn hot(s: f64, _: usize) -> Epoch {
    [
        approach(31.0, 0.4, 2.0 * s),
        approach(9.0, 0.5, 2.0 * s),
        approach(0.2, 0.87, s),
        approach(0.25, 0.84, s),
    ]
}

fn above_one(s: f64, _: usize) -> Epoch {
    [approach(1.2, 0.3, s), approach(1.1, 0.4, s), approach(0.7, 1.31, s), approach(0.7, 1.22, s)]
}

fn faded(s: f64, epoch: usize) -> Epoch {
    let judged = approach(0.5, 0.9, (8.0 * s).min(1.0)) - 0.25 * s + 0.01 * noise(epoch);
    [approach(1.5, 0.5, s), approach(1.4, 0.9, s), approach(0.5, 0.85, s), judged]
}

/// A fault, how many classes are known, the epochs, and the columns that it shows in.
type Fault = (fn(f64, usize) -> Epoch, Option<usize>, usize, &'static [Columns]);

const FAULTS: &[Fault] = &[
    (overfit, None, 12, &[All, Losses, Accuracies, Percent, ErrorRate, TopFive, F1]),
    (overfit, Some(10), 40, &[All, Losses, Accuracies, Percent]),
    (overfit, None, 6, &[All, Losses, Accuracies]),
    (at_chance, Some(10), 6, &[All, Losses, Accuracies, Validation, Percent, ErrorRate]),
    (at_chance, None, 8, &[All, Losses, Accuracies, Validation]),
    (at_chance, Some(10), 3, &[All, Losses, Accuracies]),
    (double_softmax, Some(10), 10, &[All, Validation, Percent, ErrorRate]),
    (double_softmax, None, 20, &[All, Validation]),
    (scaled, None, 5, &[All, Validation, Percent, ErrorRate, F1]),
    (diverged, None, 8, &[All, Losses]),
    (lost, None, 6, &[All, Losses, Percent]),
    (mismatch, Some(5), 6, &[All, Losses, Accuracies, Percent, ErrorRate]),
    (mismatch, None, 3, &[All, Percent]),
    (worse, Some(10), 5, &[All, Validation]),
    (worse, None, 8, &[All]),
    (frozen, None, 6, &[All, Losses, Validation]),
    (unseen_weights, None, 5, &[All, Losses]),
    (perfect, None, 3, &[All, Losses, Validation]),
    (negative, None, 4, &[All, Losses]),
    (restless, Some(10), 12, &[All, Losses]),
    (unstable, None, 12, &[All, Accuracies, Percent, ErrorRate]),
    (spikes, None, 16, &[All, Validation]),
    (one_class, None, 10, &[All, Validation, Accuracies, ErrorRate]),
    (underfit, Some(10), 20, &[All, Accuracies, ErrorRate]),
    (too_sure, Some(10), 15, &[All, Losses, Validation]),
    (penalty, Some(10), 12, &[All, ErrorRate]),
    (hot, Some(10), 10, &[All, Losses]),
    (above_one, None, 5, &[All, Accuracies]),
    (faded, None, 20, &[All, Accuracies]),
];

#[test]
fn no_faulty_log_is_called_healthy() {
    let (mut logs, mut wrong) = (0, Vec::new());
    for (place, (course, classes, epochs, columns)) in FAULTS.iter().enumerate() {
        for &columns in *columns {
            logs += 1;
            let text = log(*epochs, columns, course);
            let setup = RunSetup { classes: *classes, ..RunSetup::default() };
            let diagnosis = diagnose(&read_log(text.as_bytes()).unwrap(), &setup);
            if finds(&diagnosis, Id::Healthy) {
                wrong.push(format!(
                    "fault {place}, {columns:?}, {epochs} epochs, {classes:?} classes:\n{text}"
                ));
            }
        }
    }
    assert!(logs >= 80, "{logs} logs");
    assert!(wrong.is_empty(), "{} of {logs} are called healthy\n{}", wrong.len(), wrong.join("\n"));
}

/// A course that learns: losses fall from guessing to what the final accuracies cost.
fn healthy(dice: &mut Dice) -> (Option<usize>, usize, Columns, Vec<Epoch>) {
    let classes = dice.pick(&[2, 3, 5, 10, 20, 100]);
    let (c, epochs) = (classes as f64, 3 + dice.below(38));
    let columns = dice.pick(&[All, Losses, Accuracies, Validation, Percent, ErrorRate, TopFive, F1]);
    let judged = 1.0 - (1.0 - 1.0 / c) * dice.between(0.03, 0.35);
    let learned = (judged + dice.between(-0.04, 0.04)).min(0.99);
    let cost = |accuracy: f64| {
        let e = 1.0 - accuracy;
        -e * e.ln() - accuracy * accuracy.ln() + 0.5 * e * (c - 1.0).ln()
    };
    let speed = dice.between(1.0, 2.5);
    let rows = (0..epochs).map(|epoch| {
        let share = speed * (epoch as f64 + 0.6) / epochs as f64;
        let at = |end: f64| {
            let wobble = 0.004 * dice.normal();
            (1.0 / c + (end - 1.0 / c) * (1.0 - (-3.0 * share).exp()) + wobble).clamp(1.0 / c, 0.995)
        };
        let [learned, judged] = [learned, judged].map(at);
        [1.05 * cost(learned), 1.02 * cost(judged), learned, judged]
    });
    let rows = rows.collect();
    (dice.chance(0.5).then_some(classes), epochs, columns, rows)
}

#[test]
fn hardly_a_healthy_log_is_warned_of() {
    const LOGS: usize = 200;
    let mut dice = Dice::new(41);
    let (mut alarms, mut called) = (Vec::new(), 0);
    for _ in 0..LOGS {
        let (classes, epochs, columns, rows) = healthy(&mut dice);
        let text = log(epochs, columns, |_, epoch| rows[epoch]);
        let setup = RunSetup { classes, ..RunSetup::default() };
        let diagnosis = diagnose(&read_log(text.as_bytes()).unwrap(), &setup);
        called += usize::from(finds(&diagnosis, Id::Healthy));
        if !warnings(&diagnosis).is_empty() {
            alarms.push(format!("{:?}, {classes:?}:\n{text}", warnings(&diagnosis)));
        }
    }
    assert!(50 * alarms.len() <= LOGS, "{} of {LOGS} are warned of\n{}", alarms.len(), alarms.join("\n"));
    assert!(10 * called >= 9 * LOGS, "{called} of {LOGS} are called healthy");
}
