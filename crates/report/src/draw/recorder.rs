//! The backend that plotters draws on: it keeps shapes instead of pixels or text.

use std::convert::Infallible;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};

use super::colour::Rgb;
use super::font::{self, CAPITAL, Weight};
use super::shape::{Align, Form, Shape, TextForm};

type Outcome = Result<(), DrawingErrorKind<Infallible>>;

/// Shapes in the order in which they are drawn. A vertical anchor is relative to the height of capital letters.
#[derive(Debug)]
pub(crate) struct Recorder {
    size: (u32, u32),
    pub(crate) shapes: Vec<Shape>,
    /// Given to every shape that is drawn while it is set.
    pub(crate) hint: Option<String>,
    /// Given to every text that is drawn while it is set.
    pub(crate) halo: Option<Rgb>,
}

impl Recorder {
    /// An empty record of this many units.
    pub(crate) fn new(size: (u32, u32)) -> Self {
        Self { size, shapes: Vec::new(), hint: None, halo: None }
    }

    fn keep(&mut self, form: Form, colour: BackendColor) -> Outcome {
        let (red, green, blue) = colour.rgb;
        let hint = self.hint.clone();
        self.shapes.push(Shape { form, colour: Rgb(red, green, blue), alpha: colour.alpha, hint });
        Ok(())
    }
}

fn weight(style: FontStyle) -> Weight {
    match style {
        FontStyle::Bold => Weight::SemiBold,
        FontStyle::Normal | FontStyle::Oblique | FontStyle::Italic => Weight::Regular,
    }
}

impl DrawingBackend for Recorder {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Outcome {
        Ok(())
    }

    fn present(&mut self) -> Outcome {
        Ok(())
    }

    fn draw_pixel(&mut self, (left, top): BackendCoord, colour: BackendColor) -> Outcome {
        self.keep(Form::Rectangle { left, top, width: 1, height: 1 }, colour)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Outcome {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Outcome {
        if fill {
            let form = Form::Rectangle { left, top, width: right - left, height: bottom - top };
            self.keep(form, style.color())
        } else {
            self.draw_path([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], style)
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Outcome {
        let points = path.into_iter().collect();
        self.keep(Form::Line { points, width: style.stroke_width() }, style.color())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Outcome {
        let stroke = (!fill).then(|| style.stroke_width());
        self.keep(Form::Circle { centre, radius, stroke }, style.color())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Outcome {
        self.keep(Form::Polygon { points: corners.into_iter().collect() }, style.color())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Outcome {
        let (size, anchor) = (style.size(), style.anchor());
        let drop = match anchor.v_pos {
            VPos::Top => CAPITAL * size,
            VPos::Center => CAPITAL * size / 2.0,
            VPos::Bottom => 0.0,
        };
        let align = match anchor.h_pos {
            HPos::Left => Align::Start,
            HPos::Center => Align::Middle,
            HPos::Right => Align::End,
        };
        let form = TextForm {
            text: text.to_owned(),
            at,
            drop: drop.round() as i32,
            align,
            size,
            weight: weight(style.style()),
            upwards: matches!(style.transform(), FontTransform::Rotate270),
            halo: self.halo,
        };
        self.keep(Form::Text(form), style.color())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let width = font::width(text, style.size(), weight(style.style()));
        Ok((width.ceil() as u32, (style.size() * CAPITAL).ceil() as u32))
    }
}
