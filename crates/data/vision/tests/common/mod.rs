//! Pictures and trees that the tests make for themselves.
#![allow(dead_code, reason = "each test program uses its own share of these")]

pub(crate) mod flat_jpeg;
pub(crate) mod heic_grid;

use std::fs;
use std::io::Cursor;
use std::path::Path;

use foliar_vision::{Dataset, Digest, Photo, Rgb, Split};
use image::{DynamicImage, ImageFormat, RgbImage};

/// The four quarters of the fixtures: upper left, upper right, lower left, lower right.
pub(crate) const QUARTERS: [[u8; 3]; 4] = [[200, 40, 30], [30, 160, 60], [40, 60, 190], [230, 220, 90]];

/// `width x height` pixels in four flat quarters.
pub(crate) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let index = usize::from(2 * x >= width) + 2 * usize::from(2 * y >= height);
        image::Rgb(QUARTERS[index])
    })
}

/// The colours in the middles of the four quarters.
pub(crate) fn middles(picture: &Rgb) -> [[u8; 3]; 4] {
    let at = |x: u32, y: u32| {
        let start = (y * picture.width + x) as usize * 3;
        [picture.pixels[start], picture.pixels[start + 1], picture.pixels[start + 2]]
    };
    let (x, y) = (picture.width / 4, picture.height / 4);
    [at(x, y), at(3 * x, y), at(x, 3 * y), at(3 * x, 3 * y)]
}

/// Whether colours differ by at most `tolerance` in each channel.
pub(crate) fn near(a: [[u8; 3]; 4], b: [[u8; 3]; 4], tolerance: u8) -> bool {
    a.as_flattened().iter().zip(b.as_flattened()).all(|(a, b)| a.abs_diff(*b) <= tolerance)
}

/// A picture in the bytes of a file.
pub(crate) fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture of noise that no other `number` gives.
pub(crate) fn noise(number: u32, width: u32, height: u32) -> RgbImage {
    let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    })
}

/// A small PNG that no other `number` gives.
pub(crate) fn png(number: u32) -> Vec<u8> {
    encode(noise(number, 12, 10), ImageFormat::Png)
}

/// A small JPEG of the four quarters.
pub(crate) fn jpeg() -> Vec<u8> {
    encode(quarters(48, 32), ImageFormat::Jpeg)
}

/// An EXIF block that says nothing but the orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// A JPEG with a further segment after its first marker.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]].concat()
}

/// A file of the fixtures folder.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// Writes files below `root`, making folders on the way.
pub(crate) fn write_tree(root: &Path, files: &[(&str, Vec<u8>)]) {
    for (path, bytes) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A PNG chunk with its check sum.
pub(crate) fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = u32::MAX;
    for byte in name.iter().chain(content) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, &(!sum).to_be_bytes()].concat()
}

/// A PNG of few bytes that declares any size: 8-bit grey, its data the given ones.
pub(crate) fn png_of_size(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let chunks = [png_chunk(b"IHDR", &header), png_chunk(b"IDAT", data), png_chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

/// A JPEG whose frame header declares another size than its data has.
pub(crate) fn jpeg_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg();
    let frame = bytes.windows(4).position(|w| w == [0xFF, 0xC0, 0, 17]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// A bitmap that declares any size and ends after its header.
pub(crate) fn bmp_of_size(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = encode(quarters(4, 4), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&width.to_le_bytes());
    bytes[22..26].copy_from_slice(&height.to_le_bytes());
    bytes
}

/// A GIF whose logical screen has any size.
pub(crate) fn gif_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = fixture("animated.gif");
    bytes[6..8].copy_from_slice(&width.to_le_bytes());
    bytes[8..10].copy_from_slice(&height.to_le_bytes());
    bytes
}

/// A lossless WebP whose header declares any size up to 16,383 a side.
pub(crate) fn webp_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encode(quarters(8, 8), ImageFormat::WebP);
    let start = bytes.windows(4).position(|w| w == b"VP8L").unwrap() + 9;
    let bits = (width - 1) | ((height - 1) << 14) | (u32::from(bytes[start + 3] >> 4) << 28);
    bytes[start..start + 4].copy_from_slice(&bits.to_le_bytes());
    bytes
}

/// An uncompressed grey TIFF of one strip that declares any size.
pub(crate) fn tiff_of_size(width: u32, height: u32) -> Vec<u8> {
    let entries: [(u16, u32); 8] =
        [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (278, height), (279, 16)];
    let mut bytes = b"II*\0\x18\0\0\0".to_vec();
    bytes.extend([128; 16]);
    bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
    for (tag, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(4_u16.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

/// A data set of `classes` classes: each photograph by its class, its content (equal numbers are equal bytes) and the split that
/// its folder names.
pub(crate) fn dataset(classes: usize, photographs: &[(usize, u32, Option<Split>)]) -> Dataset {
    let photo = |(index, &(class, content, split)): (usize, &(usize, u32, Option<Split>))| Photo {
        path: format!("{class}/{index}.jpg").into(),
        class,
        split,
        digest: Digest::of(&content.to_le_bytes()),
        bytes: 1,
        width: 1,
        height: 1,
    };
    Dataset {
        root: "photos".into(),
        classes: (0..classes).map(|class| class.to_string()).collect(),
        photos: photographs.iter().enumerate().map(photo).collect(),
        layout: None,
        tables: None,
        label_sets: None,
    }
}
