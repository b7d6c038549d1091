//! The icon of an installed page: a leaf on a field of its colour, inside the circle that every launcher leaves visible.

use tiny_skia::{Color, FillRule, LineCap, Paint, PathBuilder, Pixmap, Stroke, Transform};

use crate::error::ExportError;

/// Side of the drawing, in its own units.
const SIDE: f32 = 100.0;

/// PNG of `side` x `side` pixels.
pub(crate) fn icon(side: u32) -> Result<Vec<u8>, ExportError> {
    let lost = || ExportError::Page("there is no memory for an icon".to_owned());
    let mut pixels = Pixmap::new(side, side).ok_or_else(lost)?;
    pixels.fill(Color::from_rgba8(0x1c, 0x5f, 0x3b, 255));
    let scale = side as f32 / SIDE;
    let transform = Transform::from_scale(scale, scale);
    let mut leaf = PathBuilder::new();
    leaf.move_to(29.0, 66.0);
    leaf.cubic_to(22.0, 38.0, 42.0, 22.0, 75.0, 22.0);
    leaf.cubic_to(75.0, 55.0, 58.0, 75.0, 33.0, 70.0);
    leaf.close();
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(0xe4, 0xf3, 0xe6, 255);
    pixels.fill_path(&leaf.finish().ok_or_else(lost)?, &paint, FillRule::Winding, transform, None);
    let mut veins = PathBuilder::new();
    veins.move_to(24.0, 79.0);
    veins.quad_to(38.0, 58.0, 62.0, 36.0);
    for [from_x, from_y, to_x, to_y] in [
        [39.0, 59.0, 40.0, 46.0],
        [39.0, 59.0, 53.0, 60.0],
        [49.0, 48.0, 50.0, 36.0],
        [49.0, 48.0, 62.0, 49.0],
    ] {
        veins.move_to(from_x, from_y);
        veins.line_to(to_x, to_y);
    }
    paint.set_color_rgba8(0x1c, 0x5f, 0x3b, 255);
    let stroke = Stroke { width: 3.4, line_cap: LineCap::Round, ..Stroke::default() };
    pixels.stroke_path(&veins.finish().ok_or_else(lost)?, &paint, &stroke, transform, None);
    // The field is opaque, so that every pixel is and premultiplied colours are plain ones.
    let opaque: Vec<u8> =
        pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    png(&opaque, side).map_err(|error| ExportError::Page(error.to_string()))
}

fn png(rgb: &[u8], side: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_have_their_size_and_are_small() {
        for side in [64, 192, 512] {
            let bytes = icon(side).unwrap();
            assert_eq!(bytes[16..24], [side.to_be_bytes(), side.to_be_bytes()].concat());
            assert!(bytes.len() < 20_000, "{} bytes", bytes.len());
        }
    }
}
