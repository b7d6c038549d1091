//! The backdrop of a leaf, found at the border of the picture, and how much each pixel differs from it.

use super::lab::Lab;

/// Distance in (a*, b*) within which two colours are the same backdrop: paper, cloth or soil with its grain and light.
const SPREAD: f32 = 8.0;
/// Least proportion of the border that has the same colour, for a plain backdrop.
const AGREEMENT: f64 = 0.5;
/// Where -a* and b* both begin to look like plants.
const GREEN: f32 = 6.0;
/// Largest a* of plants, dead and alive: reds beyond it, and magentas, are labels, pots and paint.
const REDDEST: f32 = 40.0;
/// Smallest b* of plants; below it are blues.
const BLUEST: f32 = -10.0;
/// Colours that are tried as the border's most frequent one.
const CANDIDATES: usize = 64;
/// Steps of the mean shift towards the mode.
const STEPS: usize = 3;

/// How leaf and background are separated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Backdrop {
    /// Most of the border has one colour, which is not that of plants.
    Plain(Lab),
    /// The border has many colours, or plants reach over it: what is green is the leaf.
    Mixed,
}

impl Backdrop {
    /// Looks at the border, a frame of 1/32 of the shorter side.
    pub(super) fn of(colours: &[Lab], width: usize, height: usize) -> Self {
        let depth = (width.min(height) / 32).max(1);
        let framed = |place: usize, length: usize| place < depth || place + depth >= length;
        let border: Vec<Lab> = colours
            .iter()
            .enumerate()
            .filter(|(pixel, _)| framed(pixel % width, width) || framed(pixel / width, height))
            .map(|(_, colour)| *colour)
            .collect();
        let (mode, agreement) = mode(&border);
        let green = mode.a < -GREEN && mode.b > GREEN;
        if agreement >= AGREEMENT && !green { Self::Plain(mode) } else { Self::Mixed }
    }

    /// Whether most of the border has one colour, which is not that of plants.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// How much each pixel looks like a leaf, in units of L*a*b*.
    ///
    /// With a plain backdrop it is the distance in (a*, b*) from the backdrop under the light of that pixel: shade reduces
    /// lightness and chroma in proportion. Pixels that are bluer than the backdrop are not leaf, because shade under the sky is
    /// bluer. Colours that plants do not have score 0.
    pub(super) fn scores(self, colours: &[Lab]) -> Vec<f32> {
        let score = |colour: &Lab| match self {
            _ if colour.a > REDDEST || colour.b < BLUEST => 0.0,
            Self::Plain(backdrop) => {
                let shade = (colour.lightness / backdrop.lightness.max(1.0)).min(1.0);
                (colour.a - shade * backdrop.a).hypot((colour.b - shade * backdrop.b).max(0.0))
            }
            Self::Mixed => -colour.a,
        };
        colours.iter().map(score).collect()
    }

    /// Smallest and largest plausible threshold of the scores. Grain is below the first; with a threshold above the second,
    /// pale leaf on a plain backdrop would be lost.
    pub(super) fn thresholds(self) -> [f32; 2] {
        match self {
            Self::Plain(_) => [5.0, 14.0],
            Self::Mixed => [0.0, f32::MAX],
        }
    }
}

/// The most frequent colour of a border, and the proportion of the border that has it.
fn mode(border: &[Lab]) -> (Lab, f64) {
    let near = |centre: Lab| {
        border.iter().filter(move |colour| (colour.a - centre.a).hypot(colour.b - centre.b) < SPREAD)
    };
    let step = (border.len() / CANDIDATES).max(1);
    let (mut mode, mut most) = (Lab { lightness: 0.0, a: 0.0, b: 0.0 }, 0);
    for candidate in border.iter().step_by(step) {
        let count = near(*candidate).count();
        if count > most {
            (mode, most) = (*candidate, count);
        }
    }
    for _ in 0..STEPS {
        let sum = near(mode).fold([0.0; 4], |[count, lightness, a, b], colour| {
            [count + 1.0, lightness + colour.lightness, a + colour.a, b + colour.b]
        });
        let [count, lightness, a, b] = sum;
        if count > 0.0 {
            mode = Lab { lightness: lightness / count, a: a / count, b: b / count };
        }
    }
    (mode, near(mode).count() as f64 / border.len().max(1) as f64)
}
