//! `foliar review`: the doubts of an audit, judged in the browser.

use std::path::Path;

use foliar_files::Printable as _;
use foliar_results::words::count;
use foliar_review::{Options, ReviewPages};
use foliar_scan::Review;
use foliar_scan::review::Decision;
use foliar_vision::{Problem, Reason};

use super::local;
use crate::arguments::ReviewArguments;
use crate::exit::Exit;

pub(crate) fn run(arguments: &ReviewArguments) -> anyhow::Result<Exit> {
    let options = Options {
        data: arguments.data.clone(),
        review: arguments.review.clone(),
        weak_labels: arguments.all,
    };
    let pages = ReviewPages::open(&arguments.audit, &options)?;
    for remark in pages.remarks() {
        say!("{remark}");
    }
    let saved = pages.saved();
    let exit = local::serve(arguments.listen, arguments.open, pages)?;
    say!("saved in {}", saved.shown());
    Ok(exit)
}

/// That the last line of a review was cut.
pub(super) fn torn(review: &Review) -> Option<String> {
    review.is_torn().then(|| "its last line was cut, as by a killed process, and is not used".to_owned())
}

/// What became of the decisions of a review, in one line.
pub(super) fn heeded(file: &Path, review: &Review, problems: &[Problem]) -> String {
    let of = |is: fn(&Reason) -> bool| problems.iter().filter(|problem| is(&problem.reason)).count();
    let relabelled = of(|reason| matches!(reason, Reason::Relabelled { .. }));
    let left_out = of(|reason| matches!(reason, Reason::LeftOutByReview));
    let changed = of(|reason| matches!(reason, Reason::ChangedSinceReview));
    let standing = review.standing();
    let decided = |decision| standing.values().filter(|entry| entry.decision == decision).count();
    let mut parts = vec![
        format!("{} of another class", count(relabelled, "photo is", "photos are")),
        format!("{left_out} left out"),
        format!("{} kept", decided(Decision::Keep)),
    ];
    match decided(Decision::Skip) {
        0 => {}
        skipped => parts.push(format!("{skipped} still to be judged")),
    }
    if changed > 0 {
        parts.push(format!("{changed} changed since and used as they are"));
    }
    format!("heeding {}: {}", file.shown(), parts.join(", "))
}
