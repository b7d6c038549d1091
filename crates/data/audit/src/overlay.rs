//! Laying one photo over another that is turned, mirrored, scaled and shifted: how well the two agree where they overlap. The
//! pictures have the shapes of the photos, so that what is turned is as fine along both axes.
//!
//! | symbol | is |
//! | --- | --- |
//! | R, F | the picture that shows a place with fewer pixels, and the other, reduced to show it with as many |
//! | r | place in R from its centre, in sides: -1/2 to 1/2 |
//! | W(r) = M r + t | the place in F that shows the same |
//! | g, h | contrast and brightness |
//!
//! M, t, g and h minimise the sum over the overlap of `(R(r) - g F(W(r)) - h)^2`, by Gauss and Newton's method as in
//! [`crate::align`], which knows no turns.
//!
//! Where that does not agree well enough, parts of one photo may be covered. Cells in which much is left of R are hidden, and the
//! minimum is sought again on the others ([`crate::cells`]); what is then compared has to agree more closely.

use crate::align::solve;
use crate::cells::Cells;
use crate::landmark_matches::Similarity;
use crate::landmarks::Landmarks;

/// Unknowns: M, t, contrast, brightness.
const UNKNOWNS: usize = 8;
/// Gauss-Newton steps on a level.
const STEPS: usize = 8;
/// The steps end once W changes by less than this, in sides.
const SETTLED: f64 = 5e-4;
/// Pixels at a border that are not compared, of pictures and of their detail: what lies beyond it, such as the filled corners
/// of a turned picture, is blurred into them.
const MARGINS: [f64; 2] = [2.0, 4.0];
/// Detail is what remains of a pixel less the mean of this many pixels on each side.
const DETAIL: usize = 2;
/// Least number of pixels that are compared, in whole pictures.
const PIXELS: usize = 600;
/// Pixels of a whole picture.
const WHOLE: usize = 4096;
/// Least correlation of halved pictures before the steps, and after them.
const PROMISING: [f64; 2] = [0.4, 0.85];
/// Largest ratio of the scales along two axes: a sheared copy.
const SHEAR: f64 = 1.45;
/// Times that cells are hidden and the rest is aligned.
const ROUNDS: usize = 3;

/// A linear map and a shift.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Affine {
    linear: [[f64; 2]; 2],
    shift: [f64; 2],
}

/// How two photos agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Overlay {
    /// Correlation where they overlap, up to 1.
    pub(crate) similarity: f64,
    /// Correlation of their detail.
    pub(crate) detail: f64,
    /// Proportion of one photo that the other shows too, less what is covered; of the two the larger.
    pub(crate) overlap: f64,
    /// Whether parts are covered, which similarity and detail leave out.
    pub(crate) covered: bool,
    /// Whether one mirrors the other.
    pub(crate) mirrored: bool,
    /// By how much the first has to be turned clockwise, after left and right were exchanged if it is mirrored, to look like
    /// the second: -180 to 180 degrees.
    pub(crate) angle: f64,
    /// How much larger a place is in the second than in the first.
    pub(crate) scale: f64,
}

impl Affine {
    fn of(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|row| self.linear[row][0] * x + self.linear[row][1] * y + self.shift[row])
    }

    fn determinant(&self) -> f64 {
        self.linear[0][0] * self.linear[1][1] - self.linear[0][1] * self.linear[1][0]
    }

    fn inverse(&self) -> Option<Self> {
        let determinant = self.determinant();
        let [[a, b], [c, d]] = self.linear;
        let linear = [[d / determinant, -b / determinant], [-c / determinant, a / determinant]];
        let shift = [0, 1].map(|row| -linear[row][0] * self.shift[0] - linear[row][1] * self.shift[1]);
        (determinant.abs() > 1e-3).then_some(Self { linear, shift })
    }
}

/// Lays `second` over `first` near `similarity`, which maps places of the first to places of the second. `is_enough` tells whether
/// photos agree so well that nothing needs to be hidden. `None` if they do not agree at all.
pub(crate) fn overlay(
    first: &Landmarks,
    second: &Landmarks,
    similarity: &Similarity,
    is_enough: impl Fn(&Overlay) -> bool,
) -> Option<Overlay> {
    let ([from, to], origin) =
        ([first, second].map(|photo| photo.size.map(f64::from)), similarity.of([0.0; 2]));
    let column = |unit: [f64; 2]| {
        let end = similarity.of(unit);
        [end[0] - origin[0], end[1] - origin[1]]
    };
    let (x, y) = (column([from[0], 0.0]), column([0.0, from[1]]));
    let warp = Affine {
        linear: [[x[0] / to[0], y[0] / to[0]], [x[1] / to[1], y[1] / to[1]]],
        shift: [origin[0] / to[0], origin[1] / to[1]],
    };
    // The same as seen from the coarser one.
    let coarser_first = warp.determinant().abs() >= 1.0;
    let (coarse, fine, warp) =
        if coarser_first { (first, second, warp) } else { (second, first, warp.inverse()?) };
    let scale = warp.determinant().abs().sqrt().recip();
    let (coarse, fine) = (Picture::of(coarse)?, Picture::of(fine)?);
    let pair = Pair {
        half: [coarse.reduced(0.5)?, fine.reduced(0.5 * scale)?],
        whole: [coarse, fine.reduced(scale)?],
    };
    let laid = |warp: Affine, [agreed, detail]: [Agreement; 2], cells: &Cells| {
        let warp = if coarser_first { warp } else { warp.inverse()? };
        described(&warp, [from, to], [agreed.correlation, detail.correlation], agreed.overlap, cells)
    };
    let plain = pair
        .is_promising(&warp, &Cells::all())
        .then(|| pair.aligned(warp, &Cells::all()))
        .flatten()
        .and_then(|(warp, agreed)| laid(warp, agreed, &Cells::all()));
    if plain.is_some_and(|plain| is_enough(&plain)) {
        return plain;
    }
    let hidden = || {
        let cells = pair.covered(warp)?;
        let (warp, agreed) = pair.aligned(warp, &cells)?;
        laid(warp, agreed, &cells)
    };
    hidden().or(plain)
}

/// What a warp in sides says of photos of the sizes `from` and `to`; `None` if it shears.
fn described(
    warp: &Affine,
    [from, to]: [[f64; 2]; 2],
    [similarity, detail]: [f64; 2],
    overlap: f64,
    cells: &Cells,
) -> Option<Overlay> {
    // In pixels of the photos, whatever their shapes.
    let linear = [0, 1].map(|row| [0, 1].map(|column| warp.linear[row][column] * to[row] / from[column]));
    let determinant = linear[0][0] * linear[1][1] - linear[0][1] * linear[1][0];
    let squares: f64 = linear.iter().flatten().map(|value| value * value).sum();
    // Of the singular values: s^2 + t^2 and |s t|.
    let spread = squares / (2.0 * determinant.abs());
    let mirrored = determinant < 0.0;
    let sign = if mirrored { -1.0 } else { 1.0 };
    let turn = (linear[1][0] - sign * linear[0][1]).atan2(linear[0][0] + sign * linear[1][1]).to_degrees();
    // What exchanges up and down exchanges left and right and turns by 180 degrees.
    let turn = if mirrored { turn + 180.0 } else { turn };
    let is_straight = spread <= (SHEAR + 1.0 / SHEAR) / 2.0;
    is_straight.then(|| Overlay {
        similarity,
        detail,
        overlap: overlap * cells.share(),
        covered: cells.share() < 1.0,
        mirrored,
        angle: (turn + 180.0).rem_euclid(360.0) - 180.0,
        scale: determinant.abs().sqrt(),
    })
}

/// R and F, halved and whole.
struct Pair {
    half: [Picture; 2],
    whole: [Picture; 2],
}

impl Pair {
    /// Whether halved pictures agree so far that aligning them may help.
    fn is_promising(&self, warp: &Affine, cells: &Cells) -> bool {
        let [half, half_fine] = &self.half;
        let agreed = agreement(half, half_fine, warp, 1.0, cells);
        agreed.is_some_and(|agreed| agreed.correlation >= PROMISING[0])
    }

    /// The warp near `warp` under which the cells that are not hidden agree best, and how well they and their detail do; `None` if
    /// halved pictures do not.
    fn aligned(&self, warp: Affine, cells: &Cells) -> Option<(Affine, [Agreement; 2])> {
        // What covers a part of a cell, or is blurred into its detail, pulls at it too.
        let cells = &cells.wider();
        let [half, half_fine] = &self.half;
        let warp = align(half, half_fine, warp, 1.0, cells)?;
        if agreement(half, half_fine, &warp, 1.0, cells)?.correlation < PROMISING[1] {
            return None;
        }
        let [coarse, fine] = &self.whole;
        let warp = align(coarse, fine, warp, MARGINS[0], cells)?;
        let agreed = agreement(coarse, fine, &warp, MARGINS[0], cells)?;
        let detail = agreement(&coarse.detail()?, &fine.detail()?, &warp, MARGINS[1], cells)?;
        Some((warp, [agreed, detail]))
    }

    /// The cells of halved pictures that are covered in one of them, near `warp`.
    fn covered(&self, mut warp: Affine) -> Option<Cells> {
        let [half, half_fine] = &self.half;
        let mut cells = Cells::all();
        for _ in 0..ROUNDS {
            cells = Cells::hiding(&left(half, half_fine, &warp, &cells)?, [half.width, half.height])?;
            if !self.is_promising(&warp, &cells) {
                return None;
            }
            warp = align(half, half_fine, warp, 1.0, &cells.wider())?;
        }
        Some(cells)
    }
}

/// For each pixel of R that both show its place and the square of `R - g F - h`, with the contrast and brightness that fit the
/// cells that are not hidden.
fn left(own: &Picture, other: &Picture, warp: &Affine, cells: &Cells) -> Option<Vec<([usize; 2], f64)>> {
    let mut pairs = Vec::new();
    each_place(own, other, warp, 1.0, &Cells::all(), |pixel, _, place| {
        pairs.push((
            [pixel % own.width, pixel / own.width],
            f64::from(own.values[pixel]),
            f64::from(value(other, place)[0]),
        ));
    });
    let sides = [own.width, own.height];
    let mut sums = [0.0_f64; 5];
    for &(_, a, b) in pairs.iter().filter(|&&(place, ..)| cells.shows(place, sides)) {
        sums.iter_mut().zip([1.0, a, b, b * b, a * b]).for_each(|(sum, value)| *sum += value);
    }
    let [count, a, b, bb, ab] = sums;
    let variance = bb / count - (b / count).powi(2);
    let contrast = (ab / count - a * b / count.powi(2)) / variance;
    let brightness = a / count - contrast * b / count;
    let square = |(place, a, b): ([usize; 2], f64, f64)| (place, (a - contrast * b - brightness).powi(2));
    (variance > 1e-4).then(|| pairs.into_iter().map(square).collect())
}

/// A grey picture with mean 0 and variance 1.
struct Picture {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Picture {
    /// `None` without contrast.
    fn new(width: usize, height: usize, mut values: Vec<f32>) -> Option<Self> {
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
        let scale = (variance > 1e-6).then(|| variance.sqrt().recip())?;
        values.iter_mut().for_each(|value| *value = (*value - mean) * scale);
        Some(Self { width, height, values })
    }

    fn of(photo: &Landmarks) -> Option<Self> {
        let [width, height] = Landmarks::picture_size(photo.size);
        let values: Vec<f32> = photo.picture.iter().map(|&value| f32::from(value)).collect();
        if values.len() == width * height { Self::new(width, height, values) } else { None }
    }

    /// With `scale` times the pixels along each axis, up to 1: means of what they cover.
    fn reduced(&self, scale: f64) -> Option<Self> {
        let side = |side: usize| ((side as f64 * scale).round() as usize).clamp(4.min(side), side);
        let (width, height) = (side(self.width), side(self.height));
        let (columns, rows) = (covered(self.width, width), covered(self.height, height));
        let mut narrow = vec![0.0_f32; width * self.height];
        for (row, narrow) in self.values.chunks_exact(self.width).zip(narrow.chunks_exact_mut(width)) {
            for (narrow, column) in narrow.iter_mut().zip(&columns) {
                *narrow = column.iter().map(|&(old, weight)| row[old] * weight).sum();
            }
        }
        let mut values = vec![0.0_f32; width * height];
        for (values, row) in values.chunks_exact_mut(width).zip(&rows) {
            for &(old, weight) in row {
                let narrow = &narrow[old * width..(old + 1) * width];
                values.iter_mut().zip(narrow).for_each(|(value, narrow)| *value += narrow * weight);
            }
        }
        Self::new(width, height, values)
    }

    /// The picture less its box blur over `2 DETAIL + 1` pixels along both axes.
    fn detail(&self) -> Option<Self> {
        let window = |place: usize, side: usize| {
            (0..=2 * DETAIL).map(move |offset| (place + offset).saturating_sub(DETAIL).min(side - 1))
        };
        let weight = ((2 * DETAIL + 1) as f32).recip();
        let value = |values: &[f32], x: usize, y: usize| values[y * self.width + x];
        let mut across = Vec::with_capacity(self.values.len());
        for y in 0..self.height {
            for x in 0..self.width {
                across.push(window(x, self.width).map(|x| value(&self.values, x, y)).sum::<f32>() * weight);
            }
        }
        let mut detail = Vec::with_capacity(self.values.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let blurred = window(y, self.height).map(|y| value(&across, x, y)).sum::<f32>() * weight;
                detail.push(value(&self.values, x, y) - blurred);
            }
        }
        Self::new(self.width, self.height, detail)
    }
}

/// For each of `new` pixels those of `old` ones that it covers, with their weights.
fn covered(old: usize, new: usize) -> Vec<Vec<(usize, f32)>> {
    let ratio = old as f32 / new as f32;
    (0..new)
        .map(|place| {
            let (begin, end) = (place as f32 * ratio, (place + 1) as f32 * ratio);
            (begin as usize..(end.ceil() as usize).min(old))
                .map(|old| (old, (end.min((old + 1) as f32) - begin.max(old as f32)).max(0.0) / ratio))
                .collect()
        })
        .collect()
}

/// Correlation and overlap under a warp.
struct Agreement {
    correlation: f64,
    overlap: f64,
}

/// A place in F: the pixel before it, and the rest of the way to the next along both axes.
struct Place {
    before: usize,
    across: f32,
    down: f32,
}

/// Calls `work` with the pixel of R, its place in sides and its place in F for each pixel that both show, away from borders, in
/// cells that are not hidden.
fn each_place(
    own: &Picture,
    other: &Picture,
    warp: &Affine,
    margin: f64,
    cells: &Cells,
    mut work: impl FnMut(usize, [f64; 2], &Place),
) {
    let (own_sides, sides) = ([own.width, own.height], [other.width, other.height]);
    let edge = margin as usize;
    for y in edge..own.height.saturating_sub(edge) {
        for x in edge..own.width.saturating_sub(edge) {
            if !cells.shows([x, y], own_sides) {
                continue;
            }
            let place = [x, y];
            let place = [0, 1].map(|axis| (place[axis] as f64 + 0.5) / own_sides[axis] as f64 - 0.5);
            let there = warp.of(place);
            let there = [0, 1].map(|axis| (there[axis] + 0.5) * sides[axis] as f64 - 0.5);
            if [0, 1].iter().all(|&axis| (margin..=(sides[axis] - 1) as f64 - margin).contains(&there[axis]))
            {
                let before = [0, 1].map(|axis| (there[axis] as usize).min(sides[axis] - 2));
                let place_there = Place {
                    before: before[1] * other.width + before[0],
                    across: (there[0] - before[0] as f64) as f32,
                    down: (there[1] - before[1] as f64) as f32,
                };
                work(y * own.width + x, place, &place_there);
            }
        }
    }
}

/// The value of a picture at a place, and its slopes along both axes in pixels.
fn value(picture: &Picture, place: &Place) -> [f32; 3] {
    let upper = &picture.values[place.before..place.before + 2];
    let lower = &picture.values[place.before + picture.width..place.before + picture.width + 2];
    let top = upper[0] + place.across * (upper[1] - upper[0]);
    let bottom = lower[0] + place.across * (lower[1] - lower[0]);
    let along = (1.0 - place.down) * (upper[1] - upper[0]) + place.down * (lower[1] - lower[0]);
    [top + place.down * (bottom - top), along, bottom - top]
}

/// `None` with too little in common, or without contrast in it.
fn agreement(own: &Picture, other: &Picture, warp: &Affine, margin: f64, cells: &Cells) -> Option<Agreement> {
    let mut sums = [0.0_f64; 5];
    let mut count = 0_usize;
    each_place(own, other, warp, margin, cells, |pixel, _, place| {
        let (a, b) = (f64::from(own.values[pixel]), f64::from(value(other, place)[0]));
        sums.iter_mut().zip([a, b, a * a, b * b, a * b]).for_each(|(sum, value)| *sum += value);
        count += 1;
    });
    let [a, b, aa, bb, ab] = sums.map(|sum| sum / count.max(1) as f64);
    let (variance_a, variance_b) = (aa - a * a, bb - b * b);
    let enough = count * WHOLE >= PIXELS * own.values.len();
    (enough && variance_a > 1e-4 && variance_b > 1e-4).then(|| Agreement {
        correlation: (ab - a * b) / (variance_a * variance_b).sqrt(),
        overlap: shared(warp),
    })
}

/// Share of R that lies inside F, or of F that lies inside R, whichever is larger.
fn shared(warp: &Affine) -> f64 {
    const GRID: usize = 32;
    let place =
        |number: usize| [number % GRID, number / GRID].map(|at| (at as f64 + 0.5) / GRID as f64 - 0.5);
    let inside = |number: &usize| warp.of(place(*number)).iter().all(|at| at.abs() <= 0.5);
    let share = (0..GRID * GRID).filter(inside).count() as f64 / (GRID * GRID) as f64;
    share.max((share * warp.determinant().abs()).min(1.0))
}

/// The warp near `warp` under which `other` agrees best; `None` if there is none.
fn align(own: &Picture, other: &Picture, mut warp: Affine, margin: f64, cells: &Cells) -> Option<Affine> {
    let (mut contrast, mut brightness) = (1.0_f64, 0.0_f64);
    for _ in 0..STEPS {
        let mut matrix = [[0.0_f64; UNKNOWNS]; UNKNOWNS];
        let mut right_side = [0.0_f64; UNKNOWNS];
        let gains = [other.width, other.height].map(|side| contrast as f32 * side as f32);
        each_place(own, other, &warp, margin, cells, |pixel, [x, y], place| {
            let [b, along_x, along_y] = value(other, place);
            let (along_x, along_y) = (f64::from(gains[0] * along_x), f64::from(gains[1] * along_y));
            let residual = f64::from(own.values[pixel]) - contrast * f64::from(b) - brightness;
            let slopes =
                [along_x * x, along_x * y, along_y * x, along_y * y, along_x, along_y, f64::from(b), 1.0];
            for i in 0..UNKNOWNS {
                for j in 0..=i {
                    matrix[i][j] += slopes[i] * slopes[j];
                }
                right_side[i] += slopes[i] * residual;
            }
        });
        let change = solve(matrix, right_side)?;
        warp.linear[0][0] += change[0];
        warp.linear[0][1] += change[1];
        warp.linear[1][0] += change[2];
        warp.linear[1][1] += change[3];
        warp.shift[0] += change[4];
        warp.shift[1] += change[5];
        contrast += change[6];
        brightness += change[7];
        let determinant = warp.determinant().abs();
        if !(0.2..=6.0).contains(&determinant) || warp.shift.iter().any(|shift| shift.abs() > 0.6) {
            return None;
        }
        if change[..6].iter().all(|change| change.abs() < SETTLED) {
            break;
        }
    }
    Some(warp)
}
