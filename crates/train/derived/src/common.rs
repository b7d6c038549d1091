//! Photographs that no model had learned from when it predicted them, in any of the runs.

use std::collections::BTreeMap;

use foliar_metrics::{Groups, MetricsError, Predictions};
use foliar_vision::{Digest, UnionFind, counted};

use crate::error::DerivedError;
use crate::member::Member;

/// What the merged classifier is calibrated and compared on.
pub(crate) struct Common {
    pub(crate) photographs: Vec<Digest>,
    /// Their classes, in the order of the first member.
    pub(crate) labels: Vec<u32>,
    pub(crate) groups: Groups,
}

impl Common {
    /// The photographs of the out-of-fold predictions of all `members`, of which `chosen` takes some, in the order of their digests.
    ///
    /// # Errors
    /// A photograph that has another class in another run; fewer groups of them than intervals need, [`Groups::FEW`].
    pub(crate) fn of(
        members: &[Member],
        chosen: impl Fn(&Digest) -> bool,
        why: &str,
    ) -> Result<Self, DerivedError> {
        let [first, others @ ..] = members else { return Err(DerivedError::Alone) };
        let (mut photographs, mut labels) = (Vec::new(), Vec::new());
        for (digest, row) in first.rows.iter().filter(|(digest, _)| chosen(digest)) {
            let found: Vec<_> = others.iter().filter_map(|other| other.rows.get(digest)).collect();
            if found.len() < others.len() {
                continue;
            }
            if let Some((other, found)) = others.iter().zip(found).find(|(_, found)| found.class != row.class)
            {
                return Err(other.refuse(format!(
                    "{} is {} in this run and {} in the first one; merge runs that agree on what their photos show",
                    found.path, found.class, row.class
                )));
            }
            let Some(label) = first.bundle.classes.iter().position(|class| *class == row.class) else {
                return Err(first.refuse(format!("its bundle has no class {}", row.class)));
            };
            photographs.push(*digest);
            labels.push(label as u32);
        }
        let groups = Groups::new(&groups(members, &photographs));
        if groups.count() < Groups::FEW {
            return Err(first.refuse(format!(
                "the runs have {} in common of photos that none of them had learned from when it predicted them, and {} are needed to calibrate \
                 what they are merged into. {why}",
                counted(groups.count(), "group", "groups"),
                Groups::FEW
            )));
        }
        Ok(Self { photographs, labels, groups })
    }

    /// What `member` predicted of them, with calibrated probabilities.
    pub(crate) fn predictions_of(&self, member: &Member) -> Result<Predictions, MetricsError> {
        let rows = self.photographs.iter().filter_map(|digest| member.rows.get(digest));
        let logits = rows.flat_map(|row| member.scaled(&row.logits)).map(|logit| logit as f32).collect();
        self.predictions(logits)
    }

    /// The mean of what all `members` predicted, (n, C), not calibrated itself.
    pub(crate) fn mean_logits(&self, members: &[Member]) -> Vec<f32> {
        let share = 1.0 / members.len() as f64;
        let classes = members.first().map_or(0, |member| member.order.len());
        let mut logits = Vec::with_capacity(self.photographs.len() * classes);
        for digest in &self.photographs {
            let mut sums = vec![0.0; classes];
            for member in members {
                if let Some(row) = member.rows.get(digest) {
                    sums.iter_mut()
                        .zip(member.scaled(&row.logits))
                        .for_each(|(sum, logit)| *sum += logit * share);
                }
            }
            logits.extend(sums.into_iter().map(|sum| sum as f32));
        }
        logits
    }

    /// These logits as predictions of the photographs.
    pub(crate) fn predictions(&self, logits: Vec<f32>) -> Result<Predictions, MetricsError> {
        let classes = logits.len() / self.labels.len().max(1);
        Predictions::new(logits, self.labels.clone(), self.groups.clone(), classes)
    }
}

/// A number for each photograph, equal for those that belong together in any of the runs.
pub(crate) fn groups(members: &[Member], photographs: &[Digest]) -> Vec<u64> {
    let mut sets = UnionFind::new(photographs.len());
    for member in members {
        let mut first: BTreeMap<&String, usize> = BTreeMap::new();
        for (place, digest) in photographs.iter().enumerate() {
            if let Some(name) = member.group_of(digest) {
                sets.join(place, *first.entry(name).or_insert(place));
            }
        }
    }
    sets.names().into_iter().map(|name| name as u64).collect()
}
