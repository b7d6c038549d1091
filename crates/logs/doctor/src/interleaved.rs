//! Two runs whose lines take turns in one log, as where two programs write to one terminal.
//!
//! Their epochs go up and down in turns: 0, 222, 1, 223, 2, 224. Each number goes on one of two counts.

/// Fewer numbers show nothing.
const FEWEST: usize = 6;

/// For each of `epochs` whether it belongs to the second of two runs that take turns; `None` where they do not.
pub(crate) fn second_of_two(epochs: &[f64]) -> Option<Vec<bool>> {
    let backwards = epochs.windows(2).filter(|pair| pair[1] < pair[0]).count();
    if epochs.len() < FEWEST || 3 * backwards < epochs.len() {
        return None;
    }
    let (mut first, mut second): (Option<f64>, Option<f64>) = (None, None);
    let mut of_second = Vec::with_capacity(epochs.len());
    for &epoch in epochs {
        let goes_on = |last: Option<f64>| last.is_some_and(|last| epoch == last + 1.0 || epoch == last);
        let to_second = match (first, second) {
            (None, _) => false,
            (Some(_), _) if goes_on(first) => false,
            (_, None) => true,
            _ if goes_on(second) => true,
            _ => return None,
        };
        *if to_second { &mut second } else { &mut first } = Some(epoch);
        of_second.push(to_second);
    }
    let count = of_second.iter().filter(|second| **second).count();
    (3 * count >= epochs.len() && 3 * count <= 2 * epochs.len()).then_some(of_second)
}

#[cfg(test)]
mod tests {
    use super::second_of_two;

    #[test]
    fn counts_that_take_turns_are_told_apart() {
        let turns = [0.0, 50.0, 1.0, 51.0, 2.0, 52.0, 3.0];
        assert_eq!(second_of_two(&turns), Some(vec![false, true, false, true, false, true, false]));
        assert_eq!(second_of_two(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), None);
        assert_eq!(second_of_two(&[0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0]), None);
        assert_eq!(second_of_two(&[0.0, 9.0, 4.0, 2.0, 7.0, 1.0, 3.0]), None);
    }
}
