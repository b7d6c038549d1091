//! Preprocessing as nodes: the same bytes as [`foliar_vision::Preprocessing::prepare`], whatever runs them.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `L` | pixels of a side before, rows or columns |
//! | `n` | pixels of it after |
//! | `U`, `A`, `B` | whole numbers: pixel x lies at (2x + 1) U, result i at A + (2i + 1) B |
//! | `D` | 2 max(B, U): where the triangle ends |
//! | `k_ix` | max(0, D - abs((2x + 1) U - A - (2i + 1) B)): triangle filter, whole numbers |
//! | `s_i` | sum of k_ix over x |
//! | `P` | power of two, at most 2^21, that brings the largest k_ix / s_i of all to 2^14 or more, below 2^15 |
//! | `c_ix` | k_ix P / s_i, rounded |
//! | result | floor((sum of c_ix pixel_x + P / 2) / P), at most 255 |
//!
//! That is how `fast_image_resize` resamples bytes: columns first, then rows, bytes between, coefficients of 15 bits. Here each side
//! is a matrix product. It is exact in single precision: c is split into 128 h + l, and every sum of h or l times bytes stays
//! below 2^24, so that neither the order of a sum nor a fused multiply-add changes it. h, l and bytes have at most 8 bits, for
//! runtimes that multiply with fewer. The quotient k P / s is found in three digits of 6 bits, each with a remainder that is exact.
//!
//! A row of the matrix is zero but for a few pixels. Results are taken [`GROUP`] at a time, with the pixels that any of them
//! needs: for a photo of 12 megapixels that is a tenth of the whole product.

use foliar_vision::Preprocessing;

use super::builder::{Builder, Value};
use super::proto::{Attribute, Element};

/// Results that are computed from one stretch of pixels.
const GROUP: i64 = 16;
/// Windows lie on multiples of one of this many parts of a pixel.
const GRID: i64 = 256;
/// Most bits of `P`.
const MOST_BITS: u32 = 21;
/// What the largest coefficient stays below, by half.
const LARGEST: f32 = 32_767.5;

/// Nodes that turn `image`, uint8 (height, width, 3), into the network's input, (1, 3, size, size).
pub(super) fn prepare(b: &mut Builder, image: &Value, preprocessing: &Preprocessing) -> Value {
    let size = i64::from(preprocessing.size);
    b.enter("size");
    let shape = b.op("Shape", &[image]);
    let [height, width] = [0, 1].map(|place| {
        let place = b.int(place);
        b.op("Gather", &[&shape, &place])
    });
    let (rows, columns) = reduced(b, &height, &width, preprocessing.store_side);

    b.enter("reduce");
    let flat = b.ints(&[0, -1]);
    let x = b.op("Reshape", &[image, &flat]);
    let whole = Axis::whole(b, &height, &rows);
    let x = resample(b, &x, &whole, &width);
    let x = turned(b, &x);
    let whole = Axis::whole(b, &width, &columns);
    let x = resample(b, &x, &whole, &rows);
    let x = turned(b, &x);

    b.enter("crop");
    let shorter = b.op("Min", &[&rows, &columns]);
    let count = b.int(size);
    let window = Axis::window(b, &rows, &shorter, preprocessing);
    let x = resample(b, &x, &window, &columns);
    let x = turned(b, &x);
    let window = Axis::window(b, &columns, &shorter, preprocessing);
    let x = resample(b, &x, &window, &count);

    b.enter("normalise");
    // (column, row, channel)
    let x = b.transpose(&x, &[2, 1, 0]);
    let white = b.float(255.0);
    let x = b.op("Div", &[&x, &white]);
    let mean = b.floats(&[3, 1, 1], &preprocessing.mean);
    let x = b.op("Sub", &[&x, &mean]);
    let std = b.floats(&[3, 1, 1], &preprocessing.std);
    let x = b.op("Div", &[&x, &std]);
    b.unsqueeze(&x, &[0])
}

/// Rows and columns once the shorter side is at most `side` pixels.
fn reduced(b: &mut Builder, height: &Value, width: &Value, side: u32) -> (Value, Value) {
    let shorter = b.op("Min", &[height, width]);
    let side = b.int(i64::from(side));
    let side = b.op("Min", &[&shorter, &side]);
    let two = b.int(2);
    let half = b.op("Div", &[&shorter, &two]);
    let mut scaled = |length: &Value| {
        let product = b.op("Mul", &[length, &side]);
        let sum = b.op("Add", &[&product, &half]);
        b.op("Div", &[&sum, &shorter])
    };
    (scaled(height), scaled(width))
}

/// (a, b, channel) to (b, a x channels): the other side comes first.
fn turned(b: &mut Builder, x: &Value) -> Value {
    let x = b.transpose(x, &[1, 0, 2]);
    let flat = b.ints(&[0, -1]);
    b.op("Reshape", &[&x, &flat])
}

/// How one side is resampled.
struct Axis {
    length: Value,
    count: Value,
    unit: Value,
    origin: Value,
    step: Value,
}

impl Axis {
    /// All of `length` pixels, to `count`.
    fn whole(b: &mut Builder, length: &Value, count: &Value) -> Self {
        let origin = b.int(0);
        Self {
            length: length.clone(),
            count: count.clone(),
            unit: count.clone(),
            origin,
            step: length.clone(),
        }
    }

    /// The central window of `length` pixels, of which the shorter side has `shorter`, to the size of the input: as
    /// `Preprocessing::window` and `Window::within` place it.
    fn window(b: &mut Builder, length: &Value, shorter: &Value, preprocessing: &Preprocessing) -> Self {
        let (size, resize) = (i64::from(preprocessing.size), i64::from(preprocessing.resize_side));
        let rounded = |b: &mut Builder, numerator: &Value| {
            let half = b.int(resize);
            let sum = b.op("Add", &[numerator, &half]);
            let divisor = b.int(2 * resize);
            b.op("Div", &[&sum, &divisor])
        };
        let scale = b.int(2 * GRID * size);
        let extent = b.op("Mul", &[shorter, &scale]);
        let extent = rounded(b, &extent);
        let one = b.int(1);
        let extent = b.op("Max", &[&extent, &one]);
        let scale = b.int(GRID * resize);
        let all = b.op("Mul", &[length, &scale]);
        let scale = b.int(GRID * size);
        let inside = b.op("Mul", &[shorter, &scale]);
        let start = b.op("Sub", &[&all, &inside]);
        let start = rounded(b, &start);
        let grid = b.int(GRID);
        let bound = b.op("Mul", &[length, &grid]);
        let last = b.op("Sub", &[&bound, &extent]);
        let start = b.op("Min", &[&start, &last]);
        let scale = b.int(2 * size);
        Self {
            length: length.clone(),
            count: b.int(size),
            unit: b.int(GRID * size),
            origin: b.op("Mul", &[&start, &scale]),
            step: extent,
        }
    }
}

/// Resamples the first side of `x`, (L, m), where m is the product of another side, `other`, and the channels, to
/// (n, other, 3).
fn resample(b: &mut Builder, x: &Value, axis: &Axis, other: &Value) -> Value {
    let Axis { length, count, unit, origin, step } = axis;
    let (one, two, zero, group) = (b.int(1), b.int(2), b.int(0), b.int(GROUP));
    let larger = b.op("Max", &[step, unit]);
    let reach = b.op("Mul", &[&larger, &two]);

    // Which results, (groups, GROUP); behind the last one it stands again.
    let more = b.int(GROUP - 1);
    let groups = b.op("Add", &[count, &more]);
    let groups = b.op("Div", &[&groups, &group]);
    let places = b.op("Range", &[&zero, &groups, &one]);
    let firsts = b.op("Mul", &[&places, &group]);
    let firsts = b.unsqueeze(&firsts, &[1]);
    let within = b.ints(&(0..GROUP).collect::<Vec<_>>());
    let results = b.op("Add", &[&firsts, &within]);
    let last = b.op("Sub", &[count, &one]);
    let results = b.op("Min", &[&results, &last]);
    let centre = |b: &mut Builder, results: &Value| {
        let odd = b.op("Mul", &[results, &two]);
        let odd = b.op("Add", &[&odd, &one]);
        let scaled = b.op("Mul", &[&odd, step]);
        b.op("Add", &[&scaled, origin])
    };

    // Which pixels, (groups, R): as many as any group needs, all of them within the picture.
    let doubled = b.op("Mul", &[unit, &two]);
    let begin = centre(b, &firsts);
    let begin = b.op("Sub", &[&begin, &reach]);
    let begin = b.op("Max", &[&begin, &zero]);
    let begin = b.op("Div", &[&begin, &doubled]);
    let spread = b.op("Mul", &[step, &more]);
    let spread = b.op("Add", &[&spread, &reach]);
    let spread = b.op("Div", &[&spread, unit]);
    let spread = b.op("Add", &[&spread, &two]);
    let pixels = b.op("Min", &[&spread, length]);
    let last = b.op("Sub", &[length, &pixels]);
    let begin = b.op("Min", &[&begin, &last]);
    let within = b.op("Range", &[&zero, &pixels, &one]);
    let pixels = b.op("Add", &[&begin, &within]);

    // k, (groups, GROUP, R).
    let odd = b.op("Mul", &[&pixels, &two]);
    let odd = b.op("Add", &[&odd, &one]);
    let positions = b.op("Mul", &[&odd, unit]);
    let positions = b.unsqueeze(&positions, &[1]);
    let centres = centre(b, &results);
    let centres = b.unsqueeze(&centres, &[2]);
    let away = b.op("Sub", &[&positions, &centres]);
    let away = b.op("Abs", &[&away]);
    let away = b.cast(&away, Element::Float);
    let reach = b.cast(&reach, Element::Float);
    let kernel = b.op("Sub", &[&reach, &away]);
    let kernel = b.op("Relu", &[&kernel]);
    let (high, low, power) = coefficients(b, &kernel);

    let stretch = b.node("Gather", &[x, &pixels], vec![("axis", Attribute::Int(0))]);
    let stretch = b.cast(&stretch, Element::Float);
    let both = b.concat(&[&high, &low], 1);
    let sums = b.op("MatMul", &[&both, &stretch]);
    let axes = b.ints(&[1]);
    let mut part = |index: usize| {
        let [from, to] = [index, index + 1].map(|index| b.ints(&[GROUP * index as i64]));
        b.op("Slice", &[&sums, &from, &to, &axes])
    };
    let (high, low) = (part(0), part(1));
    let base = b.float(128.0);
    let low = b.op("Div", &[&low, &base]);
    let low = b.op("Floor", &[&low]);
    let sum = b.op("Add", &[&high, &low]);
    let double_base = b.float(256.0);
    let half = b.op("Div", &[&power, &double_base]);
    let sum = b.op("Add", &[&sum, &half]);
    let scale = b.op("Div", &[&base, &power]);
    let value = b.op("Mul", &[&sum, &scale]);
    let value = b.op("Floor", &[&value]);
    let white = b.float(255.0);
    let value = b.op("Min", &[&value, &white]);

    let (any, channels) = (b.ints(&[-1]), b.ints(&[3]));
    let other = b.unsqueeze(other, &[0]);
    let shape = b.concat(&[&any, &other, &channels], 0);
    let value = b.op("Reshape", &[&value, &shape]);
    let (from, to, axes) = (b.ints(&[0]), b.unsqueeze(count, &[0]), b.ints(&[0]));
    b.op("Slice", &[&value, &from, &to, &axes])
}

/// h and l of c = 128 h + l, of the shape of `kernel`, and P.
fn coefficients(b: &mut Builder, kernel: &Value) -> (Value, Value, Value) {
    let sums = b.reduce("ReduceSum", kernel, Some(2), true);
    let shares = b.op("Div", &[kernel, &sums]);
    let largest = b.reduce("ReduceMax", &shares, None, false);
    let powers: Vec<f32> = (1..=MOST_BITS).map(|bits| (1_u32 << bits) as f32).collect();
    let powers = b.floats(&[powers.len()], &powers);
    let bound = b.float(LARGEST);
    let scaled = b.op("Mul", &[&powers, &largest]);
    let fits = b.op("Less", &[&scaled, &bound]);
    let one = b.float(1.0);
    let fitting = b.op("Where", &[&fits, &powers, &one]);
    let power = b.reduce("ReduceMax", &fitting, None, false);

    // Three digits of the quotient. The remainder is at most half of s in size, and exact.
    let (digit, digits) = (b.float(64.0), b.float(4096.0));
    let first = b.op("Div", &[&power, &digits]);
    let numerator = b.op("Mul", &[kernel, &first]);
    let quotient = b.op("Div", &[&numerator, &sums]);
    let leading = b.op("Round", &[&quotient]);
    let remainder = |b: &mut Builder, numerator: &Value, quotient: &Value| {
        let product = b.op("Mul", &[quotient, &sums]);
        let rest = b.op("Sub", &[numerator, &product]);
        b.op("Mul", &[&rest, &digit])
    };
    let numerator = remainder(b, &numerator, &leading);
    let quotient = b.op("Div", &[&numerator, &sums]);
    let middle = b.op("Round", &[&quotient]);
    let numerator = remainder(b, &numerator, &middle);
    let quotient = b.op("Div", &[&numerator, &sums]);
    let half = b.float(0.5);
    let quotient = b.op("Add", &[&quotient, &half]);
    let trailing = b.op("Floor", &[&quotient]);
    let leading = b.op("Mul", &[&leading, &digits]);
    let middle = b.op("Mul", &[&middle, &digit]);
    let sum = b.op("Add", &[&leading, &middle]);
    let coefficient = b.op("Add", &[&sum, &trailing]);

    let base = b.float(128.0);
    let high = b.op("Div", &[&coefficient, &base]);
    let high = b.op("Floor", &[&high]);
    let rest = b.op("Mul", &[&high, &base]);
    let low = b.op("Sub", &[&coefficient, &rest]);
    (high, low, power)
}
