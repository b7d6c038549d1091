//! Judges a training log: findings with evidence and advice, the scale of its losses, and its curves put
//! right.
//!
//! ```text
//! RunLog ── rows ──> Context ──> rules ──> findings ──> verdict
//!                     │ offset: double softmax, penalty?
//!                     └ scale:  by which factor do the losses exceed the mean per sample?
//! ```
//!
//! Pure: no I/O, no clock, no randomness; the same log gives the same words. It judges a log that is still
//! growing as it judges a whole one, in less than a millisecond for thirty epochs, so a training run can ask
//! after every epoch.
//!
//! Invariants: a rule knows no other rule (`rules` alone says what explains what away); nothing but a note
//! stands beside [`Id::Healthy`]; losses are judged as means per sample in nats, after division by the factor
//! the `scale` finder is sure of.

mod accuracy_resolution;
mod context;
mod curves;
mod diagnosis;
mod entropy;
mod finding;
mod live;
mod offset;
mod rows;
mod rules;
mod scale;
mod setup;
mod verdict;
mod words;

pub use diagnosis::{Band, CorrectedLoss, Curves, Diagnosis, EpochCurve, Reduction, Scale, ScaleEstimate};
pub use finding::{Evidence, Finding, Id, Severity};
pub use live::{LiveDoctor, LiveEpoch};
pub use setup::RunSetup;

/// Judges `log`, with what else is known of the run.
///
/// Works on a log that is still growing: what is found after some epochs may be found again after more, and a
/// caller that reports as it goes remembers which [`Id`]s it has named.
#[must_use]
pub fn diagnose(log: &foliar_logread::RunLog, setup: &RunSetup) -> Diagnosis {
    let context = context::Context::new(log, setup);
    let findings = rules::findings(&context);
    Diagnosis {
        verdict: verdict::verdict(&context, &findings),
        scale: context.reported_scale(),
        series: curves::curves(&context),
        findings,
    }
}
