//! Curves of false alarms against detections, for whoever chooses a threshold.

use foliar_doctor::{Id, Limits, RunSetup, Severity, diagnose_with};
use foliar_logread::RunLog;

use crate::support::one_cycle::{self, OneCycle};
use crate::support::runs::{Kind, run};

/// First seed of the runs that thresholds were chosen by.
const CHOOSING: u64 = 0;
const HEALTHY: u64 = 150;
const FAULTY: u64 = 60;

type Logs = Vec<(RunLog, RunSetup)>;

/// Runs of the small learner, with nothing known of them and with everything.
fn learned(kind: Kind, count: u64) -> Logs {
    let runs = (CHOOSING..CHOOSING + count).map(|seed| run(kind, seed));
    runs.flat_map(|run| [(run.log.clone(), RunSetup::default()), (run.log, run.setup)]).collect()
}

fn drawn(run: fn(u64) -> OneCycle, count: u64) -> Logs {
    (CHOOSING..CHOOSING + count).map(run).map(|run| (run.log(), run.setup)).collect()
}

/// In how many of 100 logs `id` is found, above a note.
fn share(logs: &Logs, id: Id, limits: Limits) -> f64 {
    let told = |(log, setup): &&(RunLog, RunSetup)| {
        let found = diagnose_with(log, setup, limits).findings;
        found.iter().any(|finding| finding.id == id && finding.severity > Severity::Note)
    };
    100.0 * logs.iter().filter(told).count() as f64 / logs.len() as f64
}

/// A threshold, what it finds in which runs, and values around the chosen one.
type Curve = (&'static str, Id, Vec<Kind>, &'static [f64], fn(&mut Limits, f64));

fn curves() -> Vec<Curve> {
    vec![
        ("overfit gap", Id::Overfit, vec![Kind::Overfit], &[0.1, 0.15, 0.2, 0.25, 0.3], |l, x| {
            l.overfit_gap = x
        }),
        ("overfit rise", Id::Overfit, vec![Kind::Overfit], &[0.1, 0.15, 0.2, 0.25, 0.35, 0.5], |l, x| {
            l.overfit_rise = x
        }),
        (
            "underfit",
            Id::Underfit,
            vec![Kind::Underfit, Kind::LabelNoise],
            &[0.3, 0.4, 0.45, 0.5, 0.6],
            |l, x| l.underfit = x,
        ),
        ("lr-too-high share", Id::LrTooHigh, vec![Kind::Restless], &[0.1, 0.15, 0.2, 0.25, 0.35], |l, x| {
            l.jump_share = x
        }),
        (
            "unstable drop",
            Id::UnstableValidation,
            vec![Kind::Unstable],
            &[0.06, 0.09, 0.12, 0.18, 0.25],
            |l, x| l.unstable_drop = x,
        ),
        ("val-spikes factor", Id::ValSpikes, vec![Kind::Spikes], &[1.4, 1.7, 2.0, 2.5, 3.0, 4.0], |l, x| {
            l.spike = x
        }),
        (
            "overconfident factor",
            Id::Overconfident,
            vec![Kind::Overfit, Kind::Restless],
            &[2.0, 2.5, 3.0, 4.0],
            |l, x| l.overconfident = x,
        ),
        (
            "plateau share",
            Id::Plateau,
            vec![Kind::Restless, Kind::Overfit],
            &[0.3, 0.4, 0.5, 0.6, 0.7],
            |l, x| l.plateau = x,
        ),
        ("hot-start factor", Id::HotStart, vec![Kind::HotStart], &[1.2, 1.4, 1.6, 1.8, 2.2], |l, x| {
            l.hot_start = x
        }),
        (
            "at-chance epochs",
            Id::AtChance,
            vec![Kind::AtChance, Kind::Still],
            &[3.0, 4.0, 6.0, 8.0, 10.0],
            |l, x| l.chance_epochs = x as usize,
        ),
    ]
}

#[test]
#[ignore = "a measurement, for whoever chooses a threshold"]
fn false_alarms_against_detections() {
    let healthy = [learned(Kind::Healthy, HEALTHY), drawn(one_cycle::healthy, 2 * HEALTHY)].concat();
    println!("| threshold | value | false alarms | found |");
    println!("| --- | ---: | ---: | ---: |");
    for (name, id, kinds, values, set) in curves() {
        let mut faulty: Logs = kinds.into_iter().flat_map(|kind| learned(kind, FAULTY)).collect();
        if id == Id::Overfit {
            faulty.extend(drawn(one_cycle::overfit, FAULTY));
            faulty.extend(drawn(one_cycle::mildly_overfit, 4 * FAULTY));
        }
        for &value in values {
            let (mut limits, chosen) = (Limits::default(), Limits::default());
            set(&mut limits, value);
            let mark = if limits == chosen { " (chosen)" } else { "" };
            println!(
                "| {name} | {value}{mark} | {:.1} % | {:.0} % |",
                share(&healthy, id, limits),
                share(&faulty, id, limits)
            );
        }
    }
}
