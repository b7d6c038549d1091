//! What else explains the numbers of a finding, how likely each explanation is, and what tells them apart.
//!
//! | symbol | is |
//! | --- | --- |
//! | c | confidence of a rule: the probability of its finding where no other rule explains the same |
//! | w | its odds against none of them: c / (1 - c) |
//! | s | share of a finding among all that explain the same: w / (1 + sum of w) |
//!
//! Some findings exclude each other, for they explain one thing: a loss that its accuracy does not explain is a sum, or holds a
//! penalty, or comes from a network that is too sure. Each rule looks for its own sign. Where several find theirs, Bayes' rule for
//! exclusive hypotheses turns the odds of each into shares ([`QUESTIONS`]), which add up to less than one; where one does, its share is
//! its confidence. Findings that one cause makes together (a high rate and what it does) are one hypothesis.
//!
//! What a cause is expected to bring along, such as the gap of an evaluation under other conditions, tells nothing against it: a finding
//! that is a consequence of another one counts as if it were not found, but three times as likely ([`EXPECTED`]).
//!
//! What is left goes to the explanations that no rule found a sign of, by rough weights ([`causes`]), and to none of them ([`OTHER`]).

mod causes;

use causes::{Cause, causes};
use serde::Serialize;

use crate::{Finding, Id};

/// A finding among everything that explains its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The finding.
    pub id: Id,
    /// Its share, the confidence of the finding, in 0..=1.
    pub share: f64,
    /// What else explains the numbers, the likeliest first. With `share` their shares add up to at most 1.
    pub alternatives: Vec<Alternative>,
}

/// Another explanation of the numbers of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// The finding that it would be, if it has a name.
    pub id: Option<Id>,
    /// The explanation in a few words.
    pub cause: &'static str,
    /// How likely it is, in 0..=1.
    pub share: f64,
    /// What tells it from the finding: an option to give, a line to print, or an experiment.
    pub test: &'static str,
}

/// Findings that explain one thing. Those of one hypothesis may hold together, those of two exclude each other.
const QUESTIONS: [&[&[Id]]; 4] = [
    // A loss that the accuracy does not explain.
    &[
        &[Id::LossScaled],
        &[Id::PenaltyInLoss],
        &[Id::DoubleSoftmax],
        &[Id::LabelSmoothing],
        &[Id::Overconfident],
        &[Id::WorseThanChance, Id::TrainEvalMismatch],
    ],
    // A validation that lies behind training.
    &[&[Id::Overfit], &[Id::TrainEvalMismatch, Id::WorseThanChance]],
    // Values that do not move.
    &[&[Id::AtChance], &[Id::Frozen], &[Id::DegenerateMetric], &[Id::Underfit], &[Id::SaturatedLoss]],
    // Values that jump.
    &[&[Id::LrTooHigh, Id::UnstableValidation, Id::Diverged], &[Id::ValSpikes]],
];

/// Weight of "none of these" beside the weights of [`causes`].
const OTHER: f64 = 1.0;
/// How much likelier an explanation is whose sign was found, although the finding explains that sign too.
const EXPECTED: f64 = 3.0;
/// Odds of a rule that is certain.
const MOST: f64 = 199.0;

/// Gives each finding its share as confidence, and says what else explains it. `consequences` were found too, and are explained by
/// `findings`.
pub(crate) fn weigh(findings: &mut [Finding], consequences: &[Id]) -> Vec<Explanation> {
    let found: Vec<(Id, f64)> = findings.iter().map(|finding| (finding.id, finding.confidence)).collect();
    findings.iter_mut().map(|finding| explanation(&found, consequences, finding)).collect()
}

fn explanation(found: &[(Id, f64)], consequences: &[Id], finding: &mut Finding) -> Explanation {
    let own = odds(finding.confidence);
    // Of the questions that it answers, the one with the strongest rivals counts.
    let strength = |rivals: &Vec<(Id, f64)>| rivals.iter().map(|(_, odds)| odds).sum::<f64>();
    let questions = QUESTIONS.iter().filter_map(|question| rivals(question, found, finding.id));
    let rivals = questions.max_by(|a, b| strength(a).total_cmp(&strength(b))).unwrap_or_default();
    let total = 1.0 + own + strength(&rivals);
    finding.confidence = own / total;
    let causes = causes(finding.id);
    let unseen: Vec<&Cause> =
        causes.iter().filter(|cause| rivals.iter().all(|(id, _)| Some(*id) != cause.id)).collect();
    let weight = |cause: &Cause| {
        let expected = cause.id.is_some_and(|id| consequences.contains(&id));
        if expected { EXPECTED * cause.weight } else { cause.weight }
    };
    let weights = OTHER + unseen.iter().map(|cause| weight(cause)).sum::<f64>();
    let left = 1.0 / total;
    let seen = rivals.iter().map(|(id, odds)| {
        let known = causes.iter().find(|cause| cause.id == Some(*id));
        Alternative {
            id: Some(*id),
            cause: known.map_or(id.title(), |cause| cause.name),
            share: odds / total,
            test: known.map_or("See what tells that finding from others.", |cause| cause.test),
        }
    });
    let unseen = unseen.iter().map(|cause| Alternative {
        id: cause.id,
        cause: cause.name,
        share: left * weight(cause) / weights,
        test: cause.test,
    });
    let mut alternatives: Vec<Alternative> = seen.chain(unseen).collect();
    alternatives.sort_by(|a, b| b.share.total_cmp(&a.share));
    Explanation { id: finding.id, share: finding.confidence, alternatives }
}

/// The strongest finding of each other hypothesis of `question`, with its odds; `None` if `id` does not answer it.
fn rivals(question: &[&[Id]], found: &[(Id, f64)], id: Id) -> Option<Vec<(Id, f64)>> {
    let others = question.iter().filter(|ids| !ids.contains(&id));
    let strongest = |ids: &&[Id]| {
        let found = found.iter().filter(|(id, _)| ids.contains(id)).map(|(id, c)| (*id, odds(*c)));
        found.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    question.iter().any(|ids| ids.contains(&id)).then(|| others.filter_map(strongest).collect())
}

fn odds(confidence: f64) -> f64 {
    (confidence / (1.0 - confidence).max(f64::MIN_POSITIVE)).clamp(0.0, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    fn finding(id: Id, confidence: f64) -> Finding {
        let (claim, advice) = (String::new(), String::new());
        Finding {
            id,
            severity: Severity::Warning,
            claim,
            evidence: Vec::new(),
            confidence,
            advice,
            code: None,
        }
    }

    #[test]
    fn alone_a_finding_keeps_its_confidence_and_the_rest_is_for_others() {
        let mut findings = [finding(Id::Overfit, 0.8)];
        let explained = weigh(&mut findings, &[]);
        assert!((findings[0].confidence - 0.8).abs() < 1e-9);
        let rest: f64 = explained[0].alternatives.iter().map(|other| other.share).sum();
        assert!(rest > 0.1 && rest < 0.2, "{explained:?}");
        assert_eq!(explained[0].alternatives[0].id, Some(Id::TrainEvalMismatch));
    }

    #[test]
    fn what_excludes_each_other_shares_one_whole() {
        let ids =
            [Id::LossScaled, Id::PenaltyInLoss, Id::DoubleSoftmax, Id::Overconfident, Id::WorseThanChance];
        let mut findings = ids.map(|id| finding(id, 0.9));
        let explained = weigh(&mut findings, &[]);
        let sum: f64 = findings.iter().map(|finding| finding.confidence).sum();
        assert!(sum <= 1.0 && sum > 0.95, "{sum}");
        for one in explained {
            let all = one.share + one.alternatives.iter().map(|other| other.share).sum::<f64>();
            assert!(all <= 1.0 && one.alternatives[0].share > 0.15, "{one:?}");
        }
    }

    #[test]
    fn an_expected_consequence_is_the_next_explanation_but_no_rival() {
        let mut findings = [finding(Id::LossScaled, 0.9)];
        let explained = weigh(&mut findings, &[Id::Overconfident]);
        assert!((findings[0].confidence - 0.9).abs() < 1e-9);
        assert_eq!(explained[0].alternatives[0].id, Some(Id::Overconfident));
    }

    #[test]
    fn effects_of_one_cause_are_no_rivals() {
        let mut findings = [Id::TrainEvalMismatch, Id::WorseThanChance].map(|id| finding(id, 0.9));
        weigh(&mut findings, &[]);
        assert!(findings.iter().all(|finding| finding.confidence > 0.89));
    }
}
