//! A loss far above that of guessing, while accuracy is at or below chance.
//!
//! Idea: a network that knows nothing has a loss of ln C. A far higher loss needs confidence in wrong
//! classes, and that comes from a fault between training and evaluation: another class order, other
//! normalisation, the wrong mode. Source: cross-entropy of a uniform guess, and the binomial spread of its
//! accuracy. Limits: the losses must be means (or their factor known), and a single epoch does not count:
//! running statistics lag behind weights that change fast.

use crate::context::Context;
use crate::rows::Row;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.is_scaled() {
        return None;
    }
    let classes = context.setup.classes;
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    // Without the number of classes, the first training loss tells how many there are at least.
    let begins = context.rows.first().is_some_and(|row| row.epoch.is_none_or(|epoch| epoch <= 1.0));
    let start = context.rows.iter().find_map(|row| row.train_loss).map_or(4.0, |loss| loss.value);
    let chance = context.setup.chance_loss().unwrap_or(3.0);
    let guess = classes.map_or((-start).exp().clamp(0.02, 0.1), |classes| 1.0 / classes as f64);
    let noise = (guess * (1.0 - guess) / size).sqrt();
    // An accuracy far below that guess, with a loss above that of the start, is sure of wrong classes.
    let least = (-start).exp().min(0.5);
    let astray = |loss: f64, accuracy: f64| {
        let limit = 0.5 * least - 2.0 * (least * (1.0 - least) / size).sqrt();
        classes.is_none() && begins && accuracy < limit && loss > 1.2 * start
    };
    let bad = |row: &Row| {
        let (loss, accuracy) = (row.val_loss?, row.val_accuracy?);
        let at_chance = accuracy.value <= guess + 2.0 * noise;
        let below = classes.is_some() && accuracy.value < guess - 1.8 * noise;
        let learned = row.train_loss.is_some_and(|train| train.value < 0.6 * chance);
        let surely = below || (classes.is_some() && at_chance && learned);
        let learns = row.train_loss.is_some_and(|train| train.value < 0.8 * start);
        Some(
            (loss.value > 1.8 * chance && at_chance)
                || (loss.value > 1.2 * chance && surely)
                || (learns && astray(loss.value, accuracy.value)),
        )
    };
    let judged: Vec<(usize, bool)> =
        context.rows.iter().enumerate().filter_map(|(index, row)| Some((index, bad(row)?))).collect();
    let late = &judged[judged.len() - judged.len().div_ceil(3).max(2).min(judged.len())..];
    let wrong = late.iter().filter(|(_, bad)| *bad).count();
    let &(index, last) = late.last()?;
    if !last || wrong < 2 || 2 * wrong < late.len() {
        return None;
    }
    // A network that was once clearly better has lost what it learned, which is another fault.
    let accuracies = context.rows.iter().filter_map(|row| row.val_accuracy);
    let best = accuracies.map(|accuracy| accuracy.value).fold(0.0, f64::max);
    let strays = |row: &Row| Some(astray(row.val_loss?.value, row.val_accuracy?.value));
    if best > guess + 4.0 * noise + 0.03 && strays(&context.rows[index]) != Some(true) {
        return None;
    }
    let row = &context.rows[index];
    let (loss, accuracy) = (row.val_loss?, row.val_accuracy?);
    let trained = row.train_loss.filter(|train| train.value < 0.7 * chance);
    let learned = trained
        .map_or(String::new(), |train| format!(" Training itself works (loss {}).", number(train.value)));
    Some(Finding {
        id: Id::WorseThanChance,
        severity: Severity::Error,
        claim: format!(
            "The validation loss is {} at an accuracy of {}; guessing gives {}{} and {}. The network \
                is confident in the wrong classes.{learned}",
            number(loss.value),
            percent(accuracy.value),
            if classes.is_some() { "" } else { "about " },
            number(chance),
            classes.map_or("a few per cent".to_owned(), |classes| percent(1.0 / classes as f64)),
        ),
        evidence: vec![Evidence::at(loss.line, quoted(row, index, "validation loss", loss))],
        confidence: if classes.is_some() { 0.96 } else { 0.93 },
        advice: "Compare the two data loaders: are the classes in the same order, are the photos \
                normalised with the same mean and standard deviation, is the network in evaluation \
                mode? Evaluate the training set with the validation code: a low accuracy there confirms \
                the fault."
            .to_owned(),
        code: Some(
            "assert train_set.class_to_idx == val_set.class_to_idx\n\
            val_set.transform = Compose([Resize(256), CenterCrop(224), ToTensor(), Normalize(mean, std)])\n\
            model.eval()                               # mean, std: those of training"
                .to_owned(),
        ),
    })
}
