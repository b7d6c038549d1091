//! The golden set: forty drawn photos of every kind that is met, whose rows every way to use a classifier must give.
//!
//! The classifier and its rows are in `tests/golden`; `cargo run --release -p foliar-cli --example golden -- FOLDER` writes all of it for
//! programs in other languages.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use flate2::Crc;
use flate2::write::ZlibEncoder;
use foliar_synth::{THINGS, draw, draw_thing};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::crop_imm;
use image::{
    DynamicImage, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage,
};
use moxcms::ColorProfile;

/// The classifier, made by the example `golden`.
pub(crate) const MODEL: &[u8] = include_bytes!("../golden/model.foliar");
/// What it says of the photos, in the order of their names: `foliar predict model.foliar photos --format jsonl --all`.
pub(crate) const EXPECTED: &str = include_str!("../golden/expected.jsonl");

/// Key of everything drawn. The classifier has learned from other leaves.
const SEED: u64 = 40;
/// Which leaf of each class.
const INDEX: [u64; 5] = [0, 0, 2, 0, 2];
/// Flat quarters of colour in forms that no encoder here writes.
const FIXTURES: [(&str, &[u8]); 4] = [
    ("animated.gif", include_bytes!("../../../data/vision/tests/fixtures/animated.gif")),
    ("lossy.webp", include_bytes!("../../../data/vision/tests/fixtures/lossy.webp")),
    ("palette.png", include_bytes!("../../../data/vision/tests/fixtures/palette.png")),
    ("progressive.jpg", include_bytes!("../../../data/vision/tests/fixtures/progressive.jpg")),
];

/// Writes the photos into `folder`, which is made. Equal bytes each time.
pub(crate) fn write_photos(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in photos() {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The photos, names and bytes.
fn photos() -> Vec<(String, Vec<u8>)> {
    let mut photos: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| photos.push((name.to_owned(), bytes));
    for class in 0..5 {
        add(&format!("leaf-{class}.jpg"), jpeg(leaf(class, 128, 112), 90));
    }
    // Phones store what they see and how to turn it.
    for orientation in [3, 5, 6, 8] {
        let block = [b"Exif\0\0", &exif(orientation)[..]].concat();
        let bytes = with_segment(&jpeg(leaf(1, 150, 100), 90), 0xE1, &block);
        add(&format!("turned-{orientation}.jpg"), bytes);
    }
    let leaf_1 = leaf(1, 110, 96);
    add("turned.png", with_chunk(&encoded(leaf_1.clone(), ImageFormat::Png), b"eXIf", &exif(6)));
    add("grey.jpg", jpeg(DynamicImage::from(leaf(2, 120, 90)).into_luma8(), 90));
    add("cmyk.jpg", cmyk(&leaf(0, 96, 88)));
    add("p3.jpg", display_p3(&leaf(3, 120, 100)));

    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::Gif, ImageFormat::WebP]
    {
        let end = format.extensions_str()[0];
        add(&format!("leaf.{end}"), encoded(leaf_1.clone(), format));
    }
    add("grey.png", encoded(DynamicImage::from(leaf(2, 100, 130)).into_luma8(), ImageFormat::Png));
    let level = |value: u8, x: u32| u16::from(value) * 257 + (x * 37 % 128) as u16;
    let deep = DynamicImage::from(leaf(2, 100, 100)).into_luma8();
    let deep = ImageBuffer::from_fn(100, 100, |x, y| Luma([level(deep.get_pixel(x, y).0[0], x)]));
    add("grey-16.png", encoded(deep, ImageFormat::Png));
    let deep = leaf(4, 90, 100);
    let deep = ImageBuffer::from_fn(90, 100, |x, y| Rgb(deep.get_pixel(x, y).0.map(|value| level(value, y))));
    add("colour-16.png", encoded(deep, ImageFormat::Png));
    let clear = |x: u32, y: u32| (x * 255 / 95).min(255) as u8 / (1 + (y > 60) as u8);
    let seen = leaf(0, 96, 96);
    let seen = RgbaImage::from_fn(96, 96, |x, y| {
        let [r, g, b] = seen.get_pixel(x, y).0;
        Rgba([r, g, b, clear(x, y)])
    });
    add("alpha.png", encoded(seen, ImageFormat::Png));
    add("interlaced.png", interlaced(&leaf(3, 75, 67)));

    add("phone.jpg", jpeg(enlarged(&leaf(1, 500, 500), 8, 6), 85));
    add("column.png", encoded(leaf(2, 1, 300), ImageFormat::Png));
    add("row.png", encoded(leaf(2, 400, 2), ImageFormat::Png));
    add("pixel.png", encoded(leaf(2, 1, 1), ImageFormat::Png));

    let thing = |name: &str| {
        let number = THINGS.iter().position(|&known| known == name).unwrap();
        draw_thing(SEED, number, 0, 120)
    };
    add("board.png", encoded(thing("checkerboard"), ImageFormat::Png));
    add("bricks.jpg", jpeg(thing("bricks"), 90));
    add("lettering.png", encoded(thing("lettering"), ImageFormat::Png));
    FIXTURES.iter().for_each(|(name, bytes)| add(name, bytes.to_vec()));

    let whole = jpeg(leaf(0, 128, 128), 90);
    add("cut.jpg", whole[..whole.len() * 2 / 3].to_vec());
    add("open.jpg", whole[..whole.len() - 2].to_vec());
    let whole = encoded(leaf_1, ImageFormat::Png);
    add("cut.png", whole[..whole.len() / 2].to_vec());
    add("empty.jpg", Vec::new());
    add("notes.jpg", b"taken in May, north of the barn".to_vec());
    add("page.jpg", b"<!DOCTYPE html><html><body>404</body></html>".to_vec());
    photos
}

/// A drawn leaf of a class, cut to `width` x `height` pixels.
pub(crate) fn leaf(class: usize, width: u32, height: u32) -> RgbImage {
    let size = width.max(height).max(64);
    crop_imm(&draw(SEED, class, INDEX[class], size), 0, 0, width, height).to_image()
}

/// Each pixel as `columns` x `rows` of them.
fn enlarged(picture: &RgbImage, columns: u32, rows: u32) -> RgbImage {
    let pixel = |x: u32, y: u32| *picture.get_pixel(x / columns, y / rows);
    RgbImage::from_fn(picture.width() * columns, picture.height() * rows, pixel)
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: impl Into<DynamicImage>, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.into().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

/// An EXIF block that says nothing but the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// A JPEG with a further segment after its first marker.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    [&jpeg[..2], &segment(marker, content), &jpeg[2..]].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], content].concat()
}

/// A JPEG in the colours of recent phones.
fn display_p3(picture: &RgbImage) -> Vec<u8> {
    let mut profile = ColorProfile::new_display_p3().encode().unwrap();
    // The time at which it was made.
    profile[24..36].fill(0);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.set_icc_profile(profile).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// A CMYK JPEG as Adobe's programs write it: inverted, here with each ink in a scan of its own.
fn cmyk(picture: &RgbImage) -> Vec<u8> {
    let black = |pixel: &Rgb<u8>| pixel.0.into_iter().max().unwrap_or(0).max(1);
    let planes = [0, 1, 2, 3].map(|ink| {
        let plane = GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
            let pixel = picture.get_pixel(x, y);
            let value = pixel
                .0
                .get(ink)
                .map_or(black(pixel), |&value| (u32::from(value) * 255 / u32::from(black(pixel))) as u8);
            Luma([value])
        });
        jpeg(plane, 92)
    });
    let mut bytes = vec![0xFF, 0xD8];
    bytes.extend(segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"));
    for (marker, content, _) in segments(&planes[0]) {
        match marker {
            0xDB | 0xC4 => bytes.extend(segment(marker, content)),
            0xC0 => {
                let components = (1..=4).flat_map(|id| [id, 0x11, 0]);
                bytes.extend(segment(
                    marker,
                    &[&content[..5], &[4], &components.collect::<Vec<u8>>()].concat(),
                ));
            }
            _ => {}
        }
    }
    for (id, plane) in (1..).zip(&planes) {
        let (_, _, data) = segments(plane).pop().unwrap();
        bytes.extend(segment(0xDA, &[1, id, 0, 0, 63, 0]));
        bytes.extend(data);
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}

/// Marker and content of each segment of a JPEG up to its scan, with what lies between the segment and the end of the file.
fn segments(jpeg: &[u8]) -> Vec<(u8, &[u8], &[u8])> {
    let mut found: Vec<(u8, &[u8], &[u8])> = Vec::new();
    let mut rest = &jpeg[2..];
    while found.last().is_none_or(|&(marker, ..)| marker != 0xDA) {
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        found.push((rest[1], &rest[4..length], &rest[length..rest.len() - 2]));
        rest = &rest[length..];
    }
    found
}

/// A PNG in seven passes, as slow networks were given them.
fn interlaced(picture: &RgbImage) -> Vec<u8> {
    const PASSES: [[usize; 4]; 7] =
        [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
    let (width, height) = picture.dimensions();
    let mut data = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for [x, y, across, down] in PASSES {
        for row in (y as u32..height).step_by(down) {
            // No row is predicted from another.
            data.write_all(&[0]).unwrap();
            for column in (x as u32..width).step_by(across) {
                data.write_all(&picture.get_pixel(column, row).0).unwrap();
            }
        }
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 1]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &data.finish().unwrap()), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

/// A PNG with a further chunk after its header.
fn with_chunk(png: &[u8], name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let header = 8 + 12 + 13;
    [&png[..header], &chunk(name, content), &png[header..]].concat()
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = Crc::new();
    sum.update(name);
    sum.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, &sum.sum().to_be_bytes()].concat()
}
