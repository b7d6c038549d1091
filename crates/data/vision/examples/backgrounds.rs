//! A contact sheet of leaves before other backgrounds: `backgrounds OUT.png SEED PHOTO...`.
//!
//! Below each photo are two views of it as `--augment background` makes them, in the size that a network sees.

#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use foliar_vision::augment::{AugmentKey, Background};
use foliar_vision::{Augment, Limits, Preprocessing, Resizer, Workspace, decode_reduced, leaf_mask};
use image::{ImageBuffer, RgbImage};

const SIDE: u32 = 224;
const COLUMNS: usize = 7;
const ROWS: u32 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, seed, paths @ ..] = &arguments[..] else {
        return Err("backgrounds OUT.png SEED PHOTO...".into());
    };
    let seed: u64 = seed.parse()?;
    let preprocessing = Preprocessing::minus_one_to_one(SIDE);
    let pasted =
        Augment { background: Background { probability: 1.0, ..Background::default() }, ..Augment::none() };
    let height = paths.len().div_ceil(COLUMNS) as u32 * ROWS * SIDE;
    let mut sheet: RgbImage = ImageBuffer::new(SIDE * COLUMNS as u32, height);
    let mut workspace = Workspace::default();
    let mut picture = vec![0.0; preprocessing.len()];
    let mut sure = 0;
    for (index, path) in paths.iter().enumerate() {
        let bytes = std::fs::read(path)?;
        let side = preprocessing.store_side;
        let photo = decode_reduced(&bytes, side, &Limits::default(), &mut Resizer::default());
        let photo = photo.map_err(|reason| format!("{path}: {reason:?}"))?;
        sure += u32::from(leaf_mask(&photo).is_sure());
        for row in 0..ROWS {
            let augment = if row == 0 { &Augment::none() } else { &pasted };
            let key = AugmentKey { seed, epoch: u64::from(row), item: index as u64 };
            augment.prepare_into(&preprocessing, &photo, key, &mut workspace, &mut picture);
            let (left, top) = (index % COLUMNS, index / COLUMNS * ROWS as usize + row as usize);
            for (place, pixel) in picture.chunks_exact(3).enumerate() {
                let (x, y) = (place as u32 % SIDE, place as u32 / SIDE);
                let byte = |value: f32| ((value + 1.0) * 127.5).round() as u8;
                let colour = image::Rgb([byte(pixel[0]), byte(pixel[1]), byte(pixel[2])]);
                sheet.put_pixel(left as u32 * SIDE + x, top as u32 * SIDE + y, colour);
            }
        }
    }
    sheet.save(out)?;
    println!("leaf surely found on {sure} of {} photos", paths.len());
    Ok(())
}
