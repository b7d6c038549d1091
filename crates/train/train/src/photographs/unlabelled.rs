//! Photographs without labels beside those of a run: which may be learned from.

use std::collections::{BTreeMap, BTreeSet};

use foliar_audit::{GroupRule, NearDuplicates, Thumbnail, group_photos};
use foliar_vision::{Dataset, Photo, Splits, UnionFind};

use crate::error::TrainError;
use crate::recipe::Recipe;

/// Photographs without labels. In the store they follow those with labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlabelled {
    /// The photographs, by whole paths.
    pub(super) photos: Vec<Photo>,
    /// For each the photographs with labels that are copies of it, or copies of its copies.
    copies: Vec<Vec<usize>>,
    /// How many were left out since they are among those with labels.
    pub(super) labelled: usize,
}

impl Unlabelled {
    /// Those that the recipe names, without those of `dataset`; the teacher and the label speak of these already.
    pub(super) fn read(recipe: &Recipe, dataset: &Dataset) -> Result<Self, TrainError> {
        let folder = recipe.teacher.as_ref().and_then(|teacher| teacher.unlabelled.as_ref());
        let Some(folder) = folder else { return Ok(Self::default()) };
        let known: BTreeSet<[u8; 32]> = dataset.photos.iter().map(|photo| photo.digest.0).collect();
        let (labelled, photos): (Vec<Photo>, Vec<Photo>) =
            folder.unchanged()?.into_iter().partition(|photo| known.contains(&photo.digest.0));
        Ok(Self { photos, copies: Vec::new(), labelled: labelled.len() })
    }

    /// `dataset` with these photographs behind its own, for the store.
    pub(super) fn behind(&self, mut dataset: Dataset) -> Dataset {
        dataset.photos.extend(self.photos.iter().cloned());
        dataset
    }

    /// Parts them from `dataset`, of whose photographs those that cannot be read have been removed.
    pub(super) fn part(self, mut dataset: Dataset) -> (Dataset, Self) {
        let ours: BTreeSet<[u8; 32]> = self.photos.iter().map(|photo| photo.digest.0).collect();
        let own = dataset.photos.iter().filter(|photo| !ours.contains(&photo.digest.0)).count();
        let photos = dataset.photos.split_off(own);
        let copies = vec![Vec::new(); photos.len()];
        // A class that had these alone left has none.
        let (dataset, _) = if ours.is_empty() { (dataset, Vec::new()) } else { dataset.retain(|_| true) };
        (dataset, Self { photos, copies, ..self })
    }

    /// Finds copies among the photographs of `dataset`; there is a thumbnail for each of those, and then for each of these.
    pub(super) fn find_copies(
        &mut self,
        dataset: &Dataset,
        thumbnails: &[Thumbnail],
    ) -> Result<(), TrainError> {
        if self.photos.is_empty() {
            return Ok(());
        }
        let thumbnails: Vec<&Thumbnail> = thumbnails.iter().collect();
        let own = dataset.photos.len();
        let all = self.behind(dataset.clone());
        let found = group_photos(&all, &GroupRule::None, NearDuplicates::Thumbnails(&thumbnails))?;
        // Not all pairs are found where a photograph has many copies, but what copies of copies are is known.
        let mut sets = UnionFind::new(all.photos.len());
        found.copies.iter().for_each(|copy| sets.join(copy.a, copy.b));
        let names = sets.names();
        let mut labelled: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        (0..own).for_each(|photo| labelled.entry(names[photo]).or_default().push(photo));
        for (copies, name) in self.copies.iter_mut().zip(&names[own..]) {
            *copies = labelled.get(name).cloned().unwrap_or_default();
        }
        Ok(())
    }

    /// The numbers of those that are no copies of photographs that are held back.
    pub(super) fn usable(&self, splits: &Splits) -> Vec<usize> {
        let held_back = |photo: &usize| {
            splits.validation.binary_search(photo).is_ok() || splits.test.binary_search(photo).is_ok()
        };
        (0..self.photos.len()).filter(|&number| !self.copies[number].iter().any(held_back)).collect()
    }
}

/// What there is of photographs without labels, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlabelledFound {
    /// Photographs that are learned from.
    pub used: usize,
    /// Those that are among the photographs with labels.
    pub labelled: usize,
    /// Copies of photographs for validation or test.
    pub held_back: usize,
}
