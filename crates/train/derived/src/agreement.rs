//! What runs must have in common to become one classifier.

use foliar_vision::Preprocessing;

use crate::error::DerivedError;
use crate::member::Member;

/// Refuses runs whose photographs are prepared otherwise, or which are given twice.
pub(crate) fn check(members: &[Member]) -> Result<(), DerivedError> {
    let [first, others @ ..] = members else { return Err(DerivedError::Alone) };
    if others.is_empty() {
        return Err(DerivedError::Alone);
    }
    for (place, member) in members.iter().enumerate() {
        if members[..place].iter().any(|earlier| earlier.digest == member.digest) {
            return Err(member.refuse("its bundle is that of a run before it; a run counts once"));
        }
    }
    for other in others {
        let differing = differences(&first.bundle.preprocessing, &other.bundle.preprocessing);
        if !differing.is_empty() {
            return Err(other.refuse(format!(
                "its photos are prepared otherwise than those of the first run: {}; one input must do for all, so train them with the \
                 same network family and --image-size",
                differing.join(", ")
            )));
        }
    }
    Ok(())
}

/// Refuses runs whose weights have nothing in common to begin with.
pub(crate) fn check_weights(members: &[Member]) -> Result<(), DerivedError> {
    let [first, others @ ..] = members else { return Err(DerivedError::Alone) };
    for other in others {
        if other.bundle.graph != first.bundle.graph {
            return Err(other.refuse(
                "its network is not that of the first run, so that their weights have no mean; average outputs (--average outputs)",
            ));
        }
        let begun = |member: &Member| {
            let weights = member.run.recipe.weights.as_ref();
            weights.map(|weights| (weights.digest.clone(), weights.key.clone()))
        };
        let same_seed = other.run.recipe.seed == first.run.recipe.seed;
        if begun(other) != begun(first) || (begun(first).is_none() && !same_seed) {
            return Err(other.refuse(
                "its training did not begin with the weights of the first run, and the mean of unrelated networks is none; average \
                 outputs (--average outputs)",
            ));
        }
    }
    Ok(())
}

/// What differs, in words.
fn differences(first: &Preprocessing, other: &Preprocessing) -> Vec<String> {
    let sides = [
        ("size", first.size, other.size),
        ("crop: shorter side", first.resize_side, other.resize_side),
        ("stored side", first.store_side, other.store_side),
    ];
    let mut words: Vec<String> = sides
        .into_iter()
        .filter(|(_, first, other)| first != other)
        .map(|(name, first, other)| format!("{name} {other} and not {first} pixels"))
        .collect();
    for (name, first, other) in [("mean", first.mean, other.mean), ("deviation", first.std, other.std)] {
        if first != other {
            words.push(format!("{name} {other:?} and not {first:?}"));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named() {
        let first = Preprocessing::imagenet(64);
        assert!(differences(&first, &first.clone()).is_empty());
        let words = differences(&first, &Preprocessing::minus_one_to_one(96)).join("; ");
        for part in ["size 96 and not 64", "crop", "stored side", "mean", "deviation"] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
}
