//! A picture as PNG: anti-aliased fills and strokes by `tiny-skia`, letters as outlines of the embedded font.

use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};
use ttf_parser::OutlineBuilder;

use super::colour::Rgb;
use super::font;
use super::picture::Picture;
use super::shape::{Align, Form, Shape, TextForm, UNITS};
use super::svg::halo_width;
use crate::error::ReportError;

impl Picture {
    /// PNG bytes of [`width`](Self::width) x [`height`](Self::height) pixels.
    ///
    /// # Errors
    /// [`ReportError::Png`] where memory does not suffice.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        encoded(self, 1)
    }

    /// PNG bytes with `density` x `density` pixels for each pixel of the layout, for screens and for print.
    ///
    /// # Errors
    /// [`ReportError::Png`] where `density` is not in `1..=4`, or memory does not suffice.
    pub fn png_dense(&self, density: u32) -> Result<Vec<u8>, ReportError> {
        encoded(self, density)
    }
}

fn encoded(picture: &Picture, density: u32) -> Result<Vec<u8>, ReportError> {
    let refused = |reason: &str| ReportError::Png { reason: reason.to_owned() };
    if !(1..=4).contains(&density) {
        return Err(refused("the density must be 1 to 4"));
    }
    let (width, height) = (picture.width * density, picture.height * density);
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| refused("no memory for the pixels"))?;
    let Rgb(red, green, blue) = picture.page;
    pixels.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
    let scale = density as f32 / UNITS as f32;
    for shape in &picture.shapes {
        paint(&mut pixels, shape, Transform::from_scale(scale, scale));
    }
    // The page is opaque, so that every pixel is and premultiplied colours are plain ones.
    let opaque: Vec<u8> =
        pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    compressed(&opaque, width, height).map_err(|error| ReportError::Png { reason: error.to_string() })
}

fn compressed(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(bytes)
}

fn paint(pixels: &mut Pixmap, shape: &Shape, to_pixels: Transform) {
    let ink = ink(shape.colour, shape.alpha);
    let fill = |pixels: &mut Pixmap, path: Option<Path>| {
        if let Some(path) = path {
            pixels.fill_path(&path, &ink, FillRule::Winding, to_pixels, None);
        }
    };
    let outline = |pixels: &mut Pixmap, path: Option<Path>, width: u32| {
        if let Some(path) = path {
            pixels.stroke_path(&path, &ink, &stroke(width as f32), to_pixels, None);
        }
    };
    match &shape.form {
        Form::Line { points, width } => outline(pixels, joined(points, false), *width),
        Form::Polygon { points } => fill(pixels, joined(points, true)),
        Form::Region { rings } => {
            let mut path = PathBuilder::new();
            rings.iter().filter_map(|ring| joined(ring, true)).for_each(|ring| path.push_path(&ring));
            if let Some(path) = path.finish() {
                pixels.fill_path(&path, &ink, FillRule::EvenOdd, to_pixels, None);
            }
        }
        Form::Rectangle { left, top, width, height } => {
            let area = Rect::from_xywh(*left as f32, *top as f32, *width as f32, *height as f32);
            fill(pixels, area.map(PathBuilder::from_rect));
        }
        Form::Circle { centre, radius, stroke } => {
            let path = PathBuilder::from_circle(centre.0 as f32, centre.1 as f32, *radius as f32);
            match stroke {
                Some(width) => outline(pixels, path, *width),
                None => fill(pixels, path),
            }
        }
        Form::Text(text) => {
            let path = letters(text);
            if let (Some(halo), Some(path)) = (text.halo, &path) {
                let edge = stroke(halo_width(text.size) as f32);
                pixels.stroke_path(path, &self::ink(halo, 1.0), &edge, to_pixels, None);
            }
            fill(pixels, path);
        }
    }
}

fn ink(Rgb(red, green, blue): Rgb, alpha: f64) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, (alpha.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint
}

fn stroke(width: f32) -> Stroke {
    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}

fn joined(points: &[(i32, i32)], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(x as f32, y as f32) } else { path.line_to(x as f32, y as f32) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// The outlines of a line of text, in units of the picture.
fn letters(text: &TextForm) -> Option<Path> {
    let shift = match text.align {
        Align::Start => 0.0,
        Align::Middle => -0.5,
        Align::End => -1.0,
    };
    let mut pen = Pen {
        path: PathBuilder::new(),
        x: font::width(&text.text, text.size, text.weight) * shift,
        scale: text.size / font::units_per_em(text.weight),
    };
    for character in text.text.chars() {
        let advance = font::advance(character, text.weight) * text.size;
        if !font::outline(character, text.weight, &mut pen) && advance > 0.0 {
            pen.missing(advance, text.size);
        }
        pen.x += advance;
    }
    let turned = if text.upwards { Transform::from_rotate(-90.0) } else { Transform::identity() };
    let placed = Transform::from_translate(0.0, text.drop as f32)
        .post_concat(turned)
        .post_translate(text.at.0 as f32, text.at.1 as f32);
    pen.path.finish()?.transform(placed)
}

/// Writes letters from left to right. Fonts count upwards, pictures downwards.
struct Pen {
    path: PathBuilder,
    x: f64,
    scale: f64,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        ((self.x + f64::from(x) * self.scale) as f32, (-f64::from(y) * self.scale) as f32)
    }

    /// An empty box: two rectangles, the inner one turned the other way round.
    fn missing(&mut self, advance: f64, size: f64) {
        let (edge, line) = (size * 0.08, size * 0.06);
        let (left, right) = (self.x + edge, self.x + advance - edge);
        let (top, bottom) = (-size * font::CAPITAL, 0.0);
        let mut ring = |corners: [(f64, f64); 4]| {
            for (index, (x, y)) in corners.into_iter().enumerate() {
                let (x, y) = (x as f32, y as f32);
                if index == 0 { self.path.move_to(x, y) } else { self.path.line_to(x, y) }
            }
            self.path.close();
        };
        ring([(left, top), (right, top), (right, bottom), (left, bottom)]);
        let (left, top, right, bottom) = (left + line, top + line, right - line, bottom - line);
        ring([(left, top), (left, bottom), (right, bottom), (right, top)]);
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
