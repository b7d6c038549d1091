//! A picture as SVG 1.1.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::font;
use super::picture::Picture;
use super::shape::{Align, Form, Shape, TextForm, UNITS};

/// Inter where the reader has it, else what resembles it.
const FAMILY: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'Noto Sans', sans-serif";

impl Picture {
    /// One `<svg>` element without an XML declaration, to be put into a page as it is or saved as a file (UTF-8).
    ///
    /// It has a `viewBox` and scales. Texts are texts, pinned to the width that they were laid out with, whatever font
    /// the reader has. Names that were shortened and cells of matrices carry a `<title>` that browsers show on hovering;
    /// the heading is the `aria-label`.
    pub fn svg(&self) -> String {
        written(self)
    }
}

fn written(picture: &Picture) -> String {
    let mut writer = Writer::new(Vec::new());
    // A vector takes every byte, so that the only error a writer knows cannot happen.
    let outcome = document(&mut writer, picture);
    debug_assert!(outcome.is_ok(), "{outcome:?}");
    String::from_utf8_lossy(&writer.into_inner()).into_owned()
}

fn document(writer: &mut Writer<Vec<u8>>, picture: &Picture) -> io::Result<()> {
    let (width, height) = (picture.width.to_string(), picture.height.to_string());
    let mut root = BytesStart::new("svg");
    root.push_attribute(("xmlns", "http://www.w3.org/2000/svg"));
    root.push_attribute(("width", width.as_str()));
    root.push_attribute(("height", height.as_str()));
    root.push_attribute(("viewBox", format!("0 0 {width} {height}").as_str()));
    root.push_attribute(("role", "img"));
    if !picture.name.is_empty() {
        root.push_attribute(("aria-label", picture.name.as_str()));
    }
    root.push_attribute(("font-family", FAMILY));
    root.push_attribute(("style", "font-variant-numeric:tabular-nums"));
    root.push_attribute(("stroke-linejoin", "round"));
    root.push_attribute(("stroke-linecap", "round"));
    writer.write_event(Event::Start(root))?;
    let mut page = BytesStart::new("rect");
    page.push_attribute(("width", width.as_str()));
    page.push_attribute(("height", height.as_str()));
    page.push_attribute(("fill", picture.page.hex().as_str()));
    writer.write_event(Event::Empty(page))?;
    for shape in &picture.shapes {
        element(writer, shape)?;
    }
    writer.write_event(Event::End(BytesEnd::new("svg")))
}

fn element(writer: &mut Writer<Vec<u8>>, shape: &Shape) -> io::Result<()> {
    let (name, mut attributes) = geometry(&shape.form);
    let stroke = match &shape.form {
        Form::Line { width, .. } => Some(*width),
        Form::Circle { stroke, .. } => *stroke,
        Form::Polygon { .. } | Form::Region { .. } | Form::Rectangle { .. } | Form::Text(_) => None,
    };
    let (paint, opacity) = if let Some(width) = stroke {
        attributes.push(("fill", "none".to_owned()));
        attributes.push(("stroke-width", pixels(f64::from(width))));
        ("stroke", "stroke-opacity")
    } else {
        ("fill", "fill-opacity")
    };
    attributes.push((paint, shape.colour.hex()));
    if shape.alpha < 1.0 {
        attributes.push((opacity, format!("{:.2}", shape.alpha)));
    }
    let mut start = BytesStart::new(name);
    for (key, value) in &attributes {
        start.push_attribute((*key, value.as_str()));
    }
    let text = if let Form::Text(text) = &shape.form { Some(text.text.as_str()) } else { None };
    if text.is_none() && shape.hint.is_none() {
        return writer.write_event(Event::Empty(start));
    }
    writer.write_event(Event::Start(start))?;
    if let Some(hint) = &shape.hint {
        writer.write_event(Event::Start(BytesStart::new("title")))?;
        writer.write_event(Event::Text(BytesText::new(hint)))?;
        writer.write_event(Event::End(BytesEnd::new("title")))?;
    }
    if let Some(text) = text {
        writer.write_event(Event::Text(BytesText::new(text)))?;
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

fn geometry(form: &Form) -> (&'static str, Vec<(&'static str, String)>) {
    let unit = |value: i32| pixels(f64::from(value));
    match form {
        Form::Line { points, .. } => ("polyline", vec![("points", listed(points))]),
        Form::Polygon { points } => ("polygon", vec![("points", listed(points))]),
        Form::Region { rings } => {
            let closed = rings.iter().map(|ring| format!("M{}Z", listed(ring)));
            ("path", vec![("d", closed.collect()), ("fill-rule", "evenodd".to_owned())])
        }
        Form::Rectangle { left, top, width, height } => (
            "rect",
            vec![("x", unit(*left)), ("y", unit(*top)), ("width", unit(*width)), ("height", unit(*height))],
        ),
        Form::Circle { centre, radius, .. } => (
            "circle",
            vec![("cx", unit(centre.0)), ("cy", unit(centre.1)), ("r", pixels(f64::from(*radius)))],
        ),
        Form::Text(text) => ("text", text_attributes(text)),
    }
}

fn text_attributes(text: &TextForm) -> Vec<(&'static str, String)> {
    let (x, y) = (pixels(f64::from(text.at.0)), pixels(f64::from(text.at.1)));
    let mut attributes = vec![
        ("x", x.clone()),
        ("y", pixels(f64::from(text.at.1.saturating_add(text.drop)))),
        ("font-size", pixels(text.size)),
    ];
    match text.align {
        Align::Start => {}
        Align::Middle => attributes.push(("text-anchor", "middle".to_owned())),
        Align::End => attributes.push(("text-anchor", "end".to_owned())),
    }
    if text.weight == font::Weight::SemiBold {
        attributes.push(("font-weight", "600".to_owned()));
    }
    if text.upwards {
        attributes.push(("transform", format!("rotate(-90 {x} {y})")));
    }
    if font::covers(&text.text, text.weight) && text.text.chars().count() > 1 {
        attributes.push(("textLength", pixels(font::width(&text.text, text.size, text.weight))));
        attributes.push(("lengthAdjust", "spacingAndGlyphs".to_owned()));
    }
    if let Some(halo) = text.halo {
        attributes.push(("stroke", halo.hex()));
        attributes.push(("stroke-width", pixels(halo_width(text.size))));
        attributes.push(("paint-order", "stroke".to_owned()));
    }
    attributes
}

/// Width of the stroke that makes the soft edge of a text; half of it lies outside of the letters.
pub(crate) fn halo_width(size: f64) -> f64 {
    size * 0.28
}

fn listed(points: &[(i32, i32)]) -> String {
    let pairs: Vec<String> =
        points.iter().map(|&(x, y)| format!("{},{}", pixels(f64::from(x)), pixels(f64::from(y)))).collect();
    pairs.join(" ")
}

/// Units as pixels with one decimal, or none where it is zero.
fn pixels(units: f64) -> String {
    let text = format!("{:.1}", units / UNITS);
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}
