//! Nothing is learned: loss and accuracy stay those of guessing.
//!
//! Idea: guessing among C classes costs ln C and is correct once in C times. A validation that stays there
//! for six epochs, with a loss that does not fall, has learned nothing that generalises. Where C is not
//! known, loss and accuracy must agree on it: accuracy = exp(-loss). Limits: slow starts look the same for
//! some epochs, hence six; a training set that *is* learned is a matter for `train-eval-mismatch`.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

const EPOCHS: usize = 6;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let [val, train] = [(Column::ValLoss, Column::ValAccuracy), (Column::TrainLoss, Column::TrainAccuracy)]
        .map(|(loss, accuracy)| (context.column(loss), context.column(accuracy)));
    let validation = !val.1.is_empty();
    let (losses, accuracies) = if validation { val } else { train };
    let factor = if validation { context.factors().1 } else { context.factors().0 };
    if losses.len() < EPOCHS || accuracies.len() < EPOCHS {
        return None;
    }
    // Many lines of one epoch are one epoch.
    let (first_row, last_row) = (&context.rows[losses.first()?.0], &context.rows[losses.last()?.0]);
    if first_row.epoch.is_some() && first_row.epoch == last_row.epoch {
        return None;
    }
    let losses: Vec<_> =
        losses.iter().map(|(index, reading)| (*index, reading.value / factor, *reading)).collect();
    let best = accuracies.iter().map(|(_, reading)| reading.value).fold(0.0, f64::max);
    let mean = accuracies.iter().map(|(_, reading)| reading.value).sum::<f64>() / accuracies.len() as f64;
    let typical = losses[losses.len() / 2].1;
    let chance = context.setup.chance_loss().unwrap_or(typical);
    let guess = (-chance).exp();
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = (guess * (1.0 - guess) / size).sqrt();
    let agrees =
        context.setup.classes.is_some() || (typical > 0.66 && mean > 0.4 * guess && mean < 1.5 * guess);
    let (first, last) = (losses.first()?, losses.last()?);
    let flat =
        last.1 > 0.985 * first.1.min(chance) && losses.iter().all(|(_, loss, _)| *loss > 0.96 * chance);
    let near = last.1 < 1.6 * chance;
    if !agrees || !flat || !near || best > guess + (4.5 * noise + 1.0 / size).max(0.6 * guess * (1.0 - guess))
    {
        return None;
    }
    let noun = if validation { "validation" } else { "training" };
    Some(Finding {
        id: Id::AtChance,
        severity: Severity::Error,
        claim: format!(
            "After {} epochs the {noun} loss is {} and the best accuracy {}. Guessing among {} classes \
                gives {} and {}. The network has learned nothing that generalises.",
            losses.len(),
            number(last.1),
            percent(best),
            number(chance.exp().round()),
            number(chance),
            percent(guess)
        ),
        evidence: vec![
            Evidence::at(
                first.2.line,
                quoted(&context.rows[first.0], first.0, &format!("{noun} loss"), first.2),
            ),
            Evidence::at(last.2.line, quoted(&context.rows[last.0], last.0, &format!("{noun} loss"), last.2)),
        ],
        confidence: if context.setup.classes.is_some() { 0.93 } else { 0.8 },
        advice: "Check ten photos with their labels as the network receives them: a shuffled label \
            file is the usual cause. Then try to overfit a single batch. If that fails, the weights are \
            frozen, the gradient is cut, or the learning rate is far too small or too large."
            .to_owned(),
        code: Some(
            "images, labels = next(iter(train_loader))\n\
            for _ in range(200): loss = criterion(model(images), labels); loss.backward(); optimizer.step(); \
            optimizer.zero_grad()\n\
            print(loss.item())   # must come near 0"
                .to_owned(),
        ),
    })
}
