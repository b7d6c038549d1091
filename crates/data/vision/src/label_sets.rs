//! What photos show where one may show several things: sets of labels.

use serde::{Deserialize, Serialize};

/// What a classifier is asked about a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Which one of several classes it shows.
    #[default]
    MultiClass,
    /// Which of several labels it shows: any number of them, or none.
    MultiLabel,
}

impl Task {
    /// Whether it is that of nearly all data sets.
    #[must_use]
    pub fn is_multi_class(&self) -> bool {
        *self == Self::MultiClass
    }
}

/// Stands between the labels in the name of a set, and in no name of a label.
pub const BETWEEN_LABELS: char = '|';
/// The name of the set without labels.
pub const NO_LABEL: &str = "(no label)";

/// The labels of a data set of [`Task::MultiLabel`], and the sets of them that occur. Each class of such a data set is one of
/// these sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSets {
    /// Names of the labels, sorted: what the outputs of a classifier are, in their order.
    pub names: Vec<String>,
    /// For each class of the data set the places of its labels, ascending.
    sets: Vec<Vec<usize>>,
    /// The same, with the number of labels in the place of an empty set.
    strata: Vec<Vec<usize>>,
}

impl LabelSets {
    /// Of the names of the labels of each class of a data set, in the order of the classes.
    #[must_use]
    pub fn new(classes: &[Vec<String>]) -> Self {
        let mut names: Vec<String> = classes.iter().flatten().cloned().collect();
        names.sort_unstable();
        names.dedup();
        let place = |label: &String| names.partition_point(|name| name < label);
        let set = |labels: &Vec<String>| {
            let mut set: Vec<usize> = labels.iter().map(place).collect();
            set.sort_unstable();
            set.dedup();
            set
        };
        let sets: Vec<Vec<usize>> = classes.iter().map(set).collect();
        let stratum = |set: &Vec<usize>| if set.is_empty() { vec![names.len()] } else { set.clone() };
        let strata = sets.iter().map(stratum).collect();
        Self { names, sets, strata }
    }

    /// Places of the labels of a class, ascending.
    ///
    /// # Panics
    /// If there is no such class.
    #[must_use]
    pub fn of(&self, class: usize) -> &[usize] {
        &self.sets[class]
    }

    /// What a split is to balance for a class: its labels, or that there is none.
    pub(crate) fn strata_of(&self, class: usize) -> &[usize] {
        &self.strata[class]
    }

    /// (classes, labels): 1 for a label that is in the set of a class, else 0.
    #[must_use]
    pub fn matrix(&self) -> Vec<f32> {
        let mut matrix = vec![0.0; self.sets.len() * self.names.len()];
        for (row, set) in matrix.chunks_exact_mut(self.names.len().max(1)).zip(&self.sets) {
            set.iter().for_each(|&label| row[label] = 1.0);
        }
        matrix
    }

    /// Names of the labels of each class.
    fn named(&self) -> Vec<Vec<String>> {
        self.sets.iter().map(|set| set.iter().map(|&label| self.names[label].clone()).collect()).collect()
    }

    /// The same for the classes that `keep` tells of; labels of others alone are gone.
    pub(crate) fn retain(&self, keep: &[bool]) -> Self {
        let kept = self.named().into_iter().zip(keep).filter(|(_, keep)| **keep);
        Self::new(&kept.map(|(labels, _)| labels).collect::<Vec<_>>())
    }
}

/// The name of the class of photos with these labels.
#[must_use]
pub fn name_of_set<'a>(labels: impl IntoIterator<Item = &'a str>) -> String {
    let mut labels: Vec<&str> = labels.into_iter().collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() { NO_LABEL.to_owned() } else { labels.join(&BETWEEN_LABELS.to_string()) }
}

/// The labels that such a name names.
#[must_use]
pub fn labels_of_name(name: &str) -> Vec<&str> {
    if name == NO_LABEL { Vec::new() } else { name.split(BETWEEN_LABELS).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets() -> LabelSets {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        LabelSets::new(&["", "rust scab", "healthy", "rust"].map(words))
    }

    #[test]
    fn a_class_is_a_set_of_labels() {
        let sets = sets();
        assert_eq!(sets.names, ["healthy", "rust", "scab"]);
        assert_eq!((sets.of(0), sets.of(1), sets.of(3)), (&[][..], &[1, 2][..], &[1][..]));
        assert_eq!((sets.strata_of(0), sets.strata_of(1)), (&[3][..], &[1, 2][..]));
        assert_eq!(sets.matrix(), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let kept = sets.retain(&[true, false, false, true]);
        assert_eq!((kept.names.clone(), kept.of(1)), (vec!["rust".to_owned()], &[0][..]));
    }

    #[test]
    fn names_of_sets_are_read_back() {
        for labels in [&[][..], &["rust"], &["leaf rust", "scab"]] {
            let name = name_of_set(labels.iter().rev().copied());
            assert_eq!(labels_of_name(&name), labels, "{name}");
        }
    }
}
