//! `top1` and `top5` that are errors: fb.resnet.torch prints the share of wrong answers under these names.
//!
//! The likeliest class is never right more often than the five likeliest, but wrong more often. Where `top1` lies above
//! `top5` throughout and both fall over the run, they are errors.

use crate::column::Column;
use crate::fold;
use crate::meaning::Quantity;

/// Fewer values show nothing.
const FEWEST: usize = 3;

/// Takes ranks that behave as errors for errors.
pub(crate) fn settle(columns: &mut [Column]) {
    let bare = |column: &Column, name: &str| {
        let column = column.name.trim_end_matches(" (mean)");
        let words: Vec<String> = fold::words(column, 3).into_iter().map(|word| word.text).collect();
        words.join(" ") == name
    };
    let falls = |column: &Column| match &column.finals[..] {
        [first, .., last] => column.finals.len() >= FEWEST && last.value < first.value,
        _ => false,
    };
    let ones: Vec<usize> = (0..columns.len())
        .filter(|&index| {
            columns[index].meaning.quantity == Quantity::Accuracy && bare(&columns[index], "top 1")
        })
        .collect();
    for one in ones {
        let five = columns.iter().position(|column| {
            column.meaning.quantity == Quantity::TopFive
                && column.meaning.split == columns[one].meaning.split
                && bare(column, "top 5")
                && column.finals.len() == columns[one].finals.len()
        });
        let Some(five) = five else { continue };
        let pairs = || columns[one].finals.iter().zip(&columns[five].finals);
        if falls(&columns[one]) && falls(&columns[five]) && pairs().all(|(one, five)| one.value > five.value)
        {
            columns[one].meaning.quantity = Quantity::ErrorRate;
            columns[five].meaning.quantity = Quantity::TopFiveError;
        }
    }
}
