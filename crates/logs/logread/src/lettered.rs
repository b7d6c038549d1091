//! Names that say their photos with one letter: `t_loss` and `v_loss`, `t_acc` and `v_acc`.
//!
//! Alone either may mean something else: a total, the loss of a value function, that of a teacher. Only both tell.

use crate::column::Column;
use crate::meaning::Quantity;
use crate::run_log::Split;

/// Gives such columns their photos.
pub(crate) fn settle(columns: &mut [Column]) {
    let whole = columns.iter().any(|column| column.meaning.quantity == Quantity::Loss);
    for training in 0..columns.len() {
        let Some(name) = after_letter(&columns[training].name, 't') else { continue };
        let quantity = columns[training].meaning.quantity;
        let twin = columns.iter().position(|column| {
            column.meaning.quantity == quantity && after_letter(&column.name, 'v').as_deref() == Some(&name)
        });
        let lone_total = || {
            let parts = columns.iter().filter(|column| column.meaning.quantity == Quantity::LossPart);
            parts.count() > 1 && quantity == Quantity::LossPart
        };
        match twin {
            Some(twin) if quantity.has_split() && !(whole && quantity == Quantity::LossPart) => {
                for (index, split) in [(training, Split::Train), (twin, Split::Validation)] {
                    let meaning = &mut columns[index].meaning;
                    meaning.split = Some(split);
                    meaning.extras = meaning.extras.saturating_sub(1);
                    if quantity == Quantity::LossPart {
                        meaning.quantity = Quantity::Loss;
                    }
                }
            }
            // The total beside its parts: `t_loss=15.2, m_loss=12.5, i_loss=2.7`.
            None if !whole && lone_total() => columns[training].meaning.quantity = Quantity::Loss,
            _ => {}
        }
    }
}

/// What follows the letter and a mark in a name.
fn after_letter(name: &str, letter: char) -> Option<String> {
    let lower = name.to_lowercase();
    let rest = lower.trim_start().strip_prefix(letter)?.strip_prefix(['_', '-', '/', '.'])?.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}
