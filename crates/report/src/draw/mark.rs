//! Marks that differ in shape, so that a picture can be read without its colours.

use super::canvas::{Canvas, Point};
use super::colour::Rgb;

/// The shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A filled circle.
    Disc,
    /// An empty circle.
    Ring,
    /// An empty triangle that points down.
    Triangle,
    /// Two strokes across one another, aslant.
    Cross,
    /// Two strokes across one another, upright.
    Plus,
    /// A filled circle in a ring.
    Target,
}

impl Mark {
    /// Draws it with an edge in the colour of the page, so that it stands out from what is below.
    pub(crate) fn draw(self, canvas: &Canvas, centre: Point, radius: f64, colour: Rgb) {
        let stroke = canvas.em * 0.13;
        match self {
            Mark::Disc => canvas.dot(centre, radius, colour),
            Mark::Ring => {
                canvas.dot(centre, radius, canvas.palette.page);
                canvas.ring(centre, radius - stroke / 2.0, colour, stroke);
            }
            Mark::Triangle => {
                let corner = |across: f64, down: f64, size: f64| {
                    (centre.0 + across * radius * size, centre.1 + down * radius * size)
                };
                let corners =
                    |size| [corner(-1.0, -0.75, size), corner(1.0, -0.75, size), corner(0.0, 1.0, size)];
                canvas.polygon(&corners(1.5), canvas.palette.page, 1.0);
                let [a, b, c] = corners(1.05);
                canvas.line(&[a, b, c, a], colour, 1.0, stroke);
            }
            Mark::Cross => strokes(canvas, centre, radius * 0.8, [(1.0, 1.0), (1.0, -1.0)], colour),
            Mark::Plus => strokes(canvas, centre, radius, [(1.0, 0.0), (0.0, 1.0)], colour),
            Mark::Target => {
                canvas.dot(centre, radius * 1.9, canvas.palette.page);
                canvas.ring(centre, radius * 1.7, colour, stroke);
                canvas.dot(centre, radius, colour);
            }
        }
    }
}

/// Strokes through the centre along each of the directions.
fn strokes(canvas: &Canvas, (x, y): Point, radius: f64, directions: [Point; 2], colour: Rgb) {
    for (colour, width) in [(canvas.palette.page, 0.4), (colour, 0.17)] {
        for (across, down) in directions {
            let (across, down) = (across * radius, down * radius);
            canvas.line(&[(x - across, y - down), (x + across, y + down)], colour, 1.0, canvas.em * width);
        }
    }
}
