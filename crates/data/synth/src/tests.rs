use std::fs;

use image::RgbImage;

use crate::lesion::Lesion;
use crate::scene::Scene;
use crate::{CLASSES, SIZES, THINGS, draw, draw_ground, draw_thing, write_dataset};

/// FNV-1a.
fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether a place in the picture, -1..1, lies on the leaf.
fn on_leaf(scene: &Scene, place: [f32; 2]) -> bool {
    scene.leaf.inside(scene.pose.to_leaf(place)) > 0.0
}

#[test]
fn every_argument_counts_and_nothing_else() {
    let picture = draw(1, 2, 3, 48);
    assert_eq!(picture.dimensions(), (48, 48));
    assert_eq!(picture, draw(1, 2, 3, 48));
    for other in [draw(2, 2, 3, 48), draw(1, 3, 3, 48), draw(1, 2, 4, 48)] {
        assert_ne!(picture, other);
    }
}

#[test]
fn pictures_are_the_same_on_every_machine() {
    let digests = [0, 1, 2, 3, 4].map(|class| digest(draw(7, class, 0, 40).as_raw()));
    let expected = [
        0x817a_4caf_dda5_b94a,
        0x42dc_3ada_b4a4_1abb,
        0x0454_5051_3cb8_5e53,
        0xba53_de7c_7a21_2641,
        0x4ae4_5196_7c37_8ca4,
    ];
    assert_eq!(digests, expected, "{digests:#x?}");
}

#[test]
fn another_size_shows_the_same_scene() {
    let mean = |picture: &RgbImage| {
        let sum: u64 = picture.as_raw().iter().map(|&value| u64::from(value)).sum();
        sum as f64 / picture.as_raw().len() as f64
    };
    for index in 0..10 {
        let (small, large) = (draw(5, 1, index, *SIZES.start()), draw(5, 1, index, 80));
        assert!((mean(&small) - mean(&large)).abs() < 6.0, "index {index}");
    }
}

#[test]
#[should_panic(expected = "size 15")]
fn a_size_below_the_bounds_panics() {
    draw(1, 0, 0, 15);
}

#[test]
#[should_panic(expected = "class 5")]
fn a_class_beyond_the_last_panics() {
    draw(1, 5, 0, 32);
}

#[test]
fn the_leaf_is_in_the_picture() {
    for class in 0..CLASSES.len() {
        for index in 0..100 {
            let scene = Scene::new(3, class, index);
            let places = (0..1600).map(|i| [(i % 40) as f32 / 20.0 - 0.975, (i / 40) as f32 / 20.0 - 0.975]);
            let share = places.filter(|&place| on_leaf(&scene, place)).count() as f64 / 1600.0;
            assert!((0.03..0.9).contains(&share), "class {class}, index {index}: {share}");
        }
    }
}

#[test]
fn the_ground_tells_nothing_about_the_class() {
    const COUNT: usize = 400;
    let size = *SIZES.start();
    // Mean colour of the corners that the leaf leaves free, for each picture.
    let corners = |class: usize, index: usize| -> Option<[f64; 3]> {
        let scene = Scene::new(11, class, index as u64);
        let picture = scene.photograph(size);
        let free: Vec<_> = [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)]
            .into_iter()
            .filter(|&(x, y)| !on_leaf(&scene, [0.85 * x, 0.85 * y]))
            .map(|(x, y): (f32, f32)| {
                let edge = |side: f32| if side > 0.0 { size - 2 } else { 1 };
                picture.get_pixel(edge(x), edge(y)).0
            })
            .collect();
        let mean = |channel: usize| {
            free.iter().map(|pixel| f64::from(pixel[channel])).sum::<f64>() / free.len() as f64
        };
        (!free.is_empty()).then(|| [mean(0), mean(1), mean(2)])
    };
    let classes: Vec<Vec<[f64; 3]>> = (0..CLASSES.len())
        .map(|class| (0..COUNT).filter_map(|index| corners(class, index)).collect())
        .collect();
    let all: Vec<[f64; 3]> = classes.concat();
    let mean = |colours: &[[f64; 3]], channel: usize| {
        colours.iter().map(|colour| colour[channel]).sum::<f64>() / colours.len() as f64
    };
    for channel in 0..3 {
        let overall = mean(&all, channel);
        let squares: f64 = all.iter().map(|colour| (colour[channel] - overall).powi(2)).sum();
        let deviation = (squares / all.len() as f64).sqrt();
        for (class, colours) in classes.iter().enumerate() {
            let error = deviation / (colours.len() as f64).sqrt();
            let away = (mean(colours, channel) - overall) / error;
            assert!(away.abs() < 3.5, "class {class}, channel {channel}: {away} standard errors");
        }
    }
}

/// Mean colour of the pixels that the disease changes, and their share of the picture.
fn signs(class: usize, index: u64) -> ([f64; 3], f64) {
    let mut scene = Scene::new(19, class, index);
    let picture = scene.photograph(64);
    scene.lesion = Lesion::Healthy;
    let healthy = scene.photograph(64);
    let changed: Vec<[u8; 3]> = picture
        .pixels()
        .zip(healthy.pixels())
        .filter(|(ill, healthy)| (0..3).any(|channel| ill.0[channel].abs_diff(healthy.0[channel]) > 25))
        .map(|(ill, _)| ill.0)
        .collect();
    let mean = |channel: usize| {
        let sum: f64 = changed.iter().map(|pixel| f64::from(pixel[channel])).sum();
        sum / changed.len().max(1) as f64
    };
    ([mean(0), mean(1), mean(2)], changed.len() as f64 / picture.pixels().len() as f64)
}

#[test]
fn each_disease_leaves_signs_of_its_own_colour() {
    const COUNT: u64 = 60;
    let signs = |class| -> [f64; 3] {
        let all: Vec<_> = (0..COUNT).map(|index| signs(class, index)).collect();
        let seen = all.iter().filter(|(_, share)| *share > 0.003).count();
        assert!(seen as u64 * 100 >= COUNT * 90, "class {class}: {seen} of {COUNT} show it");
        let weight: f64 = all.iter().map(|(_, share)| share).sum();
        [0, 1, 2]
            .map(|channel| all.iter().map(|(colour, share)| colour[channel] * share).sum::<f64>() / weight)
    };
    let [spot, mildew, rust, blight] = [1, 2, 3, 4].map(signs);
    let spread =
        |colour: [f64; 3]| colour.into_iter().fold(0.0, f64::max) - colour.into_iter().fold(255.0, f64::min);
    assert!(spread(mildew) < 30.0 && mildew[1] > 140.0, "grey and bright: {mildew:?}");
    for brown in [spot, rust, blight] {
        assert!(brown[0] > brown[1] && brown[1] > brown[2] + 25.0, "brown or orange: {brown:?}");
    }
    assert!(spread(rust) > spread(blight), "orange {rust:?} is purer than brown {blight:?}");
    assert_eq!(self::signs(0, 0).1, 0.0);
}

#[test]
fn a_data_set_does_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let target = folder.path().join(threads.to_string());
        pool.install(|| write_dataset(&target, 4, 2, 32)).unwrap();
    }
    for name in CLASSES {
        let names: Vec<_> = fs::read_dir(folder.path().join("1").join(name)).unwrap().collect();
        assert_eq!(names.len(), 2);
        for index in 0..2 {
            let file = format!("{name}/{name}_{index:04}.jpg");
            let bytes = fs::read(folder.path().join("1").join(&file)).unwrap();
            assert_eq!(bytes, fs::read(folder.path().join("3").join(&file)).unwrap(), "{file}");
            let picture = image::load_from_memory(&bytes).unwrap();
            assert_eq!((picture.width(), picture.height()), (32, 32));
        }
    }
}

#[test]
fn a_data_set_that_can_not_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_dataset(folder.path(), 4, 1, SIZES.end() + 1).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    fs::write(folder.path().join(CLASSES[0]), "in the way").unwrap();
    let error = write_dataset(folder.path(), 4, 1, 32).unwrap_err();
    assert!(error.to_string().contains(CLASSES[0]), "{error}");
}

#[test]
fn things_are_the_same_on_every_machine_and_all_different() {
    let digests: Vec<u64> =
        (0..THINGS.len()).map(|thing| digest(draw_thing(7, thing, 0, 40).as_raw())).collect();
    let mut distinct = digests.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), THINGS.len());
    let all = digests.iter().fold(0_u64, |all, digest| all.rotate_left(7) ^ digest);
    assert_eq!(all, 0xb207_51de_b4bc_5020, "{all:#x}");
}

#[test]
fn a_thing_is_another_with_every_index_and_seed() {
    for (thing, name) in THINGS.iter().enumerate() {
        let picture = draw_thing(1, thing, 0, 32);
        assert_eq!(picture, draw_thing(1, thing, 0, 32), "{name}");
        assert_ne!(picture, draw_thing(1, thing, 1, 32), "{name}");
        assert_ne!(picture, draw_thing(2, thing, 0, 32), "{name}");
    }
    assert_ne!(draw_ground(1, 0, 32), draw_ground(1, 1, 32));
}
