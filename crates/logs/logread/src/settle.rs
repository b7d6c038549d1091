//! From columns to series: what only the whole log can tell.
//!
//! Whether shares are fractions or percentages, whether an `error` is a share or a loss, on which photos a
//! name without a split was measured, and whether a column holds whole epochs or what lies within them.

use std::collections::HashSet;

use crate::assemble::Assembler;
use crate::closing;
use crate::column::{Column, Sample};
use crate::concept::Concept;
use crate::direction;
use crate::emit::{Steps, emit};
use crate::fold;
use crate::holes;
use crate::lettered;
use crate::lexicon::{Sense, senses};
use crate::meaning::{self, Field, Quantity};
use crate::namesakes::{is_part as names_part, is_whole};
use crate::numbered_sets;
use crate::one_epoch::settle_one_epoch;
use crate::perplexity;
use crate::rounds;
use crate::run_log::{RunLog, Split};
use crate::strangers;
use crate::summed_parts;
use crate::vanished;

/// A share may exceed 1 by rounding.
const ONE: f64 = 1.000_001;
/// A percentage may exceed 100 by rounding.
const HUNDRED: f64 = 100.01;

/// The log that the columns make; without series if none of them belongs to training.
pub(crate) fn settle(mut assembler: Assembler) -> RunLog {
    assembler.place_scalars();
    let mut facts = assembler.facts;
    let batches = assembler.batches;
    let reached = assembler.reached;
    let steps_restart = assembler.steps_restart;
    let epochs_named = assembler.epochs_named;
    let epochs_differ = assembler.epochs_differ;
    let (bars, passes) = (assembler.bars, assembler.passes);
    let (headings, measured) = (std::mem::take(&mut assembler.numbered), assembler.measured);
    let mut columns = assembler.into_columns();
    columns.retain(|column| column.summary.count > 0 && !is_absent_validation(column));
    if epochs_differ {
        columns.iter_mut().for_each(Column::drop_copies_at_start);
    }
    if !columns.iter().any(|column| measures(column.meaning.quantity)) {
        return RunLog::default();
    }
    let counts_batches = bars || passes && !epochs_named && settle_passes(&mut columns);
    let epochs_named = epochs_named || !counts_batches && number_epochs(&mut columns);
    closing::settle(&mut columns, &headings, measured);
    direction::settle(&mut columns);
    settle_unsaid(&mut columns);
    lettered::settle(&mut columns);
    settle_errors(&mut columns);
    numbered_sets::settle(&mut columns);
    settle_splits(&mut columns);
    merge(&mut columns);
    perplexity::settle(&mut columns);
    settle_deviations(&mut columns);
    holes::settle(&mut columns);
    vanished::settle(&mut columns);
    settle_one_epoch(&mut columns);
    settle_side_losses(&mut columns);
    settle_parts(&mut columns);
    settle_accuracies(&mut columns);
    join_announced(&mut columns);
    drop_remarks(&mut columns);
    settle_twins(&mut columns);
    let scales = scales(&columns);
    let steps = Steps { batches, restart: steps_restart && epochs_named };
    let mut log = RunLog {
        strangers: strangers::names(&columns),
        counted: strangers::counted(&columns).filter(|_| !epochs_named),
        ..RunLog::default()
    };
    for (column, scale) in columns.iter().zip(scales) {
        emit(column, &columns, scale, steps, &mut log.series);
    }
    summed_parts::add(&mut log.series);
    let epochs = columns.iter().map(|column| column.finals.len()).max().unwrap_or(0);
    let said = batches.or((reached.0 * 10 >= epochs * 9).then_some(reached.1));
    facts.steps_per_epoch =
        facts.steps_per_epoch.or(said.filter(|said| *said >= 1.0).map(|said| said as usize));
    log.facts = facts;
    log
}

/// Whether a deviance is that of the validation part which R's gbm was not given: not a number in any row.
fn is_absent_validation(column: &Column) -> bool {
    let held_out = matches!(column.meaning.split, Some(Split::Validation | Split::Test));
    let never = column.summary.least > column.summary.most;
    let name = column.name.to_ascii_lowercase();
    held_out && never && column.summary.count > 0 && name.contains("deviance")
}

/// Whether a quantity tells of the training itself.
fn measures(quantity: Quantity) -> bool {
    !matches!(quantity, Quantity::Unknown | Quantity::Seconds | Quantity::Rate)
}

/// Where nothing but an evaluation was printed, its last batch tells the whole of each pass; returns whether that is
/// so.
fn settle_passes(columns: &mut [Column]) -> bool {
    let trains = |column: &Column| {
        column.meaning.quantity.has_split() && matches!(column.meaning.split, None | Some(Split::Train))
    };
    if columns.iter().any(trains) {
        return false;
    }
    columns.iter_mut().filter(|column| !column.within).for_each(Column::keep_ends);
    true
}

/// Takes counts without a name, as in `#3/30 - loss: 0.5`, for epochs where each has a whole epoch's values.
fn number_epochs(columns: &mut [Column]) -> bool {
    let of = |held_out: bool| {
        let columns = columns.iter().filter(move |column| {
            column.meaning.quantity.has_split()
                && held_out != matches!(column.meaning.split, None | Some(Split::Train))
        });
        columns.map(|column| &column.finals).max_by_key(|finals| finals.len())
    };
    let (held_out, train) = (of(true), of(false));
    let Some(finals) = train.or(held_out) else { return false };
    let unnamed = |sample: &Sample| sample.epoch.is_nan() && sample.step.is_nan() && !sample.batch.is_nan();
    let by_one = finals.windows(2).filter(|pair| pair[1].batch == pair[0].batch + 1.0).count();
    let each_evaluated = held_out.is_some_and(|held_out| held_out.len() * 5 >= finals.len() * 4);
    let folds = held_out.is_some() && rounds::begin_anew(columns, finals);
    let rises = (folds || finals.windows(2).all(|pair| pair[1].batch >= pair[0].batch))
        && (finals.len() < 2
            || finals.first().map(|first| first.batch) != finals.last().map(|last| last.batch));
    if !finals.iter().all(unnamed) || !(by_one * 10 >= (finals.len() - 1) * 9 || each_evaluated && rises) {
        return false;
    }
    for sample in columns.iter_mut().flat_map(Column::samples_mut) {
        if sample.epoch.is_nan() {
            sample.epoch = std::mem::replace(&mut sample.batch, f64::NAN);
        }
    }
    true
}

/// Where no loss is named, numbers of which only the photos are named are losses. Beside a loss they are accuracies if all
/// are shares that rise, as in `train=0.41 val=0.52 loss=1.4`; else nobody knows.
fn settle_unsaid(columns: &mut [Column]) {
    let named = |quantity| columns.iter().any(|column| column.meaning.quantity == quantity);
    let unsaid = || columns.iter().filter(|column| column.meaning.quantity == Quantity::Unsaid);
    let rises = |column: &Column| match &column.finals[..] {
        [first, .., last] => {
            let whole = if column.summary.percent { HUNDRED } else { ONE };
            column.summary.least >= 0.0 && column.summary.most <= whole && last.value > first.value
        }
        _ => false,
    };
    let quantity = match named(Quantity::Loss) {
        false => Quantity::Loss,
        true if !named(Quantity::Accuracy) && unsaid().count() > 1 && unsaid().all(rises) => {
            Quantity::Accuracy
        }
        true => Quantity::Unknown,
    };
    if let Some(val) = lone_loss(columns) {
        columns[val].meaning.quantity = Quantity::Loss;
    }
    for column in columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::Unsaid) {
        let percent = column.summary.percent && quantity == Quantity::Loss;
        column.meaning.quantity = if percent { Quantity::Score } else { quantity };
    }
}

/// `loss=1.51 | val=1.61`: the only number of which the photos alone are named, beside the only loss, is that of the other photos where
/// it is of its size and no share.
fn lone_loss(columns: &[Column]) -> Option<usize> {
    const SIZE: f64 = 5.0;
    let mut unsaid = (0..columns.len()).filter(|&index| columns[index].meaning.quantity == Quantity::Unsaid);
    let mut losses = columns.iter().filter(|column| column.meaning.quantity == Quantity::Loss);
    let (val, loss) = (unsaid.next()?, losses.next()?);
    let column = &columns[val];
    let held_out = matches!(column.meaning.split, Some(Split::Validation | Split::Test));
    let free = matches!(loss.meaning.split, None | Some(Split::Train));
    let (summary, size) = (column.summary, loss.summary.most);
    let falls = match &column.finals[..] {
        [first, .., last] => last.value < first.value,
        _ => false,
    };
    let alike = summary.most < SIZE * size && size < SIZE * summary.most && !summary.percent;
    let fits = held_out && free && alike && (summary.most > ONE || falls);
    (fits && unsaid.next().is_none() && losses.next().is_none()).then_some(val)
}

/// An `error` beside a loss, or printed as a percentage, is a share; alone it is the loss.
fn settle_errors(columns: &mut [Column]) {
    let loss = columns.iter().any(|column| column.meaning.quantity == Quantity::Loss);
    for column in columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::Error) {
        let summary = column.summary;
        let share = summary.percent || summary.most <= HUNDRED && loss;
        column.meaning.quantity = if share { Quantity::ErrorRate } else { Quantity::Loss };
    }
    // Only of edits there may be more than of what was to be read.
    for column in columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::ErrorRate) {
        if column.summary.percent && column.summary.most > HUNDRED {
            column.meaning.quantity = Quantity::EditErrors;
        }
    }
}

/// Where nothing tells of classes and no loss is printed, the first kind of deviation from the wanted numbers is the loss.
fn settle_deviations(columns: &mut [Column]) {
    let other = columns
        .iter()
        .any(|column| column.meaning.quantity.has_split() && column.meaning.quantity != Quantity::Deviation);
    let kind = |column: &Column| {
        let words = fold::words(&column.name, usize::MAX);
        let senses = senses(&words);
        let sense = senses.iter().find(|sense| sense.concept == Concept::Deviation)?;
        Some(words[sense.first].text.clone())
    };
    let deviates = |column: &&mut Column| column.meaning.quantity == Quantity::Deviation;
    // A kind that is told of several photos is followed; one that is told of one may be a batch's.
    let splits = |wanted: &Option<String>| {
        let of = |column: &&Column| column.meaning.quantity == Quantity::Deviation && kind(column) == *wanted;
        columns.iter().filter(of).filter_map(|column| column.meaning.split).collect::<HashSet<Split>>().len()
    };
    let kinds: Vec<Option<String>> =
        columns.iter().filter(|column| column.meaning.quantity == Quantity::Deviation).map(kind).collect();
    let mut first = kinds.into_iter().rev().max_by_key(splits);
    for column in columns.iter_mut().filter(deviates) {
        let kind = kind(column);
        let same = *first.get_or_insert_with(|| kind.clone()) == kind;
        column.meaning.quantity = if same && !other { Quantity::Loss } else { Quantity::Unknown };
    }
}

/// A name without a split belongs to training. Only a score that stands beside two losses whose splits are
/// named was measured where the model is evaluated.
fn settle_splits(columns: &mut [Column]) {
    let held_out = |split: &Split| *split != Split::Train;
    let losses: Vec<Option<Split>> = columns
        .iter()
        .filter(|column| column.meaning.quantity == Quantity::Loss)
        .map(|column| column.meaning.split)
        .collect();
    let named = losses.contains(&Some(Split::Train)) && !losses.contains(&None);
    let evaluated = losses.iter().copied().flatten().find(held_out).filter(|_| named);
    settle_results(columns);
    let told: Vec<Quantity> = columns
        .iter()
        .filter(|column| column.meaning.split.is_some())
        .map(|column| column.meaning.quantity)
        .collect();
    settle_beside_training(columns, evaluated);
    for column in columns.iter_mut() {
        let quantity = column.meaning.quantity;
        if quantity.has_split() && column.meaning.split.is_none() {
            let score = quantity.is_share() && !told.contains(&quantity) && !column.has_batches();
            column.meaning.split = evaluated.filter(|_| score).or(Some(Split::Train));
        }
    }
}

/// `Accuracy` beside `Train Acc`, and no other of validation: the one whose name says no photos is of the photos that a loss was
/// `evaluated` on, whatever stands above it.
fn settle_beside_training(columns: &mut [Column], evaluated: Option<Split>) {
    let Some(evaluated) = evaluated else { return };
    let says = |column: &Column| match meaning::field(&column.name) {
        Field::Value(meaning) => meaning.split,
        _ => None,
    };
    let held_out = |column: &Column| !matches!(column.meaning.split, None | Some(Split::Train));
    let of = |matching: &dyn Fn(&Column) -> bool| -> Vec<Quantity> {
        columns.iter().filter(|column| matching(column)).map(|column| column.meaning.quantity).collect()
    };
    let trained = of(&|column| says(column) == Some(Split::Train));
    let tested = of(&held_out);
    for column in columns.iter_mut() {
        let quantity = column.meaning.quantity;
        let beside = quantity.is_share() && trained.contains(&quantity) && !tested.contains(&quantity);
        if beside && !held_out(column) && says(column).is_none() && !column.has_batches() {
            column.meaning.split = Some(evaluated);
        }
    }
}

/// A score without a split that is told once, below all epochs whose scores of the same kind have one, is the result on test photos.
fn settle_results(columns: &mut [Column]) {
    const EPOCHS: usize = 3;
    let last = |column: &Column| column.all.last().map_or(0, |sample| sample.line);
    let kinds: Vec<(Quantity, u32)> = columns
        .iter()
        .filter(|column| column.meaning.split.is_some() && column.finals.len() >= EPOCHS)
        .map(|column| (column.meaning.quantity, last(column)))
        .collect();
    for column in columns.iter_mut() {
        let once =
            column.meaning.split.is_none() && column.summary.count == 1 && column.meaning.quantity.is_share();
        let line = last(column);
        if once && kinds.iter().any(|(kind, end)| *kind == column.meaning.quantity && line > *end) {
            column.meaning.split = Some(Split::Test);
        }
    }
}

/// Joins columns that differed only in whether their split was said.
fn merge(columns: &mut Vec<Column>) {
    let mut index = 0;
    while index < columns.len() {
        let column = &columns[index];
        let twin = columns[..index].iter().position(|other| {
            other.name.eq_ignore_ascii_case(&column.name)
                && (other.within, other.loose) == (column.within, column.loose)
                && (other.meaning.quantity, other.meaning.split)
                    == (column.meaning.quantity, column.meaning.split)
        });
        match twin {
            Some(twin) => {
                let column = columns.remove(index);
                columns[twin].absorb(column);
            }
            None => index += 1,
        }
    }
}

/// Joins what sentences say of epochs of which nothing else tells: `New best model! Epoch 3: val_acc=0.9`.
fn join_announced(columns: &mut Vec<Column>) {
    for index in (0..columns.len()).rev() {
        let epochs =
            |column: &Column| -> Vec<f64> { column.finals.iter().map(|sample| sample.epoch).collect() };
        let (loose, known) = (&columns[index], epochs(&columns[index]));
        if !loose.loose || known.iter().any(|epoch| epoch.is_nan()) {
            continue;
        }
        let told = columns.iter().position(|other| {
            !other.loose
                && other.name.eq_ignore_ascii_case(&loose.name)
                && (other.meaning.quantity, other.meaning.split)
                    == (loose.meaning.quantity, loose.meaning.split)
                && !epochs(other).iter().any(|epoch| known.contains(epoch))
        });
        if let Some(told) = told {
            let column = columns.remove(index);
            // What stood before is one place further on.
            columns[told - usize::from(told > index)].absorb(column);
        }
    }
}

/// Drops what sentences say of quantities that lines of names and numbers tell more about: on the same photos, or once or twice on
/// any, as a question does that quotes a log.
fn drop_remarks(columns: &mut Vec<Column>) {
    let told: Vec<(Quantity, Option<Split>)> = columns
        .iter()
        .filter(|column| !column.loose && column.finals.len() > 1)
        .map(|column| (column.meaning.quantity, column.meaning.split))
        .collect();
    let placed = |sample: &Sample| !(sample.epoch.is_nan() && sample.step.is_nan() && sample.batch.is_nan());
    let counted: Vec<Quantity> = columns
        .iter()
        .filter(|column| column.summary.count > 2 && column.all.iter().all(placed))
        .map(|column| column.meaning.quantity)
        .collect();
    // `the accuracy stays at 10 %`, above lines of batches.
    columns.retain(|column| {
        let mentioned = column.summary.count == 1
            && column.summary.percent
            && column.all.iter().all(|sample| !placed(sample) && sample.resolution >= 1.0);
        !(mentioned && counted.contains(&column.meaning.quantity))
    });
    columns.retain(|column| {
        let same = told.contains(&(column.meaning.quantity, column.meaning.split));
        let aside =
            column.finals.len() <= 2 && told.iter().any(|(quantity, _)| *quantity == column.meaning.quantity);
        !column.loose || !(same || aside)
    });
}

/// Of several losses of one split in one line, those whose names say more are parts: `val ce loss` beside `val loss`.
fn settle_side_losses(columns: &mut [Column]) {
    let says = |column: &Column| {
        let words = fold::words(&column.name, usize::MAX);
        let within_epochs = |word: &str| matches!(word, "running" | "smoothed" | "instantaneous");
        let says = |sense: &&Sense| match sense.concept {
            Concept::Filler => within_epochs(&words[sense.first].text),
            Concept::Split(_) | Concept::Epoch => false,
            _ => true,
        };
        senses(&words).iter().filter(says).count()
    };
    let lines = |column: &Column| column.all.first().map(|first| (first.row, first.line));
    let is_part = |column: &Column| {
        column.meaning.quantity == Quantity::Loss
            && columns.iter().any(|other| {
                (other.meaning.quantity, other.meaning.split) == (Quantity::Loss, column.meaning.split)
                    && (says(other) < says(column)
                        || names_part(&column.name) && (is_whole(&other.name) || !names_part(&other.name)))
                    && other.all.iter().any(|sample| Some((sample.row, sample.line)) == lines(column))
            })
    };
    let parts: Vec<bool> = columns.iter().map(is_part).collect();
    for (column, _) in columns.iter_mut().zip(parts).filter(|(_, part)| *part) {
        column.meaning.quantity = Quantity::LossPart;
    }
}

/// A split's only part of a loss is its loss; of several validation sets with a loss each, as in `dev-clean-loss` and
/// `dev-other-loss` beside the loss of training, the first is.
fn settle_parts(columns: &mut [Column]) {
    let has = |quantity, split| {
        columns
            .iter()
            .any(|column| (column.meaning.quantity, column.meaning.split) == (quantity, Some(split)))
    };
    let of_training = has(Quantity::Loss, Split::Train) && !has(Quantity::LossPart, Split::Train);
    if of_training && !has(Quantity::Loss, Split::Validation) && !has(Quantity::Loss, Split::Test) {
        let names_set = |column: &&mut Column| {
            let senses = senses(&fold::words(&column.name, usize::MAX));
            (column.meaning.quantity, column.meaning.split) == (Quantity::LossPart, Some(Split::Validation))
                && !senses.iter().any(|sense| sense.concept == Concept::Part)
        };
        if let Some(first) = columns.iter_mut().find(names_set) {
            first.meaning.quantity = Quantity::Loss;
        }
    }
    for split in [Split::Train, Split::Validation, Split::Test] {
        let of = |column: &Column, quantity| {
            column.meaning.quantity == quantity && column.meaning.split == Some(split)
        };
        let whole = columns.iter().any(|column| of(column, Quantity::Loss));
        let parts = columns.iter().filter(|column| of(column, Quantity::LossPart)).count();
        if !whole && parts == 1 {
            for column in columns.iter_mut().filter(|column| of(column, Quantity::LossPart)) {
                column.meaning.quantity = Quantity::Loss;
            }
        }
    }
}

/// Of several accuracies of one split only those with the plainest name are the accuracy.
fn settle_accuracies(columns: &mut [Column]) {
    for split in [Split::Train, Split::Validation, Split::Test] {
        let of = |column: &Column| {
            column.meaning.quantity == Quantity::Accuracy && column.meaning.split == Some(split)
        };
        let plainest = columns.iter().filter(|column| of(column)).map(|column| column.meaning.extras).min();
        for column in columns.iter_mut().filter(|column| of(column)) {
            if Some(column.meaning.extras) > plainest {
                column.meaning.quantity = Quantity::Score;
            }
        }
    }
}

/// Of several accuracies of one split in one row, those with longer names are other scores.
fn settle_twins(columns: &mut [Column]) {
    for index in 0..columns.len() {
        let column = &columns[index];
        if column.meaning.quantity != Quantity::Accuracy {
            continue;
        }
        let first_line = |column: &Column| column.finals.first().map(|sample| (sample.row, sample.line));
        let shorter = columns.iter().any(|other| {
            other.meaning.quantity == Quantity::Accuracy
                && other.meaning.split == column.meaning.split
                && other.within == column.within
                && other.name.len() < column.name.len()
                && first_line(other) == first_line(column)
        });
        if shorter {
            columns[index].meaning.quantity = Quantity::Score;
        }
    }
}

/// What each column's values are divided by: 100 where they are percentages. `None` where they can be no
/// shares.
fn scales(columns: &[Column]) -> Vec<Option<f64>> {
    // The scale of small values is that of the family, unless the family lies far above.
    const SMALL: f64 = 10.0;
    let certain = |column: &Column| column.summary.percent || column.meaning.percent;
    // What is told once, and in integers, may be a count: `the accuracy has not risen for 5 epochs`.
    let counts = |column: &Column| {
        column.summary.count == 1
            && !certain(column)
            && column.all.iter().all(|sample| sample.resolution >= 1.0)
    };
    let percentages = |quantity: Quantity| {
        columns
            .iter()
            .filter(|column| column.meaning.quantity.is_share() && column.summary.most <= HUNDRED)
            .filter(|column| !counts(column) && !is_area_above_one(column))
            .filter(|column| {
                (certain(column) || column.summary.most > ONE) && related(column.meaning.quantity, quantity)
            })
            .map(|column| column.summary.most)
            .fold(f64::NAN, f64::max)
    };
    columns
        .iter()
        .map(|column| {
            let quantity = column.meaning.quantity;
            if !quantity.is_share() {
                return Some(1.0);
            }
            let edits = quantity == Quantity::EditErrors && column.summary.percent;
            if column.summary.most > HUNDRED && !edits {
                return None;
            }
            if is_area_above_one(column) || exceeds_one(column, columns) || is_no_percentage(column, columns)
            {
                return Some(1.0);
            }
            let family = percentages(quantity);
            let percent =
                certain(column) || column.summary.most > ONE || column.summary.most > 0.0 && family <= SMALL;
            let scale = if percent { 100.0 } else { 1.0 };
            (column.summary.least >= -scale * ONE).then_some(scale)
        })
        .collect()
}

/// Whether an area under a curve is a little above 1, which none can be, and no percentage: guessing has 50 %.
fn is_area_above_one(column: &Column) -> bool {
    const MOST: f64 = 1.5;
    const LEAST: f64 = 0.3;
    let summary = column.summary;
    let area = || column.name.to_ascii_lowercase().contains("auc");
    !summary.percent && !column.meaning.percent && summary.most <= MOST && summary.least >= LEAST && area()
}

/// Whether a fraction is above 1, which none can be: an F1 beside an accuracy, or the other way round, that is no percentage and
/// lies where this one does.
fn exceeds_one(column: &Column, columns: &[Column]) -> bool {
    const MOST: f64 = 2.0;
    const LEAST: f64 = 0.3;
    let (quantity, summary) = (column.meaning.quantity, column.summary);
    let opposite = match quantity {
        Quantity::F1 => Quantity::Accuracy,
        Quantity::Accuracy => Quantity::F1,
        _ => return false,
    };
    let plain = |column: &Column| !column.summary.percent && !column.meaning.percent;
    let alike = |other: &Column| {
        (other.meaning.quantity, other.meaning.split) == (opposite, column.meaning.split)
            && plain(other)
            && (LEAST..=ONE).contains(&other.summary.most)
    };
    let others = columns.iter().filter(|other| other.meaning.quantity == quantity);
    let family = others.map(|other| other.summary.most).fold(0.0, f64::max);
    plain(column) && family > ONE && family <= MOST && summary.least > LEAST && columns.iter().any(alike)
}

/// Whether an accuracy, or one of the same name on other photos, is at most 1 beside a loss that is far too low for so few hundredths:
/// then both are fractions, and the one above 1 is none.
fn is_no_percentage(column: &Column, columns: &[Column]) -> bool {
    const SMALL: f64 = 10.0;
    // A network whose mean loss is l gives the right class e^-l and more on the geometric mean.
    const SHARE: f64 = 8.0;
    let plain = |column: &Column| {
        column.meaning.quantity == Quantity::Accuracy && !column.summary.percent && !column.meaning.percent
    };
    if !plain(column) || column.summary.most > SMALL {
        return false;
    }
    let too_low = |accuracy: &Column| {
        let loss = columns.iter().find(|loss| {
            (loss.meaning.quantity, loss.meaning.split) == (Quantity::Loss, accuracy.meaning.split)
        });
        let last = |column: &Column| column.finals.last().map(|sample| sample.value);
        match (last(accuracy), loss.and_then(last)) {
            (Some(share), Some(loss)) => loss > 0.0 && share > 0.0 && SHARE * share / 100.0 < (-loss).exp(),
            _ => false,
        }
    };
    let family = || columns.iter().filter(|other| plain(other) && other.summary.most <= SMALL);
    family().any(|other| other.summary.most > ONE)
        && family().any(|other| other.summary.most <= ONE && too_low(other))
}

/// Whether two shares come from one function, and so have one scale.
fn related(left: Quantity, right: Quantity) -> bool {
    use Quantity::{Accuracy, ErrorRate, TopFive, TopFiveError};
    let ranked = |quantity| matches!(quantity, Accuracy | TopFive | ErrorRate | TopFiveError);
    left == right || ranked(left) && ranked(right)
}
