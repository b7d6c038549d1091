//! The doctor beside a run that goes on: whom it alarms without a reason, and how soon it tells what is wrong.

use foliar_doctor::{Finding, Id, LiveDoctor};

use crate::support::one_cycle::{OneCycle, healthy, overfit};

/// What is told of a run, with the epoch it is told in.
fn told(run: &OneCycle) -> Vec<(u32, Finding)> {
    let mut doctor = LiveDoctor::new(run.setup);
    let told = run.epochs.iter().flat_map(|epoch| {
        let findings = doctor.epoch(epoch);
        findings.into_iter().map(|finding| (epoch.epoch, finding))
    });
    told.collect()
}

#[test]
fn a_thousand_healthy_runs_see_hardly_a_false_alarm() {
    const RUNS: u64 = 1000;
    let mut by_id = std::collections::BTreeMap::new();
    let mut alarmed = 0;
    let mut first = String::new();
    for seed in 0..RUNS {
        let alarms = told(&healthy(seed));
        alarmed += u64::from(!alarms.is_empty());
        for (epoch, alarm) in &alarms {
            *by_id.entry(alarm.id).or_insert(0) += 1;
            if std::env::var("SHOW").is_ok_and(|id| id == alarm.id.name()) {
                let run = healthy(seed);
                println!("== {seed} epoch {epoch} of {} {:?}: {}", run.epochs.len(), run.setup, alarm.claim);
                for e in &run.epochs[..(*epoch as usize)] {
                    println!(
                        "{} {:.3} {:.3} {:.3} {:.3} lr {:.4}",
                        e.epoch,
                        e.train_loss,
                        e.train_accuracy,
                        e.validation_loss.unwrap(),
                        e.validation_accuracy.unwrap(),
                        e.learning_rate
                    );
                }
            }
            if first.is_empty() {
                first =
                    format!("run {seed}, epoch {epoch} of {}: {}", healthy(seed).epochs.len(), alarm.claim);
            }
        }
    }
    println!("{alarmed} of {RUNS} runs; {by_id:?}");
    assert!(alarmed * 100 <= RUNS, "{alarmed} of {RUNS} healthy runs saw a false alarm: {by_id:?}; {first}");
}

#[test]
fn overfitting_is_told_before_the_end() {
    const RUNS: u64 = 200;
    let mut at = Vec::new();
    for seed in 0..RUNS {
        let run = overfit(seed);
        let found = told(&run).into_iter().find(|(_, finding)| finding.id == Id::Overfit);
        at.extend(found.map(|(epoch, _)| f64::from(epoch) / run.epochs.len() as f64));
    }
    at.sort_by(f64::total_cmp);
    println!("{} of {RUNS} told, median after {:.2} of the run", at.len(), at[at.len() / 2]);
}
