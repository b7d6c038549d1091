//! What the explanations of many photographs say of each class.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | e, a | background's share of the evidence and of the area of one photograph |
//! | d | e - a: above 0 the network looks beside the leaf more than one that looks anywhere |
//! | s | standard deviation of d over the n photographs of a class |
//!
//! A warning is due where the mean of d is above [`MOST_BY_CHANCE`] standard errors s / sqrt(n): a network that looks anywhere
//! has a mean of 0 and passes that in one class of forty. Heat maps are coarse and reach over the edge of a leaf, so evidence on
//! the background is nothing bad in itself; more of it than background is.

use std::collections::BTreeMap;

use foliar_results::EvidenceShare;

use crate::background_share::BackgroundShare;

/// Standard errors above 0 that the mean of d may reach by chance.
pub const MOST_BY_CHANCE: f64 = 2.0;
/// Fewest photographs that a warning can stand on.
const FEWEST: usize = 5;

/// The background's share of the evidence over explanations, each what was measured if it could be.
pub fn evidence_share(explanations: impl IntoIterator<Item = Option<BackgroundShare>>) -> EvidenceShare {
    let explanations: Vec<Option<BackgroundShare>> = explanations.into_iter().collect();
    let measured: Vec<BackgroundShare> = explanations.iter().copied().flatten().collect();
    let n = measured.len() as f64;
    let mean = |of: &dyn Fn(&BackgroundShare) -> f64| {
        if measured.is_empty() { 0.0 } else { measured.iter().map(of).sum::<f64>() / n }
    };
    let (background, area) = (mean(&|share| share.evidence), mean(&|share| share.area));
    let difference = background - area;
    let variance = mean(&|share| (share.evidence - share.area - difference).powi(2)) * n / (n - 1.0);
    let beside_the_leaf = measured.len() >= FEWEST && difference > MOST_BY_CHANCE * (variance / n).sqrt();
    EvidenceShare {
        photographs: explanations.len(),
        measured: measured.len(),
        background,
        area,
        beside_the_leaf,
    }
}

/// The same for each class that occurs, of explanations with the class that was explained.
pub fn class_evidence(
    explanations: impl IntoIterator<Item = (usize, Option<BackgroundShare>)>,
) -> BTreeMap<usize, EvidenceShare> {
    let mut classes: BTreeMap<usize, Vec<Option<BackgroundShare>>> = BTreeMap::new();
    for (class, share) in explanations {
        classes.entry(class).or_default().push(share);
    }
    classes.into_iter().map(|(class, explanations)| (class, evidence_share(explanations))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(evidence: f64, area: f64) -> Option<BackgroundShare> {
        Some(BackgroundShare { evidence, area })
    }

    #[test]
    fn a_network_that_looks_beside_the_leaf_is_told_from_one_that_does_not() {
        let wobble = [0.02, -0.03, 0.01, 0.03, -0.02, 0.0];
        let rows = wobble
            .into_iter()
            .flat_map(|w| [(0, share(0.3 + w, 0.5)), (2, share(0.8 + w, 0.5)), (3, share(0.5 + w, 0.5))]);
        let classes = class_evidence(rows);
        let warned: Vec<(usize, bool)> =
            classes.iter().map(|(&class, share)| (class, share.beside_the_leaf)).collect();
        assert_eq!(warned, [(0, false), (2, true), (3, false)]);
        assert!((classes[&2].ratio() - 1.6).abs() < 0.01, "{:?}", classes[&2]);
    }

    #[test]
    fn a_few_photographs_are_no_ground_for_a_warning() {
        let rows = vec![(1, share(0.9, 0.2)), (1, share(0.9, 0.2)), (1, None)];
        let class = class_evidence(rows)[&1];
        assert_eq!((class.photographs, class.measured, class.beside_the_leaf), (3, 2, false));
    }

    #[test]
    fn classes_without_a_measurement_are_listed() {
        let class = class_evidence([(4, None)])[&4];
        assert_eq!((class.measured, class.background, class.beside_the_leaf), (0, 0.0, false));
    }
}
