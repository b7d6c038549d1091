//! Training pictures with other backgrounds: `backgrounds OUT VIEWS SEED PHOTO...`.
//!
//! Writes `OUT/view-N.rgb` for each view, 224 x 224 x 3 bytes a photo in the order of the photos, and says how many leaves were
//! surely found.

#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::io::Write as _;
use std::path::Path;

use foliar_vision::augment::{AugmentKey, Background, ColourJitter, RandomCrop};
use foliar_vision::{Augment, Limits, Preprocessing, Resizer, Workspace, decode_reduced, leaf_mask};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, views, seed, paths @ ..] = &arguments[..] else {
        return Err("backgrounds OUT VIEWS SEED PHOTO...".into());
    };
    let (views, seed): (u64, u64) = (views.parse()?, seed.parse()?);
    let preprocessing = Preprocessing::minus_one_to_one(224);
    let probability = std::env::var("PROB").map_or(1.0, |p| p.parse().unwrap());
    let colour = std::env::var("COLOUR").map_or(0.0, |p| p.parse().unwrap());
    let geometry = std::env::var("PLAIN").is_err();
    let base = if geometry {
        Augment { rotation: Augment::none().rotation, ..Augment::default() }
    } else {
        Augment::none()
    };
    let augment = Augment {
        background: Background { probability, ..Background::default() },
        colour: ColourJitter { probability: colour, ..ColourJitter::default() },
        crop: RandomCrop { scale: [0.5, 1.0], ..base.crop.clone() },
        ..base
    };
    let mut workspace = Workspace::default();
    let mut picture = vec![0.0; preprocessing.len()];
    let mut files = Vec::new();
    std::fs::create_dir_all(out)?;
    for view in 0..views {
        let path = Path::new(out).join(format!("view-{view}.rgb"));
        files.push(std::io::BufWriter::new(std::fs::File::create(path)?));
    }
    let mut sure = 0;
    for (item, path) in paths.iter().enumerate() {
        let bytes = std::fs::read(path)?;
        let decoded =
            decode_reduced(&bytes, preprocessing.store_side, &Limits::default(), &mut Resizer::default());
        let photo = decoded.map_err(|reason| format!("{path}: {reason:?}"))?;
        sure += u32::from(leaf_mask(&photo).is_sure());
        for (epoch, file) in files.iter_mut().enumerate() {
            let key = AugmentKey { seed, epoch: epoch as u64, item: item as u64 };
            augment.prepare_into(&preprocessing, &photo, key, &mut workspace, &mut picture);
            let bytes: Vec<u8> = picture.iter().map(|value| ((value + 1.0) * 127.5).round() as u8).collect();
            file.write_all(&bytes)?;
        }
    }
    println!("{sure} of {} leaves surely found", paths.len());
    Ok(())
}
