//! What was read neither shows a fault nor proves that the network learned.
//!
//! Idea: the absence of a warning is no evidence. See [`crate::learned`] for what is. Limits: what counts as
//! enough is cautious where the numbers of classes and of validation photos are not known.

use foliar_logread::Metric;

use crate::context::Context;
use crate::learned::{Gap, falling_score, gap};
use crate::rows::Column;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let gap = gap(context)?;
    let (claim, advice) = match gap {
        Gap::Curves => (
            if context.log.series.iter().any(|series| series.metric == Metric::LossPart) {
                "Scores and parts of a loss were read, but neither the loss as a whole nor an accuracy, and no score rises in four \
                    lines: nothing says whether the network learns."
                    .to_owned()
            } else {
                "Scores were read, but no loss and no accuracy: nothing says whether the network learns."
                    .to_owned()
            },
            "Print the loss and the accuracy of validation once an epoch.",
        ),
        Gap::Validation => (
            format!(
                "{}Nothing was measured on photos that the network is not trained on, so the log cannot show whether \
                    it generalises.",
                course(context)
            ),
            "Print loss and accuracy on validation photos once an epoch. If the log has them, name them `val_loss` \
                and `val_acc`.",
        ),
        Gap::Loss => (
            format!(
                "{}The losses of training and validation are far above {}. Sums, smoothed labels, a penalty on the weights and a \
                    softmax that is applied twice give such losses.",
                course(context),
                if context.column(Column::ValAccuracy).is_empty() {
                    "those of guessing among any usual number of classes"
                } else {
                    "what such an accuracy explains"
                }
            ),
            if context.setup.classes.is_none() {
                "Say how many classes there are (`--classes`) and how many photos a batch has (`--batch-size`): each of these has \
                    another floor."
            } else {
                "Print the mean cross-entropy per photo beside this loss. Train for more epochs if the loss still falls."
            },
        ),
        Gap::Rise => (
            format!(
                "{}The validation loss ends far above its least value, and neither training nor the accuracy says why.",
                course(context)
            ),
            "Print the accuracy and the cross-entropy of training and validation once an epoch.",
        ),
        Gap::Jumps => (
            format!(
                "{}The validation accuracy, or another share of right answers, falls far below what it was before, so no epoch says what the \
                    network is worth.",
                course(context)
            ),
            "Lower the learning rate, and print the loss of training once an epoch. Count the validation photos: few of them jump \
                by chance.",
        ),
        Gap::Start => (
            format!(
                "{}What stands before the first epoch is better than that. If it is where the run set out from, training has made \
                    the network worse.",
                course(context)
            ),
            "If it is the result of another run, leave it out of the log. If not, train again with a tenth of the learning rate.",
        ),
        Gap::NoCourse => (
            match &context.log.counted {
                Some(name) => format!(
                    "{}But the lines are numbered by `{name}`, not by epochs or steps: they may list results and no course.",
                    course(context)
                ),
                None => format!(
                    "{}But no epoch is numbered, and each line has another learning rate: they may list trials and no course.",
                    course(context)
                ),
            },
            "Give the log of one run, with the number of the epoch in each line.",
        ),
        Gap::Scores => (
            match falling_score(context) {
                Some((series, first, end)) => format!(
                    "{}But `{}` falls from {} to {}: another share of the answers becomes worse.",
                    course(context),
                    series.name.trim(),
                    number(first),
                    number(end)
                ),
                None => course(context),
            },
            "Look at the recall of each class on validation photos: an accuracy rises with the largest class alone.",
        ),
        Gap::Strangers => (
            format!(
                "{}What {} was not understood: {} may be a loss or an accuracy that a judgement needs.",
                course(context),
                match &context.log.strangers[..] {
                    [one] => format!("`{one}` is"),
                    several => format!("{} are", listed(several)),
                },
                if context.log.strangers.len() == 1 { "it" } else { "one of them" }
            ),
            "Name the columns like `train_loss`, `val_loss`, `train_acc` and `val_acc`, or leave out what is none of these.",
        ),
        Gap::Behind => (
            format!(
                "{}The validation loss ends far above that of training. Memory does that, and an evaluation under other conditions.",
                course(context)
            ),
            "Print the accuracy on training photos once an epoch: a gap of accuracies tells memory from a difference of evaluation.",
        ),
        Gap::Little => (
            format!(
                "{}That is better than guessing, but most of the loss of guessing is left: it has learned little so far.",
                course(context)
            ),
            "Train for more epochs. If it stays so, try a higher learning rate, pretrained weights, or a larger network.",
        ),
        Gap::Epochs(epochs) => (
            format!(
                "Validation was read {}: too little to judge a course. {}",
                if epochs == 1 { "once".to_owned() } else { format!("{epochs} times") },
                course(context)
            ),
            "Give the log of at least three epochs, from the first one on.",
        ),
        Gap::Proof => (
            format!("{}That is not clearly better than guessing, as far as the log tells.", course(context)),
            if context.setup.classes.is_none() {
                "Say how many classes there are (`--classes`) and how many validation photos (`--val-size`): then \
                    guessing has a known loss and accuracy."
            } else {
                "Train for more epochs, and say how many validation photos there are (`--val-size`)."
            },
        ),
    };
    let evidence = COLUMNS
        .into_iter()
        .filter_map(|(column, noun)| {
            let &(index, reading) = context.best_run(column).last()?;
            Some(Evidence::at(reading.line, quoted(&context.rows[index], index, noun, reading)))
        })
        .collect();
    Some(Finding {
        id: Id::TooLittleToTell,
        severity: Severity::Note,
        claim,
        evidence,
        confidence: 0.9,
        advice: advice.to_owned(),
        code: None,
    })
}

/// `a`, `b` and `c`, as the log writes them.
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

const COLUMNS: [(Column, &str); 4] = [
    (Column::TrainLoss, "training loss"),
    (Column::ValLoss, "validation loss"),
    (Column::TrainAccuracy, "training accuracy"),
    (Column::ValAccuracy, "validation accuracy"),
];

/// `The training loss goes from 2 to 1, the validation accuracy from 50 % to 60 %. `, or nothing.
fn course(context: &Context<'_>) -> String {
    let courses = COLUMNS.into_iter().filter_map(|(column, noun)| {
        let curve = context.best_run(column);
        let (first, last) = (curve.first()?.1.value, curve.last()?.1.value);
        let text = |value| match column {
            Column::TrainLoss | Column::ValLoss => number(value),
            Column::TrainAccuracy | Column::ValAccuracy => percent(value),
        };
        Some(if curve.len() == 1 {
            format!("the {noun} is {}", text(last))
        } else {
            format!("the {noun} goes from {} to {}", text(first), text(last))
        })
    });
    let text = courses.collect::<Vec<_>>().join(", ");
    match text.split_at_checked(1) {
        Some((head, rest)) => format!("{}{rest}. ", head.to_uppercase()),
        None => text,
    }
}
