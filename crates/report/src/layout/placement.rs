//! Labels that keep clear of lines and of one another.

use crate::draw::canvas::{Area, Point};

/// What labels should not cover: points along the drawn lines, and labels placed before.
#[derive(Debug, Default)]
pub(crate) struct Obstacles {
    points: Vec<Point>,
    labels: Vec<Area>,
}

/// Lines are sampled this densely, in pixels.
const SPACING: f64 = 4.0;

impl Obstacles {
    /// Adds a line of pixels.
    pub(crate) fn add_line(&mut self, line: &[Point]) {
        self.points.extend(line.first());
        for pair in line.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let pieces = ((x1 - x0).hypot(y1 - y0) / SPACING).ceil().clamp(1.0, 1000.0) as usize;
            self.points.extend((1..=pieces).map(|piece| {
                let share = piece as f64 / pieces as f64;
                (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
            }));
        }
    }

    /// Adds an area that is taken.
    pub(crate) fn add_label(&mut self, area: Area) {
        self.labels.push(area);
    }

    /// How much a label here would cover: points of lines, and square pixels of labels, which weigh more.
    pub(crate) fn covered(&self, area: Area) -> f64 {
        let points = self.points.iter().filter(|&&point| area.contains(point)).count();
        let labels: f64 = self.labels.iter().map(|&label| label.overlap(area)).sum();
        points as f64 + labels
    }

    /// Takes the first of the places that covers least, and remembers it. `None` where there are no places.
    pub(crate) fn place(&mut self, places: impl Iterator<Item = Area>) -> Option<(Area, f64)> {
        let mut best: Option<(Area, f64)> = None;
        for area in places {
            let cost = self.covered(area);
            if best.is_none_or(|(_, least)| cost < least) {
                best = Some((area, cost));
            }
        }
        self.labels.extend(best.map(|(area, _)| area));
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_label_avoids_the_line_and_the_first() {
        let mut obstacles = Obstacles::default();
        obstacles.add_line(&[(0.0, 5.0), (100.0, 5.0)]);
        let places = [
            Area::new(0.0, 0.0, 40.0, 10.0),
            Area::new(0.0, 20.0, 40.0, 30.0),
            Area::new(0.0, 40.0, 40.0, 50.0),
        ];
        assert_eq!(obstacles.place(places.into_iter()), Some((places[1], 0.0)));
        assert_eq!(obstacles.place(places.into_iter()), Some((places[2], 0.0)));
    }
}
