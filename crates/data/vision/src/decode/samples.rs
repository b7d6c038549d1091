//! Pixels in the depth and layout of a file.

/// How the samples of a pixel follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Amounts of ink.
    Cmyk,
}

impl Layout {
    /// Samples in a pixel.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// How many of them are colours and not opacity.
    pub(super) fn colours(self) -> usize {
        match self {
            Self::GreyAlpha => 1,
            Self::Rgba => 3,
            _ => self.channels(),
        }
    }
}

/// A run of pixels of one row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Samples<'a> {
    Bytes(&'a [u8]),
    Words(&'a [u16]),
    /// 1 is white.
    Floats(&'a [f32]),
}

impl Samples<'_> {
    /// How many samples they are.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Bytes(samples) => samples.len(),
            Self::Words(samples) => samples.len(),
            Self::Floats(samples) => samples.len(),
        }
    }

    /// Appends the pixels as 8-bit RGB; transparent ones show white.
    pub(super) fn rgb(self, layout: Layout, out: &mut Vec<u8>) {
        match (self, layout) {
            (Self::Bytes(samples), Layout::Rgb) => out.extend_from_slice(samples),
            (Self::Bytes(samples), Layout::Grey) => append(samples, out, |&[grey]| [grey; 3]),
            (Self::Bytes(samples), _) => convert(samples, layout, |value| f32::from(value) / 255.0, out),
            (Self::Words(samples), _) => convert(samples, layout, |value| f32::from(value) / 65_535.0, out),
            (Self::Floats(samples), _) => convert(samples, layout, |value| value, out),
        }
    }

    /// The largest sample of a colour, as a share of the range.
    pub(super) fn largest(self, layout: Layout) -> f32 {
        match self {
            Self::Bytes(samples) => largest(samples, layout, |&value| f32::from(value) / 255.0),
            Self::Words(samples) => largest(samples, layout, |&value| f32::from(value) / 65_535.0),
            Self::Floats(samples) => largest(samples, layout, |&value| value),
        }
    }
}

fn largest<T>(samples: &[T], layout: Layout, share: impl Fn(&T) -> f32) -> f32 {
    let colours = layout.colours();
    let pixels = samples.chunks_exact(layout.channels());
    pixels.flat_map(|pixel| &pixel[..colours]).map(share).fold(0.0, f32::max)
}

fn convert<T: Copy>(samples: &[T], layout: Layout, share: impl Fn(T) -> f32, out: &mut Vec<u8>) {
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    let over_white = |value: T, alpha: T| {
        let alpha = share(alpha);
        byte(share(value) * alpha + 1.0 - alpha)
    };
    match layout {
        Layout::Grey => append(samples, out, |&[grey]| [byte(share(grey)); 3]),
        Layout::GreyAlpha => append(samples, out, |&[grey, alpha]| [over_white(grey, alpha); 3]),
        Layout::Rgb => append(samples, out, |rgb: &[T; 3]| rgb.map(|value| byte(share(value)))),
        Layout::Rgba => {
            append(samples, out, |&[red, green, blue, alpha]| {
                [red, green, blue].map(|value| over_white(value, alpha))
            });
        }
        Layout::Cmyk => append(samples, out, |&[cyan, magenta, yellow, black]| {
            let paper = 1.0 - share(black);
            [cyan, magenta, yellow].map(|ink| byte((1.0 - share(ink)) * paper))
        }),
    }
}

/// Appends three bytes for each pixel of `N` samples.
fn append<T, const N: usize>(samples: &[T], out: &mut Vec<u8>, rgb: impl Fn(&[T; N]) -> [u8; 3]) {
    let (pixels, _) = samples.as_chunks::<N>();
    let start = out.len();
    out.resize(start + 3 * pixels.len(), 0);
    let (places, _) = out[start..].as_chunks_mut::<3>();
    for (place, pixel) in places.iter_mut().zip(pixels) {
        *place = rgb(pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(samples: Samples<'_>, layout: Layout) -> Vec<u8> {
        let mut out = Vec::new();
        samples.rgb(layout, &mut out);
        out
    }

    #[test]
    fn every_depth_and_layout() {
        assert_eq!(rgb(Samples::Bytes(&[7, 200]), Layout::Grey), [7, 7, 7, 200, 200, 200]);
        assert_eq!(rgb(Samples::Words(&[257, 257 * 2, 257 * 3]), Layout::Rgb), [1, 2, 3]);
        assert_eq!(rgb(Samples::Floats(&[0.0, 0.5, 7.0]), Layout::Rgb), [0, 128, 255]);
        assert_eq!(rgb(Samples::Bytes(&[10, 0]), Layout::GreyAlpha), [255; 3]);
        assert_eq!(rgb(Samples::Bytes(&[10, 20, 30, 255]), Layout::Rgba), [10, 20, 30]);
        assert_eq!(rgb(Samples::Bytes(&[0, 255, 0, 0]), Layout::Cmyk), [255, 0, 255]);
    }

    #[test]
    fn bytes_keep_their_values() {
        for value in 0..=255_u8 {
            let by_share = rgb(Samples::Floats(&[f32::from(value) / 255.0]), Layout::Grey);
            assert_eq!(rgb(Samples::Bytes(&[value]), Layout::Grey), by_share);
            assert_eq!(rgb(Samples::Bytes(&[value; 3]), Layout::Rgb), by_share);
        }
    }

    #[test]
    fn opacity_is_no_colour() {
        assert_eq!(Samples::Words(&[0, 6_553, 0, 65_535]).largest(Layout::Rgba), 6_553.0 / 65_535.0);
        assert_eq!(Samples::Floats(&[0.5, 9.0]).largest(Layout::GreyAlpha), 0.5);
    }
}
