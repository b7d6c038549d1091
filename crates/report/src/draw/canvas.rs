//! The surface that charts are drawn on: plotters' elements with lengths in pixels.

use std::cell::RefCell;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle,
};

use super::colour::{Palette, Rgb};
use super::font::{self, Weight};
use super::picture::Picture;
use super::recorder::Recorder;
use super::shape::{Form, Shape, UNITS};
use crate::error::ReportError;
use crate::error::{MAX_SIDE, MIN_SIDE};
use crate::frame::{Frame, Heading, Theme};

/// A position in pixels from the upper left corner.
pub(crate) type Point = (f64, f64);

/// A rectangle in pixels. `right >= left` and `bottom >= top` always.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Area {
    /// The rectangle between these edges; an edge beyond its opposite is moved onto it.
    pub(crate) fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right: right.max(left), bottom: bottom.max(top) }
    }

    /// The same rectangle with its edges moved inwards.
    pub(crate) fn inset(self, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self::new(self.left + left, self.top + top, self.right - right, self.bottom - bottom)
    }

    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn contains(self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// Area of the common part, in square pixels.
    pub(crate) fn overlap(self, other: Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }
}

/// How a line of text looks. Vertical anchors are relative to the height of capital letters.
#[derive(Clone, Copy)]
pub(crate) struct Letters {
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) colour: Rgb,
    pub(crate) across: HPos,
    pub(crate) down: VPos,
    pub(crate) upwards: bool,
    pub(crate) halo: bool,
}

impl Letters {
    pub(crate) fn anchored(self, across: HPos, down: VPos) -> Self {
        Self { across, down, ..self }
    }

    pub(crate) fn coloured(self, colour: Rgb) -> Self {
        Self { colour, ..self }
    }

    pub(crate) fn bold(self) -> Self {
        Self { weight: Weight::SemiBold, ..self }
    }

    pub(crate) fn haloed(self) -> Self {
        Self { halo: true, ..self }
    }

    /// Width of a text in pixels.
    pub(crate) fn width(&self, text: &str) -> f64 {
        font::width(&font::cleaned(text), self.size, self.weight)
    }
}

/// A picture that is being drawn.
pub(crate) struct Canvas {
    recorder: Rc<RefCell<Recorder>>,
    page: DrawingArea<Recorder, Shift>,
    frame: Frame,
    pub(crate) palette: &'static Palette,
    /// Size of running text in pixels; all other lengths follow it.
    pub(crate) em: f64,
    name: String,
}

impl Canvas {
    /// An empty picture.
    pub(crate) fn new(frame: &Frame) -> Result<Self, ReportError> {
        let frame = *frame.validated()?;
        let units = |side: u32| (f64::from(side) * UNITS) as u32;
        let recorder = Rc::new(RefCell::new(Recorder::new((units(frame.width), units(frame.height)))));
        let page = DrawingArea::from(&recorder);
        Ok(Self {
            recorder,
            page,
            frame,
            palette: Palette::of(frame.theme),
            em: em(frame.width),
            name: String::new(),
        })
    }

    /// A canvas to measure on, for pictures of this width.
    pub(crate) fn measuring(width: u32) -> Option<Self> {
        let frame = Frame { width: width.clamp(MIN_SIDE, MAX_SIDE), height: MIN_SIDE, theme: Theme::Light };
        Self::new(&frame).ok()
    }

    /// The picture as drawn so far.
    pub(crate) fn finished(self) -> Picture {
        let shapes = std::mem::take(&mut self.recorder.borrow_mut().shapes);
        Picture {
            width: self.frame.width,
            height: self.frame.height,
            page: self.palette.page,
            name: self.name,
            shapes,
        }
    }

    /// Draws the heading and returns what remains of the picture inside of its margins.
    pub(crate) fn headed(&mut self, heading: &Heading) -> Area {
        self.name = font::cleaned(&heading.title);
        let margin = self.margin();
        let inside = Area::new(0.0, 0.0, f64::from(self.frame.width), f64::from(self.frame.height))
            .inset(margin, margin, margin, margin);
        let mut top = inside.top;
        let title = self.title();
        for line in wrapped(&self.name, &title, inside.width(), 2) {
            self.name_at(&line, inside.width(), (inside.left, top), &title.anchored(HPos::Left, VPos::Top));
            top += title.size * 1.3;
        }
        let note = self.small();
        for line in wrapped(&font::cleaned(&heading.note), &note, inside.width(), 2) {
            self.name_at(&line, inside.width(), (inside.left, top), &note.anchored(HPos::Left, VPos::Top));
            top += note.size * 1.4;
        }
        if top > inside.top {
            top += self.em * 0.9;
        }
        Area::new(inside.left, top, inside.right, inside.bottom)
    }

    /// Width of the picture in pixels.
    pub(crate) fn width(&self) -> f64 {
        f64::from(self.frame.width)
    }

    /// The colour of reference lines.
    pub(crate) fn reference(&self) -> Rgb {
        self.palette.muted.towards(self.palette.page, 0.3)
    }

    /// Space between the edge of the picture and its contents.
    fn margin(&self) -> f64 {
        self.em * 1.1
    }

    fn letters(&self, size: f64, weight: Weight, colour: Rgb) -> Letters {
        Letters { size, weight, colour, across: HPos::Left, down: VPos::Bottom, upwards: false, halo: false }
    }

    fn title(&self) -> Letters {
        self.letters(self.em * 1.2, Weight::SemiBold, self.palette.ink)
    }

    /// Running text: names of rows.
    pub(crate) fn body(&self) -> Letters {
        self.letters(self.em, Weight::Regular, self.palette.ink)
    }

    /// Tick labels and notes.
    pub(crate) fn small(&self) -> Letters {
        self.letters(self.em * 0.9, Weight::Regular, self.palette.muted)
    }

    /// Gives plotters an element; `page` is in pixels' tenths.
    fn draw<E>(&self, element: E)
    where
        for<'a> &'a E: PointCollection<'a, (i32, i32)>,
        E: Drawable<Recorder>,
    {
        let outcome = self.page.draw(&element);
        debug_assert!(outcome.is_ok(), "recording cannot fail: {outcome:?}");
    }

    /// The surface itself, for elements in the coordinates of a plot.
    pub(crate) fn page(&self) -> &DrawingArea<Recorder, Shift> {
        &self.page
    }

    /// A stroked line; less than two points draw nothing.
    pub(crate) fn line(&self, points: &[Point], colour: Rgb, alpha: f64, width: f64) {
        if points.len() > 1 {
            let points: Vec<_> = points.iter().copied().map(units).collect();
            self.draw(PathElement::new(points, style(colour, alpha).stroke_width(length(width))));
        }
    }

    /// A line one pixel wide that lies sharply on the pixels, horizontal or vertical.
    pub(crate) fn hairline(&self, from: Point, to: Point, colour: Rgb) {
        let sharp = |(x, y): Point| {
            let half = |value: f64| value.floor() + 0.5;
            if from.1 == to.1 { (x, half(y)) } else { (half(x), y) }
        };
        self.line(&[sharp(from), sharp(to)], colour, 1.0, 1.0);
    }

    /// A filled rectangle.
    pub(crate) fn rectangle(&self, area: Area, colour: Rgb, alpha: f64) {
        let corners = [units((area.left, area.top)), units((area.right, area.bottom))];
        self.draw(Rectangle::new(corners, style(colour, alpha).filled()));
    }

    /// A filled circle with an edge in the colour of the page, so that it stands out from lines.
    pub(crate) fn dot(&self, centre: Point, radius: f64, colour: Rgb) {
        let edge = radius + self.em * 0.12;
        self.draw(Circle::new(units(centre), length(edge), style(self.palette.page, 1.0).filled()));
        self.draw(Circle::new(units(centre), length(radius), style(colour, 1.0).filled()));
    }

    /// A stroked circle.
    pub(crate) fn ring(&self, centre: Point, radius: f64, colour: Rgb, width: f64) {
        let style = style(colour, 1.0).stroke_width(length(width));
        self.draw(Circle::new(units(centre), length(radius), style));
    }

    /// A filled polygon.
    pub(crate) fn polygon(&self, corners: &[Point], colour: Rgb, alpha: f64) {
        let corners: Vec<_> = corners.iter().copied().map(units).collect();
        self.draw(Polygon::new(corners, style(colour, alpha)));
    }

    /// A filled region between closed rings: what an odd number of them encloses.
    pub(crate) fn region(&self, rings: &[Vec<Point>], colour: Rgb, alpha: f64) {
        let rings = rings.iter().map(|ring| ring.iter().copied().map(units).collect()).collect();
        let mut recorder = self.recorder.borrow_mut();
        let hint = recorder.hint.clone();
        recorder.shapes.push(Shape { form: Form::Region { rings }, colour, alpha, hint });
    }

    /// A line of text.
    pub(crate) fn text(&self, text: &str, at: Point, letters: &Letters) {
        let text = font::cleaned(text);
        if text.trim().is_empty() {
            return;
        }
        let slant = match letters.weight {
            Weight::Regular => FontStyle::Normal,
            Weight::SemiBold => FontStyle::Bold,
        };
        let turn = if letters.upwards { FontTransform::Rotate270 } else { FontTransform::None };
        let font = FontDesc::new(FontFamily::SansSerif, letters.size * UNITS, slant).transform(turn);
        let ink = RGBColor::from(letters.colour);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(letters.across, letters.down));
        self.recorder.borrow_mut().halo = letters.halo.then_some(self.palette.page);
        self.draw(Text::new(text, units(at), style));
        self.recorder.borrow_mut().halo = None;
    }

    /// A name that is shortened in the middle to fit `room` pixels; then its full form is the hint.
    pub(crate) fn name_at(&self, name: &str, room: f64, at: Point, letters: &Letters) {
        let full = font::cleaned(name);
        let short = font::shortened(&full, room, letters.size, letters.weight);
        if short == full {
            self.text(&full, at, letters);
        } else {
            self.hinted(&full, || self.text(&short, at, letters));
        }
    }

    /// Draws with a hint: what a pointer that rests on the marks is told. Hints do not nest.
    pub(crate) fn hinted(&self, hint: &str, draw: impl FnOnce()) {
        self.recorder.borrow_mut().hint = Some(font::cleaned(hint));
        draw();
        self.recorder.borrow_mut().hint = None;
    }
}

/// Size of running text in a picture of this width, in pixels.
pub(crate) fn em(width: u32) -> f64 {
    (11.0 + (f64::from(width) - 400.0) * 0.005).clamp(10.0, 18.0)
}

/// Height of the heading in a picture of this width, in pixels; margins included.
pub(crate) fn heading_height(heading: &Heading, width: u32) -> f64 {
    let em = em(width);
    let room = f64::from(width) - 2.2 * em;
    let lines =
        |text: &str, size: f64, weight| (font::width(text, size, weight) / room.max(1.0)).ceil().min(2.0);
    let title = lines(&heading.title, em * 1.2, Weight::SemiBold) * em * 1.56;
    let note = lines(&heading.note, em * 0.9, Weight::Regular) * em * 1.26;
    2.2 * em + title + note + if title + note > 0.0 { 0.9 * em } else { 0.0 }
}

fn units((x, y): Point) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn length(pixels: f64) -> u32 {
    (pixels * UNITS).round().max(1.0) as u32
}

fn style(colour: Rgb, alpha: f64) -> ShapeStyle {
    ShapeStyle::from(RGBColor::from(colour).mix(alpha))
}

/// The text in at most `most` lines, broken at spaces; what is left over stays in the last one.
pub(crate) fn wrapped(text: &str, letters: &Letters, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let count = lines.len();
        match lines.last_mut() {
            Some(line)
                if count == most
                    || letters.width(line) + letters.width(" ") + letters.width(word) <= room =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
