//! What is bad about a result, in plain words.

use crate::evaluation::{Estimate, Evaluation, Origin};

/// Probability below which an error is called more than chance.
const SIGNIFICANT: f64 = 0.05;
/// Fewest groups of photographs that say much.
const FEW_GROUPS: usize = 50;
/// Recall below which a class is named.
const LOW_RECALL: f64 = 0.5;
/// Share of sets without any class that is named.
const EMPTY_SETS: f64 = 0.02;
/// What separates photographs of something else well enough.
const GOOD_AUROC: f64 = 0.95;
/// Share of photographs of something else that may be answered.
const ANSWERED_OUTSIDE: f64 = 0.1;
/// Share of the classes' own photographs that may be taken for something else.
const REFUSED_INSIDE: f64 = 0.1;
/// Severity that photographs of a phone reach, from 1, and the loss of accuracy that is named.
const USUAL_SEVERITY: usize = 3;
const LARGE_LOSS: f64 = 0.15;

impl Evaluation {
    /// What a reader must know before he trusts the figures, a sentence each, the gravest first; nothing if all is well.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        remarks.extend(self.chance());
        remarks.extend(self.sample());
        remarks.extend(self.confidence());
        remarks.extend(self.coverage());
        remarks.extend(self.weak_classes());
        remarks.extend(self.strangers());
        remarks.extend(self.worse());
        remarks
    }

    fn chance(&self) -> Option<String> {
        let most = self.majority();
        (self.scores.accuracy.low <= most).then(|| {
            format!(
                "the accuracy can not be told from chance: always naming the most frequent class gives {most:.3}"
            )
        })
    }

    /// Share of the most frequent class: the accuracy of always naming it.
    #[must_use]
    pub fn majority(&self) -> f64 {
        let largest = self.metrics.classes.iter().map(|class| class.photographs).max().unwrap_or(0);
        largest as f64 / self.metrics.photographs.max(1) as f64
    }

    fn sample(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.sample.origin == Origin::Validation {
            remarks.push(
                "epoch, temperature and thresholds were chosen by these very outputs, so all figures flatter; \
                 set some photographs aside for a test (--test 0.2) or measure on others (--data FOLDER)"
                    .to_owned(),
            );
        }
        let groups = self.sample.groups;
        if groups < FEW_GROUPS {
            remarks.push(format!(
                "{} photographs in {groups} groups are few: look at the intervals, not at the figures",
                self.metrics.photographs
            ));
        }
        remarks
    }

    fn confidence(&self) -> Option<String> {
        let calibration = &self.calibration;
        let Estimate { low, high, .. } = calibration.overconfidence;
        let points = |value: f64| format!("{:.0}", (100.0 * value.abs()).max(1.0));
        let value = calibration.overconfidence.value;
        let plural = if points(value) == "1" { "point" } else { "points" };
        if low > 0.0 {
            Some(format!(
                "overconfident by {} {plural}: probabilities promise more than is right",
                points(value)
            ))
        } else if high < 0.0 {
            Some(format!(
                "underconfident by {} {plural}: more is right than probabilities say",
                points(value)
            ))
        } else if calibration.p_value < SIGNIFICANT {
            Some(format!(
                "probabilities are wrong by more than chance explains: calibration error {:.3}, of which {:.3} would be chance",
                calibration.error, calibration.error_if_perfect
            ))
        } else {
            None
        }
    }

    fn coverage(&self) -> Vec<String> {
        let Some(sets) = &self.sets else { return Vec::new() };
        let promised = 1.0 - sets.alpha;
        let mut remarks = Vec::new();
        let Estimate { value, high, .. } = sets.coverage;
        if high < promised {
            remarks.push(format!(
                "coverage below what was promised: sets hold the truth in {:.0} % of the photographs instead of {:.0} %",
                100.0 * value,
                100.0 * promised
            ));
        }
        let short = self.metrics.classes.iter().zip(&sets.classes).filter_map(|(class, coverage)| {
            let coverage = coverage.filter(|coverage| coverage.coverage.high < promised)?;
            Some(format!("{} {:.0} %", class.class, 100.0 * coverage.coverage.value))
        });
        let short: Vec<String> = short.collect();
        if !short.is_empty() {
            remarks.push(format!("sets hold the truth less often than promised in: {}", short.join(", ")));
        }
        let empty = sets.sizes.first().copied().unwrap_or(0) as f64 / self.metrics.photographs.max(1) as f64;
        if empty > EMPTY_SETS {
            let why = if self.scores.accuracy.value > promised {
                format!(
                    "the classifier errs less often than the {:.0} % that sets may; ask for fewer (--error)",
                    100.0 * sets.alpha
                )
            } else {
                "no class fits these photographs as well as the truth did those that it was fitted on"
                    .to_owned()
            };
            remarks.push(format!("{:.0} % of the sets are empty: {why}", 100.0 * empty));
        }
        remarks
    }

    fn weak_classes(&self) -> Option<String> {
        let weak =
            self.metrics.classes.iter().filter(|class| class.photographs > 0 && class.recall < LOW_RECALL);
        let weak: Vec<String> =
            weak.map(|class| format!("{} {:.0} %", class.class, 100.0 * class.recall)).collect();
        (!weak.is_empty()).then(|| format!("less than half is recognised of: {}", weak.join(", ")))
    }

    fn strangers(&self) -> Vec<String> {
        let Some(outside) = &self.outside else { return Vec::new() };
        let mut remarks = Vec::new();
        for set in &outside.sets {
            let auroc = set.distance_auroc.unwrap_or(set.energy_auroc).value;
            if auroc < GOOD_AUROC {
                remarks
                    .push(format!("{} are hardly told from these photographs: AUROC {auroc:.2}", set.name));
            }
            if set.answered > ANSWERED_OUTSIDE {
                remarks.push(format!(
                    "{:.0} % of {} get one of the classes for an answer",
                    100.0 * set.answered,
                    set.name
                ));
            }
        }
        let refused = outside.refused_inside.map_or(0.0, |refused| refused.value);
        if refused > REFUSED_INSIDE {
            remarks.push(format!(
                "{:.0} % of these photographs are taken for something else: they look unlike those of training",
                100.0 * refused
            ));
        }
        remarks
    }

    fn worse(&self) -> Option<String> {
        let robustness = self.robustness.as_ref()?;
        let at = |row: &crate::evaluation::RobustnessRow| {
            let step = USUAL_SEVERITY.min(row.accuracy.len()).checked_sub(1)?;
            Some(row.accuracy.get(step)?.value)
        };
        let plain = robustness.rows.first().and_then(at)?;
        let lost = robustness.rows.iter().skip(1).filter_map(|row| {
            let accuracy = at(row)?;
            (plain - accuracy > LARGE_LOSS).then(|| format!("{} {accuracy:.2}", row.corruption))
        });
        let lost: Vec<String> = lost.collect();
        (!lost.is_empty()).then(|| {
            format!(
                "accuracy {plain:.2} falls where photographs are worse (severity {USUAL_SEVERITY}): {}",
                lost.join(", ")
            )
        })
    }
}
