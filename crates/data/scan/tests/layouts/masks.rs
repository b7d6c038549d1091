//! Pictures and pages in class folders that are no photos.

use foliar_scan::{ScanOptions, masks, scan};
use foliar_vision::Limits;

use crate::common::png;
use crate::tree::plant;

/// A PNG of a leaf's outline in two values.
fn mask_png(seed: u32) -> Vec<u8> {
    let picture =
        image::GrayImage::from_fn(24, 24, |x, y| image::Luma([if (x + seed) % 24 < y { 255 } else { 0 }]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn masks_beside_photos_of_one_name_are_no_photos() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy}*3");
    for (seed, class) in (0..).zip(["rust", "healthy"]) {
        for index in 0..3 {
            let at = |name: String| folder.path().join(class).join(name);
            std::fs::rename(at(format!("{index}.png")), at(format!("{index}.bmp"))).unwrap();
            std::fs::write(at(format!("{index}.png")), mask_png(3 * seed + index)).unwrap();
            std::fs::write(at(format!("{index}_gt.png")), mask_png(3 * seed + index + 9)).unwrap();
            std::fs::write(at(format!("{index}.jpeg")), png(50 + 3 * seed + index)).unwrap();
        }
    }
    let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    let masks = problems.iter().filter(|problem| problem.to_string().contains("a mask of the photo")).count();
    assert_eq!((dataset.photos.len(), masks), (12, 12), "{problems:?}");
}

#[test]
fn an_exported_page_is_no_class() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy site}*3");
    let classes = || scan(folder.path(), &ScanOptions::default()).unwrap().0.classes;
    assert_eq!(classes().len(), 3);
    for (name, text) in [
        ("manifest.webmanifest", "{}"),
        ("sw.js", ""),
        ("index.html", "<!doctype html><!-- foliar export --format page -->\n<html>"),
    ] {
        std::fs::write(folder.path().join("site").join(name), text).unwrap();
    }
    assert_eq!(classes(), ["healthy", "rust"]);
}

#[test]
fn masks_among_photos_without_classes_are_found() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "photos*3 masks*3 other/masks*2 leaf.png");
    std::fs::write(folder.path().join("leaf_mask.png"), mask_png(1)).unwrap();
    let at = |name: &str| folder.path().join("other/masks").join(name);
    std::fs::rename(at("0.png"), at("festival-0.png")).unwrap();
    std::fs::rename(at("1.png"), at("festival-1.png")).unwrap();
    let found: Vec<String> = masks(folder.path(), &Limits::default())
        .iter()
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .collect();
    assert_eq!(found, ["leaf_mask.png", "masks/0.png", "masks/1.png", "masks/2.png"]);
    assert!(masks(&folder.path().join("masks"), &Limits::default()).is_empty());
    assert!(masks(&folder.path().join("absent"), &Limits::default()).is_empty());
}
