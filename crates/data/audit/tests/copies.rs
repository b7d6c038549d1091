//! Copies that are turned by any angle, a part of the photo, or covered in part.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use foliar_audit::{Copy, Thumbnail, find_copies};
use foliar_results::audit::Symmetry;
use foliar_vision::{Digest, Resizer, Rgb, UnionFind};

const WIDTH: usize = 240;
const HEIGHT: usize = 180;

/// A drawn leaf, three quarters as high as wide.
fn leaf(class: usize, index: u64) -> Rgb {
    let square = foliar_synth::draw(5, class, index, WIDTH as u32).into_raw();
    let skipped = (WIDTH - HEIGHT) / 2 * WIDTH * 3;
    Rgb::new(WIDTH as u32, HEIGHT as u32, square[skipped..skipped + WIDTH * HEIGHT * 3].to_vec())
}

/// The picture in which `source` says for each place from the centre, in pixels, where it is in `photo`; grey where that is
/// outside.
fn warped(photo: &Rgb, source: impl Fn(f64, f64) -> (f64, f64)) -> Rgb {
    let centre = [(WIDTH - 1) as f64 / 2.0, (HEIGHT - 1) as f64 / 2.0];
    let value = |x: usize, y: usize, channel: usize| f64::from(photo.pixels[(y * WIDTH + x) * 3 + channel]);
    let mut pixels = Vec::with_capacity(photo.pixels.len());
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (from_x, from_y) = source(x as f64 - centre[0], y as f64 - centre[1]);
            let (from_x, from_y) = (from_x + centre[0], from_y + centre[1]);
            let inside =
                from_x >= 0.0 && from_y >= 0.0 && from_x < (WIDTH - 1) as f64 && from_y < (HEIGHT - 1) as f64;
            for channel in 0..3 {
                pixels.push(if inside {
                    let (left, top) = (from_x as usize, from_y as usize);
                    let (across, down) = (from_x.fract(), from_y.fract());
                    let row = |y: usize| {
                        value(left, y, channel) * (1.0 - across) + value(left + 1, y, channel) * across
                    };
                    (row(top) * (1.0 - down) + row(top + 1) * down).round() as u8
                } else {
                    200
                });
            }
        }
    }
    Rgb::new(photo.width, photo.height, pixels)
}

/// Turned clockwise by so many degrees.
fn turned(photo: &Rgb, degrees: f64) -> Rgb {
    let (sin, cos) = degrees.to_radians().sin_cos();
    warped(photo, |x, y| (x * cos + y * sin, y * cos - x * sin))
}

fn found(photos: &[Rgb]) -> Vec<Copy> {
    let mut resizer = Resizer::default();
    let thumbnails: Vec<Thumbnail> = photos.iter().map(|photo| Thumbnail::of(photo, &mut resizer)).collect();
    let digests: Vec<Digest> = photos.iter().map(|photo| Digest::of(&photo.pixels)).collect();
    find_copies(&digests, &thumbnails.iter().collect::<Vec<_>>())
}

fn leaves() -> Vec<Rgb> {
    (0..40).map(|number| leaf(number % 5, number as u64 / 5)).collect()
}

#[test]
fn photos_turned_by_any_angle_are_found() {
    let mut photos = leaves();
    let angles = [31.0, -17.0, 58.0, 140.0, -112.0, 75.0];
    for (place, angle) in angles.into_iter().enumerate() {
        photos.push(turned(&photos[place], angle));
    }
    let mirrored = warped(&photos[6], |x, y| (-x, y));
    photos.push(turned(&mirrored, 40.0));
    let copies = found(&photos);
    let pairs: Vec<(usize, usize)> = copies.iter().map(|copy| (copy.a, copy.b)).collect();
    assert_eq!(pairs, (0..7).map(|place| (place, 40 + place)).collect::<Vec<_>>(), "{copies:#?}");
    // The copy has to be turned back.
    for (copy, angle) in copies.iter().zip(angles) {
        assert_eq!(copy.symmetry, Symmetry::Same);
        assert!((copy.angle + angle).abs() < 2.0, "{angle}: {copy:?}");
        assert!((copy.scale - 1.0).abs() < 0.03, "{copy:?}");
    }
    // To mirror a picture that was mirrored and turned turns it on.
    assert_eq!(copies[6].symmetry, Symmetry::Mirrored);
    assert!((copies[6].angle - 40.0).abs() < 2.0, "{:?}", copies[6]);
}

#[test]
fn parts_of_photos_are_found() {
    let mut photos = leaves();
    let parts = [(0.95, 2.0, -1.0), (0.85, 10.0, 8.0), (0.75, -18.0, 12.0), (0.78, 0.0, -16.0)];
    for (place, (length, x_shift, y_shift)) in parts.into_iter().enumerate() {
        photos.push(warped(&photos[place], |x, y| (x * length + x_shift, y * length + y_shift)));
    }
    let copies = found(&photos);
    let pairs: Vec<(usize, usize)> = copies.iter().map(|copy| (copy.a, copy.b)).collect();
    assert_eq!(pairs, (0..4).map(|place| (place, 40 + place)).collect::<Vec<_>>(), "{copies:#?}");
    for (copy, (length, ..)) in copies.iter().zip(parts).skip(1) {
        assert!((copy.scale * length - 1.0).abs() < 0.05, "{length}: {copy:?}");
        assert!(copy.overlap > 0.95, "{copy:?}");
    }
}

/// The photo with a rectangle of one grey: left, top, width, height.
fn covered(photo: &Rgb, [left, top, width, height]: [usize; 4], grey: u8) -> Rgb {
    let mut pixels = photo.pixels.clone();
    for y in top..top + height {
        let begin = (y * WIDTH + left) * 3;
        pixels[begin..begin + 3 * width].fill(grey);
    }
    Rgb::new(photo.width, photo.height, pixels)
}

#[test]
fn photos_of_which_a_part_is_covered_are_found() {
    let mut photos = leaves();
    photos.push(covered(&photos[0], [10, 120, 90, 50], 255));
    photos.push(covered(&photos[1], [120, 40, 80, 60], 0));
    photos.push(covered(&photos[2], [0, 0, 240, 34], 128));
    // A part that was turned: its filled corners lie over what the photo shows.
    for (place, angle) in [(3, 18.0), (4, -22.0)] {
        let part = warped(&photos[place], |x, y| (x * 0.85 + 6.0, y * 0.85 - 4.0));
        photos.push(turned(&part, angle));
    }
    let copies = found(&photos);
    let pairs: Vec<(usize, usize)> = copies.iter().map(|copy| (copy.a, copy.b)).collect();
    assert_eq!(pairs, (0..5).map(|place| (place, 40 + place)).collect::<Vec<_>>(), "{copies:#?}");
    assert!(copies[..3].iter().all(|copy| copy.overlap < 0.95), "what is covered is not shared: {copies:#?}");
}

/// The photo with the grey level of one of its pixels changed, another one for each number.
fn resaved(photo: &Rgb, number: usize) -> Rgb {
    let mut pixels = photo.pixels.clone();
    let pixel = 997 * number % (pixels.len() / 3) * 3;
    pixels[pixel..pixel + 3].iter_mut().for_each(|value| *value ^= 8);
    Rgb::new(photo.width, photo.height, pixels)
}

/// For each photo the first one that a chain of copies leads to.
fn sets(count: usize, copies: &[Copy]) -> Vec<usize> {
    let mut sets = UnionFind::new(count);
    copies.iter().for_each(|copy| sets.join(copy.a, copy.b));
    sets.names()
}

#[test]
fn many_copies_are_one_set_without_every_pair() {
    // Of one leaf 30 copies, then 30 that lack a border; of another 30, and three that have none.
    let photos = leaves();
    let cropped = warped(&photos[0], |x, y| (x * 0.93 + 4.0, y * 0.93));
    let alike = |photo: &Rgb| (0..30).map(|number| resaved(photo, number)).collect::<Vec<_>>();
    let all = [alike(&photos[0]), alike(&cropped), alike(&photos[1]), photos[2..5].to_vec()].concat();
    let copies = found(&all);
    let expected: Vec<usize> = [vec![0; 60], vec![60; 30], vec![90, 91, 92]].concat();
    assert_eq!(sets(all.len(), &copies), expected);
    assert!(copies.len() < 30 * 59 + 15 * 29, "{} pairs", copies.len());
    for photo in 0..90 {
        let own = copies.iter().filter(|copy| copy.a == photo || copy.b == photo).count();
        assert!(own >= 24, "photo {photo} has {own} pairs");
    }
}

#[test]
fn thumbnails_are_kept_as_bytes() {
    let thumbnail = Thumbnail::of(&leaf(1, 1), &mut Resizer::default());
    let bytes = thumbnail.to_bytes();
    assert_eq!(bytes.len(), foliar_audit::thumbnail::BYTES);
    assert_eq!(Thumbnail::from_bytes(&bytes), Some(thumbnail));
    assert_eq!(Thumbnail::from_bytes(&bytes[1..]), None);
    assert_eq!(Thumbnail::from_bytes(&vec![255; bytes.len()]), None);
}
