//! Runs that really learn, with a known fault and a known way of adding up, judged with and without what a
//! user may know.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use foliar_doctor::{Id, Reduction, RunSetup, Severity, diagnose};

use crate::support::runs::{Kind, Run, run};
use crate::support::table::{finds, warnings};

/// Runs of each kind: as `FOLIAR_RUNS` says, or few, the fewer in unoptimised builds, which learn slowly.
fn count() -> u64 {
    let asked = std::env::var("FOLIAR_RUNS").ok().and_then(|runs| runs.parse().ok());
    asked.unwrap_or(if cfg!(debug_assertions) { 8 } else { 40 })
}

const WAYS: [Reduction; 4] =
    [Reduction::BatchSum, Reduction::SumOfBatchMeans, Reduction::TotalSum, Reduction::BatchMeansOverSamples];

fn runs(kind: Kind) -> impl Iterator<Item = Run> {
    runs_from(0, kind, count())
}

fn runs_from(first: u64, kind: Kind, count: u64) -> impl Iterator<Item = Run> {
    (first..first + count).map(move |seed| run(kind, seed))
}

/// Nothing, the classes, the sizes, and all of them.
fn setups(all: RunSetup) -> [RunSetup; 4] {
    let sizes = RunSetup { classes: None, ..all };
    let classes = RunSetup { classes: all.classes, ..RunSetup::default() };
    [RunSetup::default(), classes, sizes, all]
}

#[test]
fn a_healthy_run_is_never_warned_of_however_far_it_has_come() {
    let mut alarms = Vec::new();
    for (seed, run) in runs(Kind::Healthy).enumerate() {
        for setup in setups(run.setup) {
            let first = (1..=run.sums.len()).find_map(|epochs| {
                let diagnosis = diagnose(&run.prefix(epochs), &setup);
                (!warnings(&diagnosis).is_empty()).then_some((epochs, diagnosis))
            });
            if let Some((epochs, diagnosis)) = first {
                let claim = &diagnosis.findings[0].claim;
                alarms.push(format!("run {seed}, {epochs} epochs, {setup:?}: {claim}"));
            }
        }
    }
    assert!(alarms.is_empty(), "{} alarms\n{}", alarms.len(), alarms.join("\n"));
}

#[test]
fn faults_are_found() {
    for (kind, share) in [
        (Kind::Overfit, 0.85),
        (Kind::AtChance, 0.9),
        (Kind::Diverged, 0.7),
        (Kind::Nan, 1.0),
        (Kind::DoubleSoftmax, 0.75),
        (Kind::WrongLabels, 0.85),
        (Kind::Mismatch, 0.4),
        (Kind::Penalty, 0.7),
        (Kind::Spikes, 0.6),
    ] {
        let right = runs(kind)
            .filter(|run| {
                let diagnosis = diagnose(&run.log, &run.setup);
                run.expected().iter().any(|&id| finds(&diagnosis, id))
            })
            .count();
        assert!(right as f64 >= share * count() as f64 - 1.0, "{kind:?}: {right} of {}", count());
    }
}

#[test]
fn factors_lie_in_their_intervals_and_have_their_names() {
    let (mut found, mut inside, mut factors, mut named, mut sized) = (0, 0, 0, 0, 0);
    let mut widths = Vec::new();
    for run in WAYS.into_iter().flat_map(|way| runs(Kind::Scaled(way))) {
        for setup in setups(run.setup) {
            let diagnosis = diagnose(&run.log, &setup);
            found += usize::from(finds(&diagnosis, Id::LossScaled));
            for (estimate, truth) in
                [(diagnosis.scale.train, run.divisor.0), (diagnosis.scale.val, run.divisor.1)]
            {
                // A loss that is printed as 0.0000 from the start tells nothing.
                let Some(estimate) = estimate else { continue };
                factors += 1;
                inside += usize::from((estimate.low * 0.999..=estimate.high * 1.001).contains(&truth));
                widths.push(estimate.high / estimate.low);
                if setup.batch_size.is_some() {
                    sized += 1;
                    named += usize::from(Some(run.kind) == estimate.reduction.map(Kind::Scaled));
                }
            }
        }
    }
    widths.sort_by(f64::total_cmp);
    let share = |count: usize, of: usize| count as f64 / of as f64;
    assert!(share(found, factors / 2) >= 0.85, "found {found} of {}", factors / 2);
    assert!(share(inside, factors) >= 0.85, "inside {inside} of {factors}");
    assert!(share(named, sized) >= 0.85, "named {named} of {sized}");
    assert!(widths[widths.len() / 2] <= 5.0, "median width {}", widths[widths.len() / 2]);
}

#[test]
fn the_mean_is_taken_for_what_it_is() {
    let mut alarms = Vec::new();
    for kind in [Kind::Overfit, Kind::AtChance, Kind::Diverged] {
        for (seed, run) in runs(kind).enumerate() {
            for setup in setups(run.setup) {
                let diagnosis = diagnose(&run.log, &setup);
                if finds(&diagnosis, Id::LossScaled) {
                    alarms.push(format!("{kind:?} {seed} {setup:?} {:?}", diagnosis.scale));
                }
            }
        }
    }
    assert!(alarms.is_empty(), "{} alarms\n{}", alarms.len(), alarms.join("\n"));
}

/// Everything that is true of a run of this kind, beside what was done to it.
fn also_true(kind: Kind) -> &'static [Id] {
    match kind {
        Kind::Overfit => &[Id::Overconfident, Id::Plateau, Id::ValidationTooSmall],
        Kind::HotStart => &[Id::Overconfident, Id::Healthy],
        Kind::Restless => &[Id::Overconfident, Id::Plateau, Id::UnstableValidation, Id::Nan],
        Kind::OneClass => &[Id::Underfit],
        Kind::Underfit => &[Id::Plateau],
        Kind::Diverged | Kind::Nan => &[
            Id::Plateau,
            Id::UnstableValidation,
            Id::Overconfident,
            Id::LrTooHigh,
            Id::SaturatedLoss,
            Id::AtChance,
            Id::WorseThanChance,
        ],
        Kind::WrongLabels | Kind::Mismatch | Kind::Statistics => &[Id::Overconfident, Id::UnstableValidation],
        Kind::Spikes => &[Id::Overconfident],
        _ => &[],
    }
}

/// First seeds of the runs that confidences and thresholds were chosen by, and of those that the documentation shows.
const CHOOSING: u64 = 0;
const SHOWN: u64 = 40_000;
/// As many healthy runs for each run of another kind: every third run is healthy.
const HEALTHY: u64 = 10;
/// Overfitting is the commonest fault.
const OVERFIT: u64 = 3;

/// In how many runs of each kind something wrong was said.
type Wrong = BTreeMap<String, u32>;

/// Findings of about one confidence.
#[derive(Clone, Copy, Default)]
struct Bin {
    findings: u32,
    right: u32,
    /// Sum of their confidences.
    said: f64,
}

impl Bin {
    /// Of 100 findings, how many should be right, and how many are.
    fn shares(&self) -> (f64, f64) {
        let share = |sum: f64| 100.0 * sum / f64::from(self.findings);
        (share(self.said), share(f64::from(self.right)))
    }
}

/// What was said of runs, and how often it was right.
#[derive(Default)]
struct Reliability {
    by_confidence: BTreeMap<u32, Bin>,
    /// Judgements of healthy runs: called healthy, warned of, all.
    healthy: (u32, u32, u32),
    by_id: BTreeMap<(Id, u32), (u32, u32, Wrong)>,
}

impl Reliability {
    /// Of every kind as many runs as [`count`] says, from seed `first` on.
    fn of(first: u64) -> Self {
        let faults = Kind::FAULTS.into_iter().chain(WAYS.map(Kind::Scaled));
        let often = |kind| if kind == Kind::Overfit { OVERFIT } else { 1 };
        let faults = faults.flat_map(|kind| runs_from(first, kind, often(kind) * count()));
        let mut all = Self::default();
        faults.chain(runs_from(first, Kind::Healthy, HEALTHY * count())).for_each(|run| all.add(&run));
        all
    }

    fn add(&mut self, run: &Run) {
        for setup in setups(run.setup) {
            let diagnosis = diagnose(&run.log, &setup);
            if run.kind == Kind::Healthy {
                self.healthy.0 += u32::from(finds(&diagnosis, Id::Healthy));
                self.healthy.1 += u32::from(!warnings(&diagnosis).is_empty());
                self.healthy.2 += 1;
            }
            for finding in diagnosis.findings {
                let counts = matches!(finding.id, Id::Healthy | Id::LabelSmoothing);
                if finding.severity == Severity::Note && !counts {
                    continue;
                }
                let right = run.expected().contains(&finding.id) || also_true(run.kind).contains(&finding.id);
                let confidence = (100.0 * finding.confidence).round() as u32;
                let bin = self.by_confidence.entry(confidence / 10 * 10).or_default();
                bin.findings += 1;
                bin.right += u32::from(right);
                bin.said += finding.confidence;
                let one = self.by_id.entry((finding.id, confidence)).or_default();
                one.0 += u32::from(right);
                one.1 += 1;
                if !right {
                    *one.2.entry(format!("{:?}", run.kind)).or_default() += 1;
                }
            }
        }
    }

    #[allow(clippy::print_stdout, reason = "a test prints what it measured")]
    fn print(&self) {
        for ((id, confidence), (right, of, wrong)) in &self.by_id {
            println!("{:22} said with {confidence:3} %: {right} of {of} right  {wrong:?}", id.name());
        }
        let (healthy, warned, all) = self.healthy;
        println!("of {all} judgements of healthy runs {healthy} are healthy, {warned} warn");
        for (from, bin) in &self.by_confidence {
            let (said, right) = bin.shares();
            println!("| {from} to {} % | {} | {said:.0} % | {right:.0} % |", from + 9, bin.findings);
        }
    }
}

#[test]
fn what_is_said_with_some_confidence_is_right_as_often() {
    let shown = Reliability::of(SHOWN);
    shown.print();
    let all: u32 = shown.by_confidence.values().map(|bin| bin.findings).sum();
    for (from, bin) in &shown.by_confidence {
        let (said, right) = bin.shares();
        let few = bin.findings < 50;
        assert!(few || (said - right).abs() <= 10.0, "{from} %: said {said:.0}, right {right:.0} of 100");
    }
    let (_, warned, judged) = shown.healthy;
    assert!(50 * warned <= judged, "{warned} of {judged} judgements of healthy runs warn");
    assert!(all >= 500 || cfg!(debug_assertions), "{all} findings");
}

#[test]
#[ignore = "a measurement, for whoever chooses a confidence"]
fn what_the_runs_for_choosing_say() {
    Reliability::of(CHOOSING).print();
}

#[test]
#[ignore = "a measurement; run it optimised"]
fn an_epoch_is_judged_in_a_millisecond() {
    let run = run(Kind::Healthy, 3);
    let time = |_| {
        let start = Instant::now();
        for epochs in 1..=run.sums.len() {
            std::hint::black_box(diagnose(&run.prefix(epochs), &run.setup));
        }
        start.elapsed()
    };
    // The least of several, because other programs may run at the same time.
    let least = (0..20).map(time).min().unwrap();
    assert!(least < Duration::from_millis(run.sums.len() as u64), "{least:?}");
}
