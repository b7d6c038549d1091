//! The model card (Mitchell et al., "Model Cards for Model Reporting", 2019) as Markdown: what a classifier is, what it is
//! for, how good it is on what, and how to repeat it.

use std::fmt::Write as _;

use super::page::provenance::facts;
use super::verdict::verdict;
use super::view::{Origin, RunView};
use super::words::{count, percent};
use crate::estimate::Estimate;
use crate::layout::number::Number;

/// The model card. Equal views give equal texts.
pub fn model_card(view: &RunView) -> String {
    let title = if view.subject.is_empty() { "Model card".to_owned() } else { plain(&view.subject) };
    let sections = [
        ("Model details", details(view)),
        ("Intended use", intended_use(view)),
        ("Factors", factors(view)),
        ("Metrics", metrics(view)),
        ("Evaluation data", evaluation_data(view)),
        ("Training data", training_data(view)),
        ("Quantitative analyses", analyses(view)),
        ("Ethical considerations", ethics()),
        ("Caveats and recommendations", caveats(view)),
        ("How to repeat it", repeat(view)),
    ];
    let mut card = format!("# {title}\n\n{}\n", plain(&verdict(view).lead));
    for (heading, body) in sections.into_iter().filter(|(_, body)| !body.is_empty()) {
        // Writing to a string can not fail.
        let _ = write!(card, "\n## {heading}\n\n{}\n", body.trim_end());
    }
    card
}

/// The text with everything escaped that Markdown or HTML would take for its own, in one line.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A block that is shown as it is, behind a fence longer than any within.
fn fenced(kind: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{kind}\n{}\n{fence}\n", text.trim_end())
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<String> = rows.into_iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    if rows.is_empty() {
        return String::new();
    }
    let line: Vec<&str> =
        head.iter().enumerate().map(|(column, _)| if column == 0 { "---" } else { "---:" }).collect();
    format!("| {} |\n| {} |\n{}", head.join(" | "), line.join(" | "), rows.concat())
}

fn told(number: Number, estimate: Estimate) -> String {
    let span = estimate.span(number);
    let span = if span.is_empty() { span } else { format!(" ({span})") };
    format!("{}{span}", number.shown(estimate.value))
}

fn details(view: &RunView) -> String {
    let mut rows = facts(view);
    rows.push(("Trained with".to_owned(), "foliar".to_owned()));
    table(&["", ""], rows.into_iter().map(|(name, value)| vec![plain(&name), plain(&value)]))
        .replace("---:", "---")
}

fn intended_use(view: &RunView) -> String {
    let classes: Vec<String> =
        view.model.classes.iter().map(|class| format!("- {}\n", plain(class))).collect();
    format!(
        "It names, from a photograph of one leaf, one of the classes below, and is meant for photographs like those that it \
         was tested on. It is an aid to a person who looks at the plant. It is not meant to decide by itself on spraying, \
         quarantine or insurance, and knows no crop and no disease that is not in this list.\n\n{}",
        classes.concat()
    )
}

fn factors(view: &RunView) -> String {
    let mut words = "How good it is depends on the class (table below), on how the photograph was taken, and on whether its \
                     photographs are like those of the test: crop, variety, place, season, camera, light and background."
        .to_owned();
    if let Some(robustness) = &view.robustness {
        let head: Vec<String> = std::iter::once("made worse by".to_owned())
            .chain(robustness.severities.iter().map(|s| plain(s)))
            .collect();
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let cells = |cells: &[Option<f64>]| {
            (0..robustness.severities.len())
                .map(|place| {
                    cells
                        .get(place)
                        .copied()
                        .flatten()
                        .map_or_else(|| "–".to_owned(), |share| Number::Percent.shown(share))
                })
                .collect::<Vec<_>>()
        };
        let rows = robustness.rows.iter().map(|(name, of)| [vec![plain(name)], cells(of)].concat());
        words += &format!(
            "\n\nAccuracy on {} of the test, {} as they are:\n\n{}",
            count(robustness.photographs, "photograph", "photographs"),
            Number::Percent.shown(robustness.clean),
            table(&head, rows)
        );
    }
    words
}

fn metrics(view: &RunView) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |name: &str, number, estimate| rows.push((name.to_owned(), told(number, estimate)));
    if let Some(scores) = &view.scores {
        row("accuracy", Number::Percent, scores.accuracy);
        for (k, accuracy) in &scores.top {
            row(&format!("class among the first {k}"), Number::Percent, *accuracy);
        }
        row("macro F1", Number::Percent, scores.macro_f1);
        row("loss (mean cross-entropy, nats)", Number::Plain, scores.loss);
    }
    if let Some(calibration) = &view.calibration {
        row("expected calibration error", Number::Plain, calibration.error);
        if let Some(excess) = calibration.excess {
            row("its excess over a calibrated classifier's", Number::Plain, excess);
        }
        row("Brier score", Number::Plain, calibration.brier);
    }
    if let Some(sets) = &view.conformal {
        row(
            &format!("sets that hold the class, of {} promised", percent(sets.promised)),
            Number::Percent,
            sets.found,
        );
    }
    for set in &view.strangers {
        for (score, area) in &set.auroc {
            row(&format!("leaf against {}: area under the curve by {score}", set.name), Number::Plain, *area);
        }
    }
    if rows.is_empty() {
        return "Nothing was measured: there were no photographs to test it on.".to_owned();
    }
    let rows = rows.into_iter().map(|(name, value)| vec![plain(&name), value]);
    format!("In brackets 95 % intervals.\n\n{}", table(&["metric", "value"], rows))
}

fn evaluation_data(view: &RunView) -> String {
    if view.test.photographs == 0 {
        return "None.".to_owned();
    }
    let groups = view
        .test
        .groups
        .map_or_else(String::new, |groups| format!(" in {}", count(groups, "group", "groups")));
    let photographs = count(view.test.photographs, "photograph", "photographs");
    let used = match view.test.origin {
        Origin::Test => "They took part in nothing before.",
        Origin::Validation => {
            "They also chose the epoch and calibrated the probabilities, which flatters a little."
        }
        Origin::Other => "They come from another folder than those it was trained on.",
        Origin::Trained => {
            "Those that it was trained on are among them: the figures say nothing of other photographs."
        }
    };
    format!("{photographs}{groups}: {}. {used}", plain(&view.test.describe()))
}

fn training_data(view: &RunView) -> String {
    let origin = &view.provenance;
    let splits: Vec<String> = origin
        .splits
        .iter()
        .map(|(split, photographs)| format!("{} {split}", Number::Count.shown(*photographs as f64)))
        .collect();
    let mut words = format!("{}: {}.", plain(&origin.photographs), plain(&splits.join(", ")));
    if let Some(audit) = &view.audit {
        for remark in &audit.remarks {
            words += &format!("\n- **{}** {}", plain(&remark.title), plain(&remark.text));
        }
    }
    words
}

fn analyses(view: &RunView) -> String {
    let Some(scores) = &view.scores else { return String::new() };
    let share = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| "–".to_owned(), |one| told(Number::Percent, one))
    };
    let rows = scores.classes.iter().map(|class| {
        vec![
            plain(&class.name),
            class.photographs.to_string(),
            share(class.precision),
            share(class.recall),
            share(class.f1),
            share(class.background.map(Estimate::point)),
        ]
    });
    table(&["class", "photographs", "precision", "recall", "F1", "evidence beside the leaf"], rows)
}

fn ethics() -> String {
    "A wrong name costs: an untreated disease spreads, a needless treatment harms people, land and purse. Have a person confirm \
     what follows from an answer. Photographs may hold places and people; check before you share them."
        .to_owned()
}

fn caveats(view: &RunView) -> String {
    let reservations = verdict(view).reservations;
    let reservations = reservations
        .iter()
        .map(|remark| format!("- **{}.** {}\n", plain(&remark.title), plain(&remark.text)));
    let absent = view
        .absent
        .iter()
        .map(|absent| format!("- Not measured: {}: {}\n", plain(&absent.what), plain(&absent.why)));
    reservations.chain(absent).collect()
}

fn repeat(view: &RunView) -> String {
    let origin = &view.provenance;
    let mut words = String::new();
    if !origin.commands.is_empty() {
        words += &fenced("sh", &origin.commands.join("\n"));
    }
    if !origin.recipe.is_empty() {
        words += &format!("\nThe whole recipe:\n\n{}", fenced("toml", &origin.recipe));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_write_markdown() {
        assert_eq!(plain("a|b_c*d\n<script>"), "a\\|b\\_c\\*d \\<script\\>");
        assert_eq!(fenced("sh", "a ``` b"), "````sh\na ``` b\n````\n");
        assert_eq!(fenced("sh", "foliar"), "```sh\nfoliar\n```\n");
    }
}
