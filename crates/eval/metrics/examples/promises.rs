//! How often intervals, tests and thresholds keep what they promise on simulated photographs whose truth is known: the tables of
//! `docs/decisions/groups-not-photographs.md`.

use std::io::{self, Write};

use foliar_metrics::{Bootstrap, Groups, Guarantee, MetricsError, sign_flip_test};
use foliar_random::Random;

const TRIALS: u64 = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = &mut io::stdout().lock();
    intervals(out)?;
    tests(out)?;
    thresholds(out)?;
    Ok(())
}

fn percent(count: usize) -> f64 {
    100.0 * count as f64 / TRIALS as f64
}

/// 95 % intervals of an accuracy of 0.8 where leaves of 1 to 8 photographs are right or wrong as a whole.
fn intervals(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "95 % intervals of an accuracy of 0.8 that hold it, in %\n\nleaves  by leaf  by photograph"
    )?;
    let bootstrap = Bootstrap { resamples: 500, ..Bootstrap::default() };
    for leaves in [5, 10, 20, 40, 100] {
        let mut held = [0; 2];
        for trial in 0..TRIALS {
            let mut random = Random::keyed([1, leaves, trial, 0]);
            let (mut right, mut ids) = (Vec::new(), Vec::new());
            for leaf in 0..leaves {
                let is_right = random.chance(0.8);
                let size = 1 + random.below(8);
                right.extend(vec![is_right; size]);
                ids.extend(vec![leaf; size]);
            }
            for (held, groups) in held.iter_mut().zip([Groups::new(&ids), Groups::independent(ids.len())]) {
                *held += usize::from(bootstrap.proportion(&right, &groups).contains(0.8));
            }
        }
        writeln!(out, "{leaves:6}  {:7.1}  {:13.1}", percent(held[0]), percent(held[1]))?;
    }
    Ok(())
}

/// Two equally good classifiers on leaves of 8 photographs, of which 3 in 10 are wrong for one of the two throughout.
fn tests(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\nequally good classifiers called different at 5 % by sign flips, in %\n\nleaves  by leaf  by photograph"
    )?;
    for leaves in [6, 9, 20, 60] {
        let mut rejected = [0; 2];
        for trial in 0..TRIALS {
            let mut random = Random::keyed([2, leaves, trial, 0]);
            let (mut differences, mut ids) = (Vec::new(), Vec::new());
            let side = |random: &mut Random| if random.chance(0.5) { 1.0 } else { -1.0 };
            for leaf in 0..leaves {
                let leaf_difference = if random.chance(0.3) { side(&mut random) } else { 0.0 };
                for _ in 0..8 {
                    let own = if random.chance(0.1) { side(&mut random) } else { leaf_difference };
                    differences.push(own);
                    ids.push(leaf);
                }
            }
            let independent = Groups::independent(differences.len());
            rejected[0] += usize::from(sign_flip_test(&differences, &Groups::new(&ids), trial) <= 0.05);
            rejected[1] += usize::from(sign_flip_test(&differences, &independent, trial) <= 0.05);
        }
        writeln!(out, "{leaves:6}  {:7.1}  {:13.1}", percent(rejected[0]), percent(rejected[1]))?;
    }
    Ok(())
}

/// Thresholds for a risk of 0.05 with confidence 0.95. The risk at confidence t is 0.2 (1 - t)² on average over t; from 0.134 on
/// it is 0.05.
fn thresholds(out: &mut impl Write) -> Result<(), Box<dyn std::error::Error>> {
    writeln!(out, "\nproven thresholds with a true risk above the level, in % (5 are promised)\n")?;
    writeln!(out, "leaves  by leaf  answered  by photograph")?;
    for leaves in [150, 300, 600] {
        let (mut broken, mut answered) = ([0; 2], 0.0);
        for trial in 0..TRIALS {
            let mut random = Random::keyed([3, leaves, trial, 0]);
            let (mut confidences, mut right, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for leaf in 0..leaves {
                let confidence = random.uniform();
                let is_right = !random.chance(0.2 * (1.0 - confidence).powi(2));
                let size = 1 + random.below(8);
                confidences.extend(vec![confidence; size]);
                right.extend(vec![is_right; size]);
                ids.extend(vec![leaf; size]);
            }
            let threshold = |groups: &Groups| -> Result<Option<f64>, MetricsError> {
                let found = Guarantee::fit(&confidences, &right, groups, 0.05, 0.95)?;
                Ok(found.proven().map(|proven| proven.threshold))
            };
            let by_leaf = threshold(&Groups::new(&ids))?;
            answered += by_leaf.map_or(0.0, |threshold| 1.0 - threshold) / TRIALS as f64;
            for (broken, found) in
                broken.iter_mut().zip([by_leaf, threshold(&Groups::independent(ids.len()))?])
            {
                let risk = |t: f64| 0.2 * (1.0 - t).powi(2) / 3.0;
                *broken += usize::from(found.is_some_and(|threshold| risk(threshold) > 0.05));
            }
        }
        let answered = 100.0 * answered;
        writeln!(out, "{leaves:6}  {:7.1}  {answered:8.1}  {:13.1}", percent(broken[0]), percent(broken[1]))?;
    }
    Ok(())
}
