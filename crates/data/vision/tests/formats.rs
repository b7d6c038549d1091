//! Every format and variant that is read, against the colours it was drawn with.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::heic_grid::{TILE, heic_grid};
use common::{QUARTERS, encode, exif, fixture, jpeg, middles, near, quarters, with_segment};
use foliar_vision::decode::inspect;
use foliar_vision::{Format, Limits, Reason, Resizer, Rgb, decode_bytes, decode_reduced};
use image::{DynamicImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, RgbImage, Rgba};
use moxcms::{ColorProfile, Layout, RenderingIntent, TransformOptions};

fn decoded(bytes: &[u8]) -> Rgb {
    let limits = Limits::default();
    let picture = decode_bytes(bytes, &limits).unwrap();
    let header = inspect(bytes, &limits).unwrap();
    assert_eq!((header.width, header.height), (picture.width, picture.height), "header and picture agree");
    picture
}

#[track_caller]
fn check(bytes: &[u8], expected: [[u8; 3]; 4], tolerance: u8) {
    let picture = decoded(bytes);
    assert_eq!((picture.width, picture.height), (48, 32));
    assert!(near(middles(&picture), expected, tolerance), "{:?}", middles(&picture));
}

#[test]
fn lossless_formats_are_exact() {
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP] {
        let picture = quarters(48, 32);
        assert_eq!(decoded(&encode(picture.clone(), format)).pixels, picture.into_raw(), "{format:?}");
    }
}

#[test]
fn jpeg_in_its_variants() {
    check(&jpeg(), QUARTERS, 6);
    check(&fixture("progressive.jpg"), QUARTERS, 6);
    check(&fixture("restart.jpg"), QUARTERS, 6);
    let trailer = [&jpeg()[..], b"\xFF\xD8\xFF appended preview"].concat();
    check(&trailer, QUARTERS, 6);
}

#[test]
fn grey_is_three_equal_channels() {
    let grey = DynamicImage::from(quarters(48, 32)).into_luma8();
    let levels = middles(&decoded(&encode(grey.clone(), ImageFormat::Png)));
    assert!(levels.iter().all(|[r, g, b]| r == g && g == b));
    check(&encode(grey, ImageFormat::Jpeg), levels, 4);
}

#[test]
fn cmyk_with_and_without_the_mark_of_inversion() {
    let bytes = fixture("cmyk.jpg");
    check(&bytes, QUARTERS, 8);
    // Without Adobe's segment the same numbers are amounts of ink.
    let start = bytes.windows(2).position(|w| w == [0xFF, 0xEE]).unwrap();
    let plain = [&bytes[..start], &bytes[start + 16..]].concat();
    let inverted = QUARTERS.map(|colour| {
        let black = 255 - u32::from(*colour.iter().max().unwrap());
        colour.map(|value| {
            let ink = 255 - u32::from(value) * 255 / (255 - black);
            (ink * black / 255) as u8
        })
    });
    check(&plain, inverted, 8);
    // A transform of 2 says that the first three components are luma and chroma of the inverted inks.
    let mut ycck = bytes;
    assert_eq!(&ycck[start + 4..start + 9], b"Adobe");
    ycck[start + 15] = 2;
    let stored = QUARTERS.map(|colour| colour.map(f64::from)).map(|colour| {
        let most = colour.iter().copied().fold(0.0, f64::max);
        let [y, cb, cr] = colour.map(|value| value / most * 255.0);
        let rgb = [
            y + 1.402 * (cr - 128.0),
            y - 0.344_136 * (cb - 128.0) - 0.714_136 * (cr - 128.0),
            y + 1.772 * (cb - 128.0),
        ];
        rgb.map(|value| ((255.0 - value.clamp(0.0, 255.0)) * most / 255.0).round() as u8)
    });
    check(&ycck, stored, 8);
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let deep = ImageBuffer::<image::Rgb<u16>, _>::from_fn(48, 32, |x, y| {
        image::Rgb(quarters(48, 32).get_pixel(x, y).0.map(|value| u16::from(value) * 257 + 100))
    });
    check(&encode(DynamicImage::ImageRgb16(deep.clone()), ImageFormat::Png), QUARTERS, 0);
    check(&encode(DynamicImage::ImageRgb16(deep), ImageFormat::Tiff), QUARTERS, 0);
    let grey = ImageBuffer::<Luma<u16>, _>::from_pixel(48, 32, Luma([257 * 77]));
    check(&encode(DynamicImage::ImageLuma16(grey), ImageFormat::Png), [[77; 3]; 4], 0);
}

fn remarks(bytes: &[u8]) -> Vec<&'static str> {
    inspect(bytes, &Limits::default()).unwrap().remarks.iter().map(Reason::code).collect()
}

#[test]
fn values_that_use_a_part_of_their_range_are_remarked() {
    let levels = |most: u16| {
        ImageBuffer::<image::Rgb<u16>, _>::from_fn(48, 32, move |x, y| {
            image::Rgb(
                quarters(48, 32)
                    .get_pixel(x, y)
                    .0
                    .map(|value| (u32::from(value) * u32::from(most) / 230) as u16),
            )
        })
    };
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        assert_eq!(remarks(&encode(DynamicImage::ImageRgb16(levels(4_095)), format)), ["unused-range"]);
        assert_eq!(remarks(&encode(DynamicImage::ImageRgb16(levels(5_000)), format)), [""; 0]);
        // Classes of a mask, where a photo has levels of grey.
        let grey = |most: u8| {
            DynamicImage::ImageLuma8(ImageBuffer::from_fn(48, 32, move |x, _| Luma([x as u8 % (most + 1)])))
        };
        assert_eq!(remarks(&encode(grey(15), format)), ["unused-range"]);
        assert_eq!(remarks(&encode(grey(16), format)), [""; 0]);
        // Opacity is not a value, and black of 8 bits is black.
        let opaque = DynamicImage::ImageRgba16(DynamicImage::ImageRgb16(levels(4_095)).into_rgba16());
        assert_eq!(remarks(&encode(opaque, format)), ["unused-range"]);
        assert_eq!(remarks(&encode(RgbImage::new(48, 32), format)), [""; 0]);
    }
    let floats = |most: f32| {
        DynamicImage::ImageRgb32F(ImageBuffer::from_fn(48, 32, |x, y| {
            image::Rgb(quarters(48, 32).get_pixel(x, y).0.map(|value| f32::from(value) * most / 230.0))
        }))
    };
    assert_eq!(remarks(&encode(floats(1.0), ImageFormat::Tiff)), [""; 0]);
    assert_eq!(remarks(&encode(floats(255.0), ImageFormat::Tiff)), ["beyond-white"]);
}

#[test]
fn colours_come_to_srgb_in_every_format() {
    let raw = quarters(48, 32).into_raw();
    for profile in [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb()] {
        let icc = profile.encode().unwrap();
        let options = TransformOptions {
            rendering_intent: RenderingIntent::RelativeColorimetric,
            ..TransformOptions::default()
        };
        let transform = profile
            .create_transform_8bit(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, options)
            .unwrap();
        let expected = QUARTERS.map(|colour| {
            let mut converted = [0; 3];
            transform.transform(&colour, &mut converted).unwrap();
            converted
        });
        assert!(!near(expected, QUARTERS, 8));
        let colour = image::ExtendedColorType::Rgb8;
        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        encoder.set_icc_profile(icc.clone()).unwrap();
        encoder.write_image(&raw, 48, 32, colour).unwrap();
        let mut webp = Vec::new();
        let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
        encoder.set_icc_profile(icc.clone()).unwrap();
        encoder.write_image(&raw, 48, 32, colour).unwrap();
        // In two segments, as long profiles are, the second first.
        let (one, two) = icc.split_at(300);
        let piece = |number: u8, piece: &[u8]| [&b"ICC_PROFILE\0"[..], &[number, 2], piece].concat();
        let jpeg = with_segment(&with_segment(&jpeg(), 0xE2, &piece(1, one)), 0xE2, &piece(2, two));
        check(&png, expected, 1);
        check(&webp, expected, 1);
        check(&jpeg, expected, 10);
        for side in [4, 1000] {
            let small = decode_reduced(&png, side, &Limits::default(), &mut Resizer::default()).unwrap();
            assert!(side == 4 || near(middles(&small), expected, 1));
        }
        assert!(remarks(&png).is_empty() && remarks(&jpeg).is_empty());
    }
    let srgb = ColorProfile::new_srgb().encode().unwrap();
    let profile = [&b"ICC_PROFILE\0\x01\x01"[..], &srgb].concat();
    assert_eq!(decoded(&with_segment(&jpeg(), 0xE2, &profile)), decoded(&jpeg()), "sRGB keeps its bytes");
    let broken = with_segment(&jpeg(), 0xE2, b"ICC_PROFILE\0\x01\x01no profile");
    assert_eq!(remarks(&broken), ["colour-profile"]);
    assert_eq!(decoded(&broken), decoded(&jpeg()));
}

#[test]
fn tiffs_that_are_not_read_say_which_they_are() {
    /// A tag and its value in a grey TIFF of 8 bits.
    fn tiff_with(tag: u16, value: u32) -> Vec<u8> {
        let mut bytes = common::tiff_of_size(4, 4);
        let place =
            bytes.windows(2).enumerate().skip(24).find(|(_, two)| *two == tag.to_le_bytes()).unwrap().0;
        bytes[place + 8..place + 12].copy_from_slice(&value.to_le_bytes());
        bytes
    }
    const BITS: u16 = 258;
    const COMPRESSION: u16 = 259;
    const PHOTOMETRIC: u16 = 262;
    for (tag, value, words) in [
        (BITS, 12, "TIFF of 1 x 12 bits"),
        (BITS, 32, "TIFF of 1 x 32 bits"),
        (COMPRESSION, 34_712, "JPEG 2000 compression"),
        (COMPRESSION, 50_000, "ZSTD compression"),
        (PHOTOMETRIC, 8, "L*a*b*"),
        (PHOTOMETRIC, 3, "a palette"),
    ] {
        let reason = decode_bytes(&tiff_with(tag, value), &Limits::default()).unwrap_err();
        let sentence = reason.to_string();
        assert_eq!(reason.code(), "unsupported", "{sentence}");
        assert!(sentence.contains(words) && sentence.contains("magick"), "{sentence}");
    }
}

#[test]
fn transparency_shows_white() {
    let alphas = [255, 128, 0, 255];
    let blended: [[u8; 3]; 4] = std::array::from_fn(|quarter| {
        let alpha = f64::from(alphas[quarter]) / 255.0;
        QUARTERS[quarter].map(|value| (f64::from(value) * alpha + 255.0 * (1.0 - alpha)).round() as u8)
    });
    let alpha_at = |x: u32, y: u32| alphas[usize::from(x >= 24) + 2 * usize::from(y >= 16)];
    let picture = ImageBuffer::<Rgba<u8>, _>::from_fn(48, 32, |x, y| {
        let [r, g, b] = quarters(48, 32).get_pixel(x, y).0;
        Rgba([r, g, b, alpha_at(x, y)])
    });
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        check(&encode(picture.clone(), format), blended, 0);
    }
    let deep = DynamicImage::ImageRgba8(picture).into_rgba16();
    check(&encode(DynamicImage::ImageRgba16(deep), ImageFormat::Png), blended, 0);
    let [first, second, third, _] = QUARTERS;
    check(&fixture("palette.png"), [first, second, third, [255; 3]], 0);
}

#[test]
fn other_variants() {
    check(&fixture("palette.bmp"), QUARTERS, 2);
    check(&fixture("lossy.webp"), QUARTERS, 8);
    check(&fixture("lzw.tif"), QUARTERS, 0);
}

#[test]
fn heic() {
    let picture = decoded(&fixture("quarters.heic"));
    assert_eq!((picture.width, picture.height), (96, 64));
    assert!(near(middles(&picture), QUARTERS, 3), "{:?}", middles(&picture));
}

#[test]
fn heic_of_tiles_turned_by_its_container() {
    let (width, height) = TILE;
    let tile = decoded(&fixture("quarters.heic"));
    for turns in 0..4 {
        let picture = decoded(&heic_grid(3, 2, 3 * width - 5, 2 * height - 3, turns));
        // The middle of the upper left quarter of the first tile, wherever it comes to lie.
        let (x, y) = (width / 4, height / 4);
        let (x, y) = match turns {
            0 => (x, y),
            1 => (y, picture.height - 1 - x),
            2 => (picture.width - 1 - x, picture.height - 1 - y),
            _ => (picture.width - 1 - y, x),
        };
        assert_eq!(picture.width > picture.height, turns % 2 == 0);
        let place = 3 * (y * picture.width + x) as usize;
        assert_eq!(picture.pixels[place..place + 3], middles(&tile)[0], "{turns} turns");
    }
}

#[test]
fn the_first_frame_of_an_animation() {
    check(&fixture("animated.gif"), QUARTERS, 2);
    check(&fixture("animated.webp"), QUARTERS, 0);
}

/// Where the quarters of the stored picture are once it is upright, for each of the eight orientations.
const UPRIGHT: [[usize; 4]; 8] = [
    [0, 1, 2, 3],
    [1, 0, 3, 2],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
    [2, 0, 3, 1],
    [3, 1, 2, 0],
    [1, 3, 0, 2],
];

#[test]
fn all_orientations_in_all_formats_that_carry_them() {
    for (orientation, upright) in (1_u8..).zip(UPRIGHT) {
        let block = exif(orientation);
        let expected = upright.map(|quarter| QUARTERS[quarter]);
        let size = if orientation < 5 { (48, 32) } else { (32, 48) };
        let check = |bytes: &[u8], tolerance: u8| {
            let picture = decoded(bytes);
            assert_eq!((picture.width, picture.height), size, "orientation {orientation}");
            assert!(near(middles(&picture), expected, tolerance), "{orientation}: {:?}", middles(&picture));
        };
        check(&with_segment(&jpeg(), 0xE1, &[b"Exif\0\0", &block[..]].concat()), 6);

        let raw = quarters(48, 32).into_raw();
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_exif_metadata(block.clone()).unwrap();
        encoder.write_image(&raw, 48, 32, image::ExtendedColorType::Rgb8).unwrap();
        check(&bytes, 0);

        // Some writers leave JPEG's prefix in front of the block.
        for block in [block.clone(), [b"Exif\0\0", &block[..]].concat()] {
            let mut bytes = Vec::new();
            let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(block).unwrap();
            encoder.write_image(&raw, 48, 32, image::ExtendedColorType::Rgb8).unwrap();
            check(&bytes, 0);
        }

        let mut tiff = fixture("turned.tif");
        let entry = tiff.windows(8).position(|w| w == [0x12, 1, 3, 0, 1, 0, 0, 0]).unwrap();
        tiff[entry + 8] = orientation;
        check(&tiff, 0);
    }
}

#[test]
fn a_strange_orientation_is_none() {
    for orientation in [0, 9, 255] {
        let bytes = with_segment(&jpeg(), 0xE1, &[b"Exif\0\0", &exif(orientation)[..]].concat());
        check(&bytes, QUARTERS, 6);
    }
    check(&with_segment(&jpeg(), 0xE1, b"Exif\0\0II*\0\xFF\xFF\xFF\xFF"), QUARTERS, 6);
}

#[test]
fn the_content_decides_the_format() {
    for (bytes, format) in [
        (jpeg(), Format::Jpeg),
        (fixture("palette.png"), Format::Png),
        (fixture("lossy.webp"), Format::WebP),
        (fixture("palette.bmp"), Format::Bmp),
        (fixture("animated.gif"), Format::Gif),
        (fixture("lzw.tif"), Format::Tiff),
        (fixture("quarters.heic"), Format::Heic),
    ] {
        assert_eq!(inspect(&bytes, &Limits::default()).unwrap().format, format);
    }
}
