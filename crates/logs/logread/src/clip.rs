//! Lines that a terminal showed up to its last column, and no further.

use crate::clean::clean;
use crate::fragment::breaks_number_off;
use crate::joint::Usual;

/// Columns of usual terminals, and one less.
const WIDTHS: [usize; 12] = [79, 80, 99, 100, 119, 120, 131, 132, 159, 160, 199, 200];
/// Fewer lines may be so long by chance.
const FEWEST: usize = 2;

/// The first line, from 1, that ends within a number at the last column; `None` unless a quarter of those that
/// reach it do.
pub(crate) fn first_clipped(text: &[u8]) -> Option<usize> {
    let mut buffer = Vec::new();
    let lines: Vec<String> =
        text.split(|&byte| byte == b'\n').map(|line| clean(line, &mut buffer).to_owned()).collect();
    let lengths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    let width = lengths.iter().copied().max().filter(|width| WIDTHS.contains(width))?;
    let usual = Usual::of(&lines).decimals()?;
    let reaching: Vec<usize> = (0..lines.len()).filter(|&index| lengths[index] == width).collect();
    let broken = |index: &&usize| {
        let line = &lines[**index];
        let number = line.rsplit(|letter: char| !(letter.is_ascii_digit() || letter == '.')).next();
        let decimals = |number: &str| number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        breaks_number_off(line.as_bytes())
            || number.is_some_and(|number| !number.is_empty() && decimals(number) < usual)
    };
    let clipped = reaching.iter().filter(broken).count();
    let first = reaching.iter().find(broken)?;
    (clipped >= FEWEST && 4 * clipped >= reaching.len()).then_some(first + 1)
}

#[cfg(test)]
mod tests {
    use super::first_clipped;

    #[test]
    fn lines_that_end_within_a_number_are_told() {
        let log: String = (1..8)
            .map(|epoch| {
                format!(
                    "Epoch {epoch}: training loss: 0.5{epoch}23, training accuracy: 0.71{epoch}3, validation loss: 0.61{epoch}3\n"
                )
            })
            .collect();
        let clipped = |width: usize| -> String {
            log.lines().map(|line| line[..line.len().min(width)].to_owned() + "\n").collect()
        };
        let whole = log.lines().next().expect("a line").len();
        assert_eq!(whole, 82);
        assert_eq!(first_clipped(clipped(80).as_bytes()), Some(1));
        assert_eq!(first_clipped(log.as_bytes()), None);
        assert_eq!(first_clipped(clipped(70).as_bytes()), None);
    }
}
