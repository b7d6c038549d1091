//! The model card (Mitchell et al., "Model Cards for Model Reporting", 2019) as Markdown: what a classifier is, what it is
//! for, how good it is on what, and how to repeat it.

use std::fmt::Write as _;

use foliar_results::words::{count, percent};
use foliar_results::{Calibrated, Estimate, Origin, RunReport, Verdict, scale};

use super::page::provenance::facts;
use super::page::surroundings;
use crate::layout::number::Number;
use crate::markdown::{fenced, plain, table};
use crate::page::parts::with_interval;

/// The model card. Equal reports give equal texts.
pub fn model_card(report: &RunReport) -> String {
    let title = if report.subject.is_empty() { "Model card".to_owned() } else { plain(&report.subject) };
    let verdict = report.verdict();
    let sections = [
        ("Model details", details(report)),
        ("Intended use", intended_use(report)),
        ("Factors", factors(report)),
        ("Metrics", metrics(report)),
        ("Evaluation data", evaluation_data(report)),
        ("Training data", training_data(report)),
        ("Quantitative analyses", analyses(report)),
        ("Ethical considerations", ethics()),
        ("Caveats and recommendations", caveats(report, &verdict)),
        ("How to repeat it", repeat(report)),
    ];
    let scale = if report.evaluation.is_some() { format!("\n{}\n", plain(&scale())) } else { String::new() };
    let mut card = format!("# {title}\n\n{}\n{scale}", plain(&verdict.summary));
    for (heading, body) in sections.into_iter().filter(|(_, body)| !body.is_empty()) {
        // Writing to a string cannot fail.
        let _ = write!(card, "\n## {heading}\n\n{}\n", body.trim_end());
    }
    card
}

fn details(report: &RunReport) -> String {
    let mut rows = facts(report);
    rows.push(("Trained with".to_owned(), "foliar".to_owned()));
    table(&["", ""], rows.into_iter().map(|(name, value)| vec![plain(&name), plain(&value)]))
        .replace("---:", "---")
}

fn intended_use(report: &RunReport) -> String {
    let classes: Vec<String> =
        report.model.classes.iter().map(|class| format!("- {}\n", plain(class))).collect();
    format!(
        "From a photo of one leaf it predicts one of the classes below. It is meant for photos like those that it was tested \
         on, and as an aid to a person who looks at the plant. It is not meant to decide by itself on spraying, quarantine or \
         insurance, and it knows no crop and no disease that is not in this list.\n\n{}",
        classes.concat()
    )
}

fn factors(report: &RunReport) -> String {
    let mut words = "How good it is depends on the class (table below), on how the photo was taken, and on how much the photo is \
                     like those of the test: crop, variety, place, season, camera, light and background."
        .to_owned();
    let robustness = report.evaluation.as_ref().and_then(|evaluation| evaluation.robustness.as_ref());
    let robustness = robustness.and_then(|robustness| Some((robustness, robustness.clean()?)));
    if let Some((robustness, clean)) = robustness {
        let severities = (1..=robustness.severities()).map(|severity| severity.to_string());
        let head: Vec<String> = std::iter::once("corruption".to_owned()).chain(severities).collect();
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let rows = robustness.corruptions().iter().map(|row| {
            let cell = |place| {
                let accuracy = row.accuracy.get(place);
                accuracy.map_or_else(|| "–".to_owned(), |one: &Estimate| Number::Percent.shown(one.value))
            };
            std::iter::once(plain(&row.corruption)).chain((0..robustness.severities()).map(cell)).collect()
        });
        words += &format!(
            "\n\nAccuracy on {} of the test by severity of a corruption; without corruption {}:\n\n{}",
            count(robustness.photographs, "photo", "photos"),
            Number::Percent.shown(clean.value),
            table(&head, rows)
        );
    }
    words
}

fn metrics(report: &RunReport) -> String {
    let Some(evaluation) = &report.evaluation else {
        return "Nothing was measured: there were no photos to test it on.".to_owned();
    };
    let scores = &evaluation.scores;
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |name: &str, number, estimate: Estimate| {
        rows.push((name.to_owned(), with_interval(number, estimate)))
    };
    row("accuracy", Number::Percent, scores.accuracy);
    for top in &scores.top {
        row(&format!("top-{} accuracy", top.k), Number::Percent, top.accuracy);
    }
    let covered = match (evaluation.averaged_classes, evaluation.classes.len()) {
        (covered, all) if covered < all => format!("macro F1 (over {covered} of {all} classes)"),
        _ => "macro F1".to_owned(),
    };
    row(&covered, Number::Percent, scores.macro_f1);
    row("loss (mean cross-entropy, nats)", Number::Plain, scores.loss);
    row("expected calibration error", Number::Plain, Estimate::point(evaluation.calibration.error));
    row("its excess over chance", Number::Plain, evaluation.calibration.excess);
    row("Brier score", Number::Plain, scores.brier);
    if let Some(sets) = &evaluation.prediction_sets {
        let name = format!("prediction sets that hold the true class (target {})", percent(1.0 - sets.alpha));
        row(&name, Number::Percent, sets.coverage);
    }
    if evaluation.selective.threshold.is_some() {
        let proven = match (evaluation.selective.proven, evaluation.selective.calibrated) {
            (true, Some(Calibrated::HeldOut)) => "proven threshold",
            (true, Some(Calibrated::Refitted)) => "threshold proven for the models of cross-validation",
            (true, _) => {
                "threshold not proven: its photos were also used to choose the epoch or to fit the temperature"
            }
            (false, _) => "threshold without guarantee",
        };
        for (name, share) in [
            (format!("answered ({proven})"), evaluation.selective.answered),
            ("wrong answers among these".to_owned(), evaluation.selective.error),
        ] {
            share.into_iter().for_each(|share| row(&name, Number::Percent, share));
        }
    }
    for set in evaluation.ood.iter().flat_map(|ood| &ood.sets) {
        row(&format!("OOD detection of {}, AUROC", set.short_name()), Number::Plain, set.auroc());
    }
    let rows = rows.into_iter().map(|(name, value)| vec![plain(&name), value]);
    format!("95 % intervals in brackets.\n\n{}", table(&["metric", "value"], rows))
}

fn evaluation_data(report: &RunReport) -> String {
    let Some(evaluation) = &report.evaluation else { return "None.".to_owned() };
    let data = &evaluation.data;
    let groups = if data.groups < evaluation.photographs {
        format!(" in {}", count(data.groups, "group", "groups"))
    } else {
        String::new()
    };
    let photographs = count(evaluation.photographs, "photo", "photos");
    let used = match data.origin {
        _ if data.training_included > 0 => {
            "Training photos are among them: results on them measure memorisation, not generalisation."
        }
        Origin::Test => "They were used for nothing before.",
        Origin::Validation => {
            "Epoch, temperature and thresholds were tuned on this data, so these results are optimistic."
        }
        Origin::Folder => "They are from another folder than the training photos.",
    };
    format!("{photographs}{groups}: {}. {used}", plain(&data.describe()))
}

fn training_data(report: &RunReport) -> String {
    let origin = &report.provenance;
    let splits: Vec<String> = origin
        .splits
        .iter()
        .map(|(split, photographs)| format!("{} {split}", Number::Count.shown(*photographs as f64)))
        .collect();
    let mut words = format!("{}: {}.", plain(&origin.photographs), plain(&splits.join(", ")));
    for finding in report.audit.iter().flat_map(|audit| &audit.findings) {
        let text = sentences(&[], &finding.claim, &finding.advice);
        words += &format!("\n- **{}.** {}", plain(finding.id.title()), plain(&text));
    }
    words
}

fn analyses(report: &RunReport) -> String {
    let Some(evaluation) = &report.evaluation else { return String::new() };
    let share = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| "–".to_owned(), |one| with_interval(Number::Percent, one))
    };
    let background = |class: &str| {
        let classes = report.evidence.iter().flat_map(|evidence| &evidence.classes);
        let explained = classes.filter(|explained| explained.share.measured > 0);
        let mut found = explained.filter(|explained| explained.class == class);
        found.next().map(|explained| Estimate::point(explained.share.background))
    };
    let rows = evaluation.classes.iter().map(|class| {
        vec![
            plain(&class.class),
            class.photographs.to_string(),
            share(class.precision()),
            share(class.recall()),
            share(class.f1()),
            share(background(&class.class)),
        ]
    });
    let classes =
        table(&["class", "photos", "precision", "recall", "F1", "evidence on the background"], rows);
    let odd = evaluation.missing_classes_words().into_iter().chain(evaluation.unknown_classes_words());
    let classes = odd.fold(classes, |classes, odd| format!("{classes}\n\n{}.", plain(&odd)));
    let changed = background_changes(report);
    if changed.is_empty() { classes } else { format!("{classes}\n\n{changed}") }
}

/// What other backgrounds have changed; empty where nothing was measured.
fn background_changes(report: &RunReport) -> String {
    let (border, earlier) = (report.surroundings.border.as_ref(), report.surroundings.earlier.as_ref());
    let evidence = report.evidence.as_ref().zip(earlier);
    let border_row = border.map(|border| {
        let [before, after] = [&border.as_they_are, &border.as_trained]
            .map(|probe| with_interval(Number::Percent, probe.accuracy));
        vec!["correct from the outer border alone".to_owned(), before, after]
    });
    let evidence_row = evidence.map(|(now, earlier)| {
        let [before, after] = [&earlier.evidence, now].map(|of| Number::Percent.shown(of.overall.background));
        vec![format!("evidence on the background; before: {}", plain(&earlier.run)), before, after]
    });
    let rows: Vec<Vec<String>> = border_row.into_iter().chain(evidence_row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let caption = plain(&surroundings::caption(border, evidence));
    format!("{}\n\n{caption}", table(&["leaf and background", "before", "after"], rows))
}

fn ethics() -> String {
    "A wrong prediction has a price: an untreated disease spreads, and a needless treatment harms people, land and purse. Have a \
     person confirm what follows from an answer. Photos may show places and people; check before you share them."
        .to_owned()
}

fn caveats(report: &RunReport, verdict: &Verdict) -> String {
    let findings = verdict.findings.iter().map(|finding| {
        let text = sentences(&finding.evidence, "", &finding.advice);
        format!("- **{}.** {}\n", plain(&finding.claim), plain(&text))
    });
    let missing = report
        .missing
        .iter()
        .map(|missing| format!("- Not measured: {}: {}\n", plain(&missing.section), plain(&missing.reason)));
    findings.chain(missing).collect()
}

/// All of them in one line.
fn sentences(evidence: &[String], claim: &str, advice: &str) -> String {
    let parts = std::iter::once(claim).chain(evidence.iter().map(String::as_str)).chain([advice]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn repeat(report: &RunReport) -> String {
    let origin = &report.provenance;
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
    fn names_cannot_write_markdown() {
        assert_eq!(plain("a|b_c*d\n<script>"), "a\\|b\\_c\\*d \\<script\\>");
        assert_eq!(fenced("sh", "a ``` b"), "````sh\na ``` b\n````\n");
        assert_eq!(fenced("sh", "foliar"), "```sh\nfoliar\n```\n");
    }
}
