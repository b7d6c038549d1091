//! Regions of a binary picture: smoothing, components, holes.

/// A binary picture, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) inside: Vec<bool>,
}

/// A set of pixels that are connected by their sides.
struct Component {
    pixels: Vec<usize>,
    touches_border: bool,
}

impl Region {
    /// Proportion of the pixels that are inside.
    pub(super) fn share(&self) -> f64 {
        self.count() as f64 / self.inside.len() as f64
    }

    /// Proportion of the pixels that are inside in the middle: half the width and half the height.
    pub(super) fn share_of_middle(&self) -> f64 {
        let (mut inside, mut all) = (0.0, 0.0);
        for row in self.inside.chunks_exact(self.width).skip(self.height / 4).take(self.height.div_ceil(2)) {
            let middle = &row[self.width / 4..self.width / 4 + self.width.div_ceil(2)];
            inside += middle.iter().filter(|&&inside| inside).count() as f64;
            all += middle.len() as f64;
        }
        inside / all
    }

    fn count(&self) -> usize {
        self.inside.iter().filter(|&&inside| inside).count()
    }

    /// Each pixel as the majority of the square of `2 radius + 1` pixels around it, as far as that lies in the picture.
    pub(super) fn majority(&self, radius: usize) -> Self {
        let ones: Vec<f32> = self.inside.iter().map(|&inside| number(inside)).collect();
        let means = box_mean(&ones, self.width, self.height, radius);
        Self { inside: means.iter().map(|&mean| mean > 0.5).collect(), ..*self }
    }

    /// The largest component, and those of at least `share` of its size.
    pub(super) fn large_components(&self, share: f64) -> Self {
        let components = self.components(true);
        let largest = components.iter().map(|component| component.pixels.len()).max().unwrap_or(0);
        let mut inside = vec![false; self.inside.len()];
        for component in &components {
            if component.pixels.len() as f64 >= share * largest as f64 {
                component.pixels.iter().for_each(|&pixel| inside[pixel] = true);
            }
        }
        Self { inside, ..*self }
    }

    /// With holes filled: enclosed areas of at most `share` of the area inside.
    pub(super) fn filled(&self, share: f64) -> Self {
        let largest = share * self.count() as f64;
        let mut inside = self.inside.clone();
        for hole in self.components(false) {
            if !hole.touches_border && hole.pixels.len() as f64 <= largest {
                hole.pixels.iter().for_each(|&pixel| inside[pixel] = true);
            }
        }
        Self { inside, ..*self }
    }

    /// The pixels of a picture of another size, with outlines between the pixels of this one.
    pub(super) fn enlarged(&self, width: u32, height: u32) -> Vec<bool> {
        let columns: Vec<Between> = between(width, self.width).collect();
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for down in between(height, self.height) {
            let [upper, lower] = [down.low, down.high].map(|y| &self.inside[y * self.width..][..self.width]);
            pixels.extend(columns.iter().map(|along| {
                let [upper, lower] =
                    [upper, lower].map(|row| along.mix(number(row[along.low]), number(row[along.high])));
                down.mix(upper, lower) > 0.5
            }));
        }
        pixels
    }

    /// The components of the pixels that are `inside`, in the order of their first pixels.
    fn components(&self, inside: bool) -> Vec<Component> {
        let (width, height) = (self.width, self.height);
        let mut seen = vec![false; self.inside.len()];
        let mut components = Vec::new();
        let mut waiting = Vec::new();
        for start in 0..self.inside.len() {
            if seen[start] || self.inside[start] != inside {
                continue;
            }
            let mut component = Component { pixels: Vec::new(), touches_border: false };
            seen[start] = true;
            waiting.push(start);
            while let Some(pixel) = waiting.pop() {
                let (x, y) = (pixel % width, pixel / width);
                component.pixels.push(pixel);
                component.touches_border |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
                let neighbours = [
                    (x > 0).then(|| pixel - 1),
                    (x + 1 < width).then_some(pixel + 1),
                    (y > 0).then(|| pixel - width),
                    (y + 1 < height).then_some(pixel + width),
                ];
                for next in neighbours.into_iter().flatten() {
                    if !seen[next] && self.inside[next] == inside {
                        seen[next] = true;
                        waiting.push(next);
                    }
                }
            }
            components.push(component);
        }
        components
    }
}

fn number(inside: bool) -> f32 {
    if inside { 1.0 } else { 0.0 }
}

/// A place between two neighbours.
struct Between {
    low: usize,
    high: usize,
    /// Weight of the higher one.
    share: f32,
}

impl Between {
    fn mix(&self, low: f32, high: f32) -> f32 {
        low + self.share * (high - low)
    }
}

/// For the centre of each of `length` pixels, where it lies among the centres of `known` pixels over the same extent.
fn between(length: u32, known: usize) -> impl Iterator<Item = Between> {
    let last = known - 1;
    (0..length).map(move |pixel| {
        let place = (f64::from(pixel) + 0.5) * known as f64 / f64::from(length) - 0.5;
        let place = place.clamp(0.0, last as f64);
        let low = place as usize;
        Between { low, high: (low + 1).min(last), share: (place - low as f64) as f32 }
    })
}

/// The mean over the square of `2 radius + 1` pixels around each, as far as that lies in the picture.
pub(super) fn box_mean(values: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let along = |values: &[f32], length: usize, stride: usize, starts: &mut dyn Iterator<Item = usize>| {
        let mut out = vec![0.0; values.len()];
        for start in starts {
            for place in 0..length {
                let (from, to) = (place.saturating_sub(radius), (place + radius + 1).min(length));
                let sum: f32 = (from..to).map(|other| values[start + other * stride]).sum();
                out[start + place * stride] = sum / (to - from) as f32;
            }
        }
        out
    };
    let rows = along(values, width, 1, &mut (0..height).map(|y| y * width));
    along(&rows, height, width, &mut (0..width))
}
