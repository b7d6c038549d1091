//! Whether more is better or worse, where only the numbers tell.
//!
//! `top1` may be a share of right answers or of wrong ones, `error` a share or a loss, and a number of which only the photos are
//! named a loss or a score. What tells is what cannot be otherwise: of right answers the five likeliest classes hold at least as
//! many as the likeliest, and the best of all values lies on the better side of each.

use crate::column::{Column, Sample};
use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::meaning::Quantity;
use crate::run_log::Split;

/// A share may exceed 1 by rounding.
const ONE: f64 = 1.000_001;

/// Settles it for all columns.
pub(crate) fn settle(columns: &mut [Column]) {
    settle_ranks(columns);
    settle_unsaid(columns);
    settle_boosters(columns);
    settle_numbered(columns);
    settle_likelihoods(columns);
}

/// `top1 99.2 top5 96.1` are shares of wrong answers.
fn settle_ranks(columns: &mut [Column]) {
    let ranked = |column: &&Column| is_bare_rank(&column.name);
    let of = |quantity, split| {
        columns
            .iter()
            .filter(ranked)
            .find(|column| (column.meaning.quantity, column.meaning.split) == (quantity, split))
    };
    let splits = [None, Some(Split::Train), Some(Split::Validation), Some(Split::Test)];
    let errors = splits.into_iter().any(|split| {
        let (Some(one), Some(five)) = (of(Quantity::Accuracy, split), of(Quantity::TopFive, split)) else {
            return false;
        };
        lies_above(one, five)
    });
    if !errors {
        return;
    }
    for column in columns.iter_mut().filter(|column| is_bare_rank(&column.name)) {
        column.meaning.quantity = match column.meaning.quantity {
            Quantity::Accuracy => Quantity::ErrorRate,
            Quantity::TopFive => Quantity::TopFiveError,
            other => other,
        };
    }
}

/// Whether a name says no more than the rank and the photos.
fn is_bare_rank(name: &str) -> bool {
    let words = fold::words(name, 8);
    let senses = senses(&words);
    let rank = |first: usize, end: usize| matches!(&words[first..end], [top, rank] if top.text == "top" && matches!(rank.text.as_str(), "1" | "5"));
    let plain = |concept| matches!(concept, Concept::Split(_) | Concept::Filler);
    senses.iter().any(|sense| rank(sense.first, sense.end))
        && senses.iter().all(|sense| plain(sense.concept) || rank(sense.first, sense.end))
}

/// Where only photos are named and the best value so far rises, or stays above those of the photos held back, they are scores.
fn settle_unsaid(columns: &mut [Column]) {
    let held_out = |split| matches!(split, Some(Split::Validation | Split::Test));
    let best = columns.iter().find(|column| {
        column.name.eq_ignore_ascii_case("best") && column.meaning.quantity == Quantity::Unknown
    });
    let unsaid = columns
        .iter()
        .find(|column| column.meaning.quantity == Quantity::Unsaid && held_out(column.meaning.split));
    let (Some(best), Some(unsaid)) = (best, unsaid) else { return };
    // The best value so far moves to the better side, whichever of several sets it is of.
    let is_score = match (best.all.first(), best.all.last()) {
        (Some(first), Some(last)) if first.value != last.value => last.value > first.value,
        _ => lies_above(best, unsaid),
    };
    if is_score {
        for column in columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::Unsaid) {
            column.meaning.quantity = Quantity::Score;
        }
    }
}

/// `test-error:0.027`: boosting libraries join photos and metric so, and mean the share.
fn settle_boosters(columns: &mut [Column]) {
    for column in columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::Error) {
        let joined =
            column.name.rsplit_once('-').is_some_and(|(_, metric)| metric.eq_ignore_ascii_case("error"));
        if joined && column.summary.most <= ONE {
            column.meaning.quantity = Quantity::ErrorRate;
        }
    }
}

/// `Test score # 0` and `Test score # 1`: two outputs of a network without a name are its accuracy and its loss.
fn settle_numbered(columns: &mut [Column]) {
    let score = |column: &Column| column.meaning.quantity == Quantity::Score;
    let Some(second) = columns.iter().position(|column| score(column) && column.name.ends_with(" #1")) else {
        return;
    };
    let name = columns[second].name.trim_end_matches(" #1").to_owned();
    let more = columns.iter().any(|column| column.name == format!("{name} #2"));
    let first =
        columns.iter().position(|column| score(column) && column.name == name && column.summary.most <= ONE);
    if let (Some(first), false) = (first, more) {
        columns[first].meaning.quantity = Quantity::Accuracy;
        columns[second].meaning.quantity = Quantity::Loss;
    }
}

/// A log-likelihood is never above 0, and the loss that training lessens is what it lacks.
fn settle_likelihoods(columns: &mut [Column]) {
    let likely = |name: &str| name.to_lowercase().contains("likelihood");
    let falls = |column: &&mut Column| {
        column.summary.count > 0 && column.summary.most <= 0.0 && column.summary.least < 0.0
    };
    let losses =
        columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::Loss && likely(&column.name));
    losses.filter(falls).for_each(Column::negate);
}

/// Whether no value of one column lies below, and some lie above, that of the other in the same line.
fn lies_above(upper: &Column, lower: &Column) -> bool {
    let twin = |sample: &Sample| {
        let at = lower.all.partition_point(|other| (other.row, other.line) < (sample.row, sample.line));
        let twin = lower.all.get(at)?;
        ((twin.row, twin.line) == (sample.row, sample.line)).then_some((sample.value, twin.value))
    };
    let pairs: Vec<(f64, f64)> = upper.all.iter().filter_map(twin).collect();
    pairs.iter().all(|(upper, lower)| upper >= lower) && pairs.iter().any(|(upper, lower)| upper > lower)
}
