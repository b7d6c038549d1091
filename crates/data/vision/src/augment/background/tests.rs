use proptest::prelude::*;

use super::*;
use crate::random::Domain;

/// An ellipse of leaf colours with spots on a grey backdrop with grain.
fn laboratory(side: u32, leaf: [u8; 3], ratio: f32, angle: f32) -> Rgb {
    let half = side as f32 / 2.0;
    let (sin, cos) = angle.sin_cos();
    let pixel = |place: u32| {
        let (x, y) = ((place % side) as f32 + 0.5 - half, (place / side) as f32 + 0.5 - half);
        let (along, across) = (x * cos + y * sin, (y * cos - x * sin) / ratio);
        let grain = (place.wrapping_mul(2_654_435_761) >> 29) as u8;
        if along.hypot(across) < 0.38 * side as f32 {
            leaf.map(|value| value.saturating_add(grain * 2))
        } else {
            [146, 141, 148].map(|value: u8| value + grain)
        }
    };
    Rgb::new(side, side, (0..side * side).flat_map(pixel).collect())
}

/// Grass from edge to edge, with a leaf that is not plainer than it.
fn meadow(side: u32) -> Rgb {
    let pixel = |place: u32| {
        let shade = (place.wrapping_mul(2_654_435_761) >> 26) as u8;
        [40 + shade, 90 + shade, 30 + shade / 2]
    };
    Rgb::new(side, side, (0..side * side).flat_map(pixel).collect())
}

fn always() -> Background {
    Background { probability: 1.0, ..Background::default() }
}

fn applied(background: &Background, photo: &Rgb, seed: u64) -> Option<Rgb> {
    background.apply(photo, &mut Domain::Background.stream([seed, 0, 0]))
}

/// The middle of what is cut out, in pixels of the photo.
fn middle_of(mask: &crate::LeafMask) -> [f32; 2] {
    let opacity = cutout::opacity(mask);
    let width = mask.width as usize;
    let seen = || (0..opacity.len()).filter(|&place| opacity[place] > 0.0);
    let [columns, rows]: [Vec<usize>; 2] =
        [seen().map(|place| place % width).collect(), seen().map(|place| place / width).collect()];
    [columns, rows].map(|line| (line.iter().min().unwrap() + line.iter().max().unwrap() + 1) as f32 / 2.0)
}

/// Share of the pixels of which some channel differs by more than 12.
fn changed(a: &Rgb, b: &Rgb) -> f64 {
    let differs = |(a, b): (&[u8], &[u8])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 12);
    let count = a.pixels.chunks_exact(3).zip(b.pixels.chunks_exact(3)).filter(|&pair| differs(pair)).count();
    count as f64 / (a.pixels.len() / 3) as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// In its own light and at its own place, the leaf is what it was, and nothing of the old background is left.
    #[test]
    fn the_leaf_is_kept_and_the_background_is_not(
        red in 40_u8..120, green in 110_u8..170, ratio in 0.5_f32..1.0, angle in 0.0_f32..3.1, side in 96_u32..220,
    ) {
        let photo = laboratory(side, [red, green, 40], ratio, angle);
        let mask = leaf_mask(&photo);
        prop_assert!(mask.is_sure(), "{:?}", mask.failure);
        let leaf = Cutout::of(&photo, &mask);
        let scene = [250.0, 0.0, 250.0];
        let mut canvas = Canvas::plain(side as usize, side as usize, scene);
        canvas.draw(&leaf, &Placement::plain(middle_of(&mask)), &Light::unchanged());
        let picture = canvas.picture();
        let half = side as f32 / 2.0;
        let (sin, cos) = angle.sin_cos();
        let mut lost = 0;
        for place in 0..side * side {
            let (x, y) = ((place % side) as f32 + 0.5 - half, (place / side) as f32 + 0.5 - half);
            let distance = (x * cos + y * sin).hypot((y * cos - x * sin) / ratio) / (0.38 * side as f32);
            let pixel = &picture.pixels[3 * place as usize..][..3];
            let old = &photo.pixels[3 * place as usize..][..3];
            if distance < 0.85 {
                lost += usize::from(pixel.iter().zip(old).any(|(new, old)| new.abs_diff(*old) > 1));
            }
            if distance > 1.15 {
                prop_assert_eq!(pixel, &[250, 0, 250]);
            }
        }
        prop_assert_eq!(lost, 0);
    }

    /// Whatever chance says, there is a picture of the same size, the same again for the same stream, and it is another one.
    #[test]
    fn a_sure_leaf_comes_into_another_scene(seed in any::<u64>(), ratio in 0.5_f32..1.0, side in 64_u32..160) {
        let photo = laboratory(side, [70, 130, 50], ratio, 1.0);
        let picture = applied(&always(), &photo, seed);
        prop_assert_eq!(&picture, &applied(&always(), &photo, seed));
        let picture = picture.unwrap();
        prop_assert_eq!((picture.width, picture.height), (side, side));
        prop_assert!(changed(&photo, &picture) > 0.3, "{}", changed(&photo, &picture));
        prop_assert_ne!(picture, applied(&always(), &photo, seed ^ 1).unwrap());
    }

    #[test]
    fn what_is_not_surely_found_stays_as_it_is(seed in any::<u64>(), side in 32_u32..160) {
        prop_assert_eq!(applied(&always(), &meadow(side), seed), None);
        let paper = Rgb::new(side, side / 2, vec![200; (side * (side / 2) * 3) as usize]);
        prop_assert_eq!(applied(&always(), &paper, seed), None);
    }
}

#[test]
fn photos_of_any_shape_are_borne() {
    for (width, height) in [(1, 1), (3, 400), (400, 3), (17, 64), (300, 200)] {
        for pixels in [vec![128; width * height * 3], [60, 130, 40].repeat(width * height)] {
            let photo = Rgb::new(width as u32, height as u32, pixels);
            assert!(applied(&always(), &photo, 3).is_none_or(|picture| picture.width == photo.width));
        }
    }
    let mut photo = laboratory(120, [60, 130, 40], 0.7, 0.4);
    photo.pixels.truncate(120 * 90 * 3);
    photo.height = 90;
    assert_eq!(applied(&always(), &photo, 1).map(|picture| picture.height), Some(90));
}

#[test]
fn given_pictures_come_up_in_half_of_the_scenes() {
    let photo = laboratory(96, [60, 130, 40], 0.6, 0.0);
    let blue = Rgb::new(40, 90, [20, 30, 220].repeat(40 * 90));
    let background = Background { pictures: Arc::new([blue]), ..always() };
    let is_blue = |pixel: &[u8]| pixel[2] > 60 && pixel[2] / 2 > pixel[0].max(pixel[1]);
    let seen = |seed| {
        let picture = applied(&background, &photo, seed).unwrap();
        picture.pixels.chunks_exact(3).filter(|pixel| is_blue(pixel)).count() > 96 * 96 / 10
    };
    let count = (0..100).filter(|&seed| seen(seed)).count();
    assert!((25..=65).contains(&count), "{count}");
}

#[test]
fn chance_leaves_some_alone() {
    let photo = laboratory(64, [60, 130, 40], 0.8, 0.0);
    assert!((0..50).all(|seed| applied(&Background::none(), &photo, seed).is_none()));
    let half = Background { probability: 0.5, ..Background::default() };
    let count = (0..200).filter(|&seed| applied(&half, &photo, seed).is_some()).count();
    assert!((70..=130).contains(&count), "{count}");
}
