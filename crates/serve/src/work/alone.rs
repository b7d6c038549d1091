//! Work on several things at once, in which one must not harm the others.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// A result for each of `items`: of all of them at once, or of each alone if that fails or panics.
pub(super) fn together_or_alone<T, R>(
    items: &[T],
    mut work: impl FnMut(&[T]) -> Result<Vec<R>, String>,
) -> Vec<Result<R, String>> {
    let mut attempt = |items: &[T]| {
        let results = catch_unwind(AssertUnwindSafe(|| work(items)))
            .unwrap_or_else(|_| Err("the photo made the network fail".to_owned()))?;
        if results.len() == items.len() {
            Ok(results)
        } else {
            Err(format!("{} results for {} photos", results.len(), items.len()))
        }
    };
    match attempt(items) {
        Ok(results) => results.into_iter().map(Ok).collect(),
        Err(error) if items.len() < 2 => items.iter().map(|_| Err(error.clone())).collect(),
        Err(_) => items
            .chunks(1)
            .map(|item| attempt(item).and_then(|mut results| results.pop().ok_or_else(String::new)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_fails_or_panics_does_not_take_its_neighbours_down() {
        let work = |items: &[i32]| {
            assert!(!items.contains(&13), "bad luck");
            if items.contains(&7) {
                return Err("seven".to_owned());
            }
            Ok(items.iter().map(|item| item * 2).collect())
        };
        assert_eq!(together_or_alone(&[1, 2, 3], work), [Ok(2), Ok(4), Ok(6)]);
        let results = together_or_alone(&[1, 13, 7, 2], work);
        assert_eq!((&results[0], &results[3]), (&Ok(2), &Ok(4)));
        assert_eq!(results[2], Err("seven".to_owned()));
        assert!(results[1].as_ref().is_err_and(|error| error.contains("fail")));
        assert_eq!(together_or_alone(&[], work), []);
        assert!(together_or_alone(&[1, 2], |_| Ok(vec![1]))[0].is_ok(), "alone there is one result for one");
    }
}
