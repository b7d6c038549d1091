#![doc = include_str!("../README.md")]
//!
//! # How a log is judged
//!
//! ```text
//! RunLog ── rows ──> Context ──> rules ──> findings ──> explanations ──> verdict
//!                     │ offset: double softmax, smoothed labels, penalty?
//!                     └ scale:  by which factor do the losses exceed the mean per sample?
//! ```
//!
//! Thirty epochs are judged in less than a millisecond.
//!
//! Invariants: a rule asks another one only for a sign that both look at (`rules` alone says which finding explains which); beside
//! [`Id::Healthy`] there are only notes, and it needs proof that the network learned (`learned`); losses are judged as means per sample in nats, after division by the
//! factor that the `scale` finder is sure of.

mod accuracy_resolution;
mod another_run;
mod best_run;
mod comparison;
mod context;
mod curves;
mod diagnosis;
mod entropy;
mod explanations;
mod finding;
mod guessing;
mod interleaved;
mod learned;
mod limits;
mod live;
mod offset;
mod overlap;
mod own;
mod repeats;
mod rows;
mod rules;
mod scale;
mod scores;
mod setup;
mod verdict;
mod words;

pub use comparison::{Comparison, RunSummary, compare};
pub use diagnosis::{
    Band, CorrectedLoss, Curves, Diagnosis, EpochCurve, Reduction, Scale, ScaleEstimate, ScoreCurve,
    ScoreValue,
};
pub use explanations::{Alternative, Explanation};
pub use finding::{Evidence, Finding, Id, Severity};
pub use limits::Limits;
pub use live::{LiveDoctor, LiveEpoch};
pub use setup::{Practice, RunSetup};

/// Judges `log`, with what else is known of the run.
///
/// For a log that is still growing, see [`LiveDoctor`].
#[must_use]
pub fn diagnose(log: &foliar_logread::RunLog, setup: &RunSetup) -> Diagnosis {
    diagnose_with(log, setup, Limits::default())
}

/// Judges `log` as [`diagnose`] does, with other thresholds.
#[must_use]
pub fn diagnose_with(log: &foliar_logread::RunLog, setup: &RunSetup, limits: Limits) -> Diagnosis {
    let context = context::Context { limits, ..context::Context::new(log, setup) };
    // Of a run of foliar's the last phase is judged: others train other layers at other rates.
    let last_phase = last_phase(log);
    let judged = last_phase
        .as_ref()
        .map(|log| context::Context { limits, ..context::Context::new(log, &context.setup) });
    let judged = judged.as_ref().unwrap_or(&context);
    let rules::Judgement { findings, explanations } = rules::judge(judged);
    Diagnosis {
        verdict: verdict::verdict(judged, &findings),
        scale: context.reported_scale(),
        series: curves::curves(&context),
        setup: context.setup,
        is_of_foliar: context.is_own,
        findings,
        explanations,
    }
}

/// The rows from the last phase of a run of foliar's on; `None` if that is the whole log.
fn last_phase(log: &foliar_logread::RunLog) -> Option<foliar_logread::RunLog> {
    let begin = log.facts.last_phase;
    if !log.facts.foliar || begin == 0 {
        return None;
    }
    let mut log = log.clone();
    log.series.iter_mut().for_each(|series| series.points.retain(|point| point.row >= begin));
    log.series.retain(|series| !series.points.is_empty());
    Some(log).filter(|log| !log.series.is_empty())
}
