//! A contact sheet of leaf masks: `leaf_masks OUT.png PHOTO...`.
//!
//! Below each photo is the photo with everything outside the mask in magenta, or in grey if the mask cannot be trusted.

#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::time::Instant;

use foliar_vision::{Limits, Resizer, Rgb, Window, decode_reduced, leaf_mask};
use image::{ImageBuffer, RgbImage};

const CELL: u32 = 160;
const COLUMNS: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let Some((out, paths)) = paths.split_first() else { return Err("leaf_masks OUT.png PHOTO...".into()) };
    let rows = paths.len().div_ceil(COLUMNS) as u32;
    let mut sheet: RgbImage = ImageBuffer::new(CELL * COLUMNS as u32, rows * 2 * CELL);
    for (index, path) in paths.iter().enumerate() {
        let bytes = std::fs::read(path)?;
        let decoded = decode_reduced(&bytes, 256, &Limits::default(), &mut Resizer::default());
        let photo = decoded.map_err(|reason| format!("{path}: {reason:?}"))?;
        let start = Instant::now();
        let mask = leaf_mask(&photo);
        let time = start.elapsed();
        let name = path.rsplit('/').next().unwrap_or(path);
        println!(
            "{index:3} share {:.2} {:.1} ms {:?} {name}",
            mask.share,
            time.as_secs_f64() * 1e3,
            mask.failure
        );
        let mut cut = photo.clone();
        for (pixel, inside) in cut.pixels.chunks_exact_mut(3).zip(&mask.pixels) {
            if !inside {
                pixel.copy_from_slice(if mask.is_trusted() { &[255, 0, 255] } else { &[128, 128, 128] });
            }
        }
        let (x, y) = (index % COLUMNS, index / COLUMNS);
        for (row, picture) in [&photo, &cut].into_iter().enumerate() {
            place(&mut sheet, picture, x as u32 * CELL, (y * 2 + row) as u32 * CELL);
        }
    }
    sheet.save(out)?;
    Ok(())
}

fn place(sheet: &mut RgbImage, picture: &Rgb, left: u32, top: u32) {
    let side = f64::from(CELL - 4) / f64::from(picture.width.max(picture.height));
    let [width, height] =
        [picture.width, picture.height].map(|length| ((f64::from(length) * side) as u32).max(1));
    let mut pixels = vec![0; (width * height * 3) as usize];
    Resizer::default().resize(
        picture,
        Window::whole((picture.width, picture.height)),
        width,
        height,
        &mut pixels,
    );
    for (index, pixel) in pixels.chunks_exact(3).enumerate() {
        let (x, y) = (index as u32 % width, index as u32 / width);
        sheet.put_pixel(left + x, top + y, image::Rgb([pixel[0], pixel[1], pixel[2]]));
    }
}
