//! The small pictures by which copies are found, kept beside the features: photographs whose features are kept are not
//! decoded again, and copies are found among them nevertheless.
//!
//! The file is one of [`crate::feature_cache`] whose rows hold the bytes of a thumbnail, four in the place of a number. Rows
//! are named by the digests of the photographs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use foliar_audit::{Thumbnail, thumbnail};
use foliar_vision::{Dataset, Digest, Resizer, Rgb};

use crate::feature_cache::{self, FeatureCache, Key};

/// Numbers whose place the bytes of a thumbnail take.
const WIDTH: usize = thumbnail::BYTES / size_of::<f32>();
/// Bytes up to which thumbnails of photographs of other runs stay in the file.
const LARGEST_SHARED_FILE: usize = 256 << 20;

/// Thumbnails that are kept, and those that are made while photographs are decoded.
pub(crate) struct Thumbnails {
    file: Option<PathBuf>,
    /// Names what the thumbnails are made of: pictures of one store side.
    maker: Key,
    kept: Option<FeatureCache>,
    made: Mutex<BTreeMap<Key, Thumbnail>>,
}

impl Thumbnails {
    /// Those kept in `folder`, of pictures whose shorter side is at most `side` pixels.
    pub(crate) fn open(folder: Option<&Path>, side: u32) -> Self {
        let maker = *blake3::Hasher::new_derive_key("foliar thumbnails 2")
            .update(env!("CARGO_PKG_VERSION").as_bytes())
            .update(foliar_vision::decode::PIXELS.as_bytes())
            .update(&side.to_le_bytes())
            .finalize()
            .as_bytes();
        let file = folder.map(|folder| folder.join(format!("thumbnails-{side}.features")));
        let kept = file.as_ref().and_then(|file| FeatureCache::open(file, &maker));
        Self { file, maker, kept: kept.filter(|kept| kept.width() == WIDTH), made: Mutex::default() }
    }

    /// Whether the thumbnail of a photograph is kept.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.find(&digest.0).is_some())
    }

    /// Makes the thumbnail of a decoded photograph, unless it is kept.
    pub(crate) fn make(&self, digest: &Digest, picture: &Rgb) {
        if !self.has(digest) {
            let thumbnail = Thumbnail::of(picture, &mut Resizer::default());
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.0, thumbnail);
        }
    }

    /// The thumbnails of all photographs of `dataset`, each of which is kept or was made; what was made is kept for the
    /// next time.
    pub(crate) fn finish(self, dataset: &Dataset) -> Vec<Thumbnail> {
        let made = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let kept = |key: &Key| {
            let kept = self.kept.as_ref()?;
            Thumbnail::from_bytes(bytemuck::cast_slice(kept.row(kept.find(key)?)))
        };
        let thumbnails: Vec<Thumbnail> = dataset
            .photos
            .iter()
            .filter_map(|photo| made.get(&photo.digest.0).cloned().or_else(|| kept(&photo.digest.0)))
            .collect();
        assert_eq!(thumbnails.len(), dataset.photos.len(), "each photo was decoded or is kept");
        if let Some(file) = self.file.filter(|_| !made.is_empty()) {
            // Rows of numbers have to lie where numbers may.
            let fresh: Vec<(Key, Vec<f32>)> =
                made.iter().map(|(key, thumbnail)| (*key, words(&thumbnail.to_bytes()))).collect();
            let mut rows: BTreeMap<Key, &[f32]> = fresh.iter().map(|(key, row)| (*key, &row[..])).collect();
            let others = self
                .kept
                .as_ref()
                .filter(|kept| kept.len() + fresh.len() * thumbnail::BYTES <= LARGEST_SHARED_FILE);
            rows.extend(others.into_iter().flat_map(FeatureCache::rows));
            // Without the file they are made again next time, which is no reason to fail.
            let _ = feature_cache::write(&file, &self.maker, WIDTH, &rows);
        }
        thumbnails
    }
}

/// Four bytes each in the place of a number.
fn words(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| f32::from_ne_bytes(*word)).collect()
}

#[cfg(test)]
mod tests {
    use foliar_vision::Photo;

    use super::*;

    #[test]
    fn what_was_made_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let picture = |value: u8| Rgb::new(9, 9, (0..243).map(|place| place ^ value).collect());
        let photo = |value: u8| Photo {
            path: format!("a/{value}").into(),
            class: 0,
            split: None,
            digest: Digest::of(&[value]),
            bytes: 1,
            width: 9,
            height: 9,
        };
        let data = |values: &[u8]| Dataset {
            root: "r".into(),
            classes: vec!["a".into()],
            photos: values.iter().map(|&value| photo(value)).collect(),
            layout: None,
            tables: None,
            label_sets: None,
        };
        let first = Thumbnails::open(Some(folder.path()), 64);
        [1, 2].into_iter().for_each(|value| first.make(&Digest::of(&[value]), &picture(value)));
        let made = first.finish(&data(&[1, 2]));
        assert_ne!(made[0], made[1]);
        let second = Thumbnails::open(Some(folder.path()), 64);
        assert!(second.has(&Digest::of(&[1])) && !second.has(&Digest::of(&[3])));
        second.make(&Digest::of(&[3]), &picture(3));
        assert_eq!(second.finish(&data(&[2, 3, 1]))[2], made[0]);
        assert!(Thumbnails::open(Some(folder.path()), 64).has(&Digest::of(&[3])));
        assert!(!Thumbnails::open(Some(folder.path()), 96).has(&Digest::of(&[1])), "another side");
        assert!(!Thumbnails::open(None, 64).has(&Digest::of(&[1])));
    }
}
