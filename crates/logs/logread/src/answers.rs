//! Right answers an epoch, with nothing that names them: `Epoch 3: 9512 / 10000`, as beginners' programs print.
//!
//! A line of progress looks alike. It is taken for answers where nothing else was understood in the whole log, each epoch has
//! one such line, and all tell of equally many photos, of which never all are right.

use crate::assemble::{Assembler, Flavour};
use crate::meaning::{Cadence, Meaning, Quantity};
use crate::number::{Form, Number};
use crate::run_log::Split;

/// Fewer photos are batches.
const FEWEST_PHOTOS: f64 = 50.0;
/// Fewer lines show nothing.
const FEWEST: usize = 2;
/// More lines are not kept.
const MOST: usize = 1 << 16;

/// One such line.
#[derive(Clone, Copy, Debug)]
struct Answers {
    epoch: f64,
    right: f64,
    photos: f64,
    line: usize,
}

/// All such lines of a log.
#[derive(Debug, Default)]
pub(crate) struct AnswersReader {
    lines: Vec<Answers>,
}

impl AnswersReader {
    /// Takes a line of a log in which nothing was measured so far.
    pub(crate) fn line(&mut self, text: &str, line: usize) {
        if self.lines.len() < MOST
            && let Some((epoch, right, photos)) = answers(text)
        {
            self.lines.push(Answers { epoch, right, photos, line });
        }
    }

    /// Hands the answers on, if they are that.
    pub(crate) fn finish(self, into: &mut Assembler) {
        let lines = self.lines;
        let one_each = lines.windows(2).all(|pair| pair[1].epoch == pair[0].epoch + 1.0);
        let of_one_set = lines.iter().all(|one| {
            one.photos == lines[0].photos && one.photos >= FEWEST_PHOTOS && one.right < one.photos
        });
        if lines.len() < FEWEST || !one_each || !of_one_set {
            return;
        }
        let meaning = Meaning {
            quantity: Quantity::Accuracy,
            split: Some(Split::Test),
            percent: false,
            cadence: Cadence::Unsaid,
            extras: 0,
        };
        let Some(name) = into.name("right answers", meaning, Flavour::Plain, false) else { return };
        for Answers { epoch, right, photos, line } in lines {
            into.epoch(epoch);
            let number =
                Number { value: right / photos, resolution: 0.0, form: Form::Decimal, percent: false };
            into.value(name, Some(Split::Test), number, line);
        }
    }
}

/// Epoch, right answers and photos of `Epoch 3: 9512 / 10000`.
fn answers(text: &str) -> Option<(f64, f64, f64)> {
    let (head, rest) = text.trim().split_once(':')?;
    let (word, epoch) = head.trim().split_once([' ', '\t'])?;
    let known = ["epoch", "epoche", "época", "epoca", "époque", "эпоха", "epoka"];
    let (right, photos) = rest.split_once('/')?;
    let integer = |text: &str| text.trim().parse::<u32>().ok().map(f64::from);
    known.contains(&word.to_lowercase().as_str()).then_some(())?;
    Some((integer(epoch)?, integer(right)?, integer(photos)?))
}

#[cfg(test)]
mod tests {
    use super::answers;

    #[test]
    fn answers_are_told_from_other_lines() {
        assert_eq!(answers("Epoch 3: 9512 / 10000"), Some((3.0, 9512.0, 10_000.0)));
        assert_eq!(answers("Epoch 12 : 812/1000"), Some((12.0, 812.0, 1000.0)));
        for text in
            ["Epoch 3: 0.5 / 1", "Epoch 3/30: 9 / 10", "Step 3: 9 / 10", "Epoch 3: 9512", "Epoch: 9 / 10", ""]
        {
            assert_eq!(answers(text), None, "{text}");
        }
    }
}
