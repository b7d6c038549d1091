//! From the tables of an audit to what it says, and to what it proposes to leave out.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Audit, CopyPair};
use crate::finding::{Finding, Id, Severity};
use crate::groups::Basis;
use crate::probe::{Clue, Probe};
use crate::quality::Flaw;
use crate::quarantine::Proposal;

/// Examples that a finding names.
const EXAMPLES: usize = 4;
/// Largest class over smallest from which on that is said.
const IMBALANCED: f64 = 4.0;
/// Points of accuracy by which a random split flatters from which on that is a warning.
const FLATTERING: f64 = 0.02;

/// Everything there is to say, by importance.
pub(crate) fn findings(audit: &Audit) -> Vec<Finding> {
    let mut findings: Vec<Finding> = [
        across_splits(audit),
        across_classes(audit),
        marks(audit),
        background(audit),
        random_split(audit),
        wrong_labels(audit),
        broken(audit),
        copies(audit),
        imbalance(audit),
        quality(audit),
        no_groups(audit),
    ]
    .into_iter()
    .flatten()
    .collect();
    if findings.iter().all(|finding| finding.severity == Severity::Note) {
        findings.push(Finding {
            id: Id::Sound,
            severity: Severity::Note,
            claim: "Nothing was found that would make numbers measured on these photographs doubtful."
                .to_owned(),
            evidence: Vec::new(),
            advice: "Photographs from another place and season are the test that no audit replaces."
                .to_owned(),
        });
    }
    // Stable: equals stay in the order above.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// `1 photograph`, `2 photographs`.
fn counted(count: usize, what: &str) -> String {
    let plural = match what.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{what}s"),
    };
    if count == 1 { format!("1 {what}") } else { format!("{count} {plural}") }
}

fn pair_line(copy: &CopyPair) -> String {
    let how = match (copy.exact, copy.symmetry.words()) {
        (true, _) => "the same bytes".to_owned(),
        (false, "") => format!("detail {:.3}", copy.detail),
        (false, words) => format!("{words}, detail {:.3}", copy.detail),
    };
    format!("{} and {} ({how})", copy.a, copy.b)
}

fn examples<'a>(copies: impl Iterator<Item = &'a CopyPair>) -> Vec<String> {
    let mut lines: Vec<String> = copies.map(pair_line).collect();
    let more = lines.len().saturating_sub(EXAMPLES);
    lines.truncate(EXAMPLES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn across_splits(audit: &Audit) -> Option<Finding> {
    let across: Vec<&CopyPair> = audit.copies.iter().filter(|copy| copy.across_splits).collect();
    let measured: BTreeSet<&str> = across.iter().flat_map(|copy| [&copy.a[..], &copy.b[..]]).collect();
    (!across.is_empty()).then(|| Finding {
        id: Id::CopiesAcrossParts,
        severity: Severity::Error,
        claim: format!(
            "{} stand on both sides of the train, validation and test folders: what is measured on them is memory, not \
             skill.",
            counted(measured.len(), "photograph")
        ),
        evidence: examples(across.iter().copied()),
        advice: "Keep them on one side. `foliar train` leaves those in training out; other programs need the folders mended, \
                 by duplicates.csv."
            .to_owned(),
    })
}

fn across_classes(audit: &Audit) -> Option<Finding> {
    let across: Vec<&CopyPair> = audit.copies.iter().filter(|copy| copy.across_classes).collect();
    (!across.is_empty()).then(|| Finding {
        id: Id::CopiesAcrossClasses,
        severity: Severity::Warning,
        claim: format!(
            "{} of the same photograph lie in different classes; in each, at least one class is wrong.",
            counted(across.len(), "pair")
        ),
        evidence: examples(across.iter().copied()),
        advice: "Look at them and take the wrong ones away, or list both in the quarantine.".to_owned(),
    })
}

fn marks(audit: &Audit) -> Option<Finding> {
    let marks = &audit.background.marks;
    let line = |mark: &crate::marks::Mark| {
        let [red, green, blue] = mark.colour;
        format!(
            "{}: {} have the colour #{red:02x}{green:02x}{blue:02x} in the {}, and {:.1} % of all others",
            mark.class,
            percent(mark.share),
            mark.region.words(),
            100.0 * mark.others
        )
    };
    let first = marks.first()?;
    Some(Finding {
        id: Id::Mark,
        severity: Severity::Error,
        claim: format!(
            "Photographs of {} carry a mark in the {} that others do not: a network can learn the mark and never look at the \
             leaf.",
            first.class,
            first.region.words()
        ),
        evidence: marks.iter().map(line).collect(),
        advice: "Crop the border off all photographs, of every class alike, or take them again.".to_owned(),
    })
}

fn probe_line(probe: &Probe) -> String {
    format!(
        "{}: {} right ({} to {}), where the most frequent class has {}; balanced {}, where guessing has {}",
        probe.clue.words(),
        percent(probe.accuracy.value),
        percent(probe.accuracy.low),
        percent(probe.accuracy.high),
        percent(probe.most_frequent),
        percent(probe.balanced_accuracy),
        percent(probe.guessing)
    )
}

fn background(audit: &Audit) -> Option<Finding> {
    let probes = &audit.background.probes;
    let beside = |probe: &&Probe| probe.far_above_chance && probe.clue.is_beside_the_leaf();
    let best = probes.iter().filter(beside).max_by(|a, b| a.accuracy.value.total_cmp(&b.accuracy.value))?;
    let mut evidence: Vec<String> =
        probes.iter().filter(|probe| probe.far_above_chance).map(probe_line).collect();
    let mut told: Vec<(f64, &str)> = best
        .class_auroc
        .iter()
        .zip(&audit.classes)
        .filter_map(|(area, class)| Some(((*area)?, &class.class[..])))
        .collect();
    told.sort_by(|a, b| b.0.total_cmp(&a.0));
    let named: Vec<String> =
        told.iter().take(3).map(|(area, class)| format!("{class} (area {area:.2})")).collect();
    evidence.push(format!("most given away by {}: {}", best.clue.words(), named.join(", ")));
    let cause = match best.clue {
        Clue::Border | Clue::BorderPixels => {
            "Classes were photographed on different grounds or in different light. A classifier can score well by that alone \
             and fail elsewhere; test it on photographs from another place, and look at where it looks (`foliar explain`)."
        }
        _ => {
            "Classes come from different cameras or were saved in different ways. A classifier can score well by the traces \
             of that alone; test it on photographs from another source."
        }
    };
    Some(Finding {
        id: Id::Background,
        severity: Severity::Warning,
        claim: format!(
            "The class can be told without looking at the leaf: {} alone {} right {} of the time on groups not seen before \
             (most frequent class: {}).",
            best.clue.words(),
            if best.clue == Clue::BorderPixels { "are" } else { "is" },
            percent(best.accuracy.value),
            percent(best.most_frequent)
        ),
        evidence,
        advice: cause.to_owned(),
    })
}

fn random_split(audit: &Audit) -> Option<Finding> {
    let check = audit.split_check.as_ref()?;
    let flatters = check.flattery.low > 0.0 && check.flattery.value >= FLATTERING;
    let on = if check.of_a_network {
        format!("a simple classifier on features of {}", check.features)
    } else {
        format!(
            "a simple classifier on {} (give --weights for features of a network, which flatter more)",
            check.features
        )
    };
    let [random, grouped] = [check.random, check.grouped].map(|interval| percent(interval.value));
    Some(Finding {
        id: Id::RandomSplit,
        severity: if flatters { Severity::Warning } else { Severity::Note },
        claim: if flatters {
            format!(
                "A random split flatters: {random} instead of {grouped} right, {:.1} points more than on groups not seen \
                 before ({:.1} to {:.1}).",
                100.0 * check.flattery.value,
                100.0 * check.flattery.low,
                100.0 * check.flattery.high
            )
        } else {
            format!("A random split and a grouped one come to nearly the same: {random} and {grouped} right.")
        },
        evidence: vec![format!(
            "{on}; {} in {} of two or more",
            counted(check.grouped_photographs, "photograph"),
            counted(check.groups, "group")
        )],
        advice: "Split by group, as `foliar train` does, and keep the split (split.csv) for every program that is compared."
            .to_owned(),
    })
}

fn wrong_labels(audit: &Audit) -> Option<Finding> {
    let strong: Vec<_> = audit.suspects.iter().filter(|suspect| suspect.strong).collect();
    let all = audit.suspects.len();
    (all > 0).then(|| Finding {
        id: Id::WrongLabels,
        severity: if strong.is_empty() { Severity::Note } else { Severity::Warning },
        claim: if strong.is_empty() {
            format!("{} look more like another class than like their own; none of them strongly.", counted(all, "photograph"))
        } else {
            format!(
                "{} strongly look like another class than their own, and {} somewhat.",
                counted(strong.len(), "photograph"),
                all - strong.len()
            )
        },
        evidence: strong
            .iter()
            .take(EXAMPLES)
            .map(|suspect| format!("{}: {}", suspect.path, suspect.reason))
            .collect(),
        advice: "Have someone who knows the diseases look through labels.csv from the top; hard photographs that are right \
                 are worth keeping."
            .to_owned(),
    })
}

fn broken(audit: &Audit) -> Option<Finding> {
    let broken: Vec<_> = audit.problems.iter().filter(|problem| problem.excluded).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    broken.iter().for_each(|problem| *kinds.entry(&problem.code).or_insert(0) += 1);
    (!broken.is_empty()).then(|| Finding {
        id: Id::BrokenFiles,
        severity: Severity::Warning,
        claim: format!("{} can not be used.", counted(broken.len(), "file")),
        evidence: broken
            .iter()
            .take(EXAMPLES)
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect(),
        advice: format!(
            "Copy them again from where they came; training leaves them out by itself ({}).",
            kinds.iter().map(|(code, count)| format!("{count} {code}")).collect::<Vec<_>>().join(", ")
        ),
    })
}

fn copies(audit: &Audit) -> Option<Finding> {
    let within: Vec<&CopyPair> =
        audit.copies.iter().filter(|copy| !copy.across_classes && !copy.across_splits).collect();
    let exact = within.iter().filter(|copy| copy.exact).count();
    (!within.is_empty()).then(|| Finding {
        id: Id::Copies,
        severity: Severity::Warning,
        claim: format!(
            "{} are copies of one another within their class: {exact} byte for byte, {} resized, saved again, cropped, turned \
             or brightened.",
            counted(within.len(), "pair"),
            within.len() - exact
        ),
        evidence: examples(within.iter().copied()),
        advice: "They stay on one side of a split by themselves here. For other programs, keep one of each: duplicates.csv."
            .to_owned(),
    })
}

fn imbalance(audit: &Audit) -> Option<Finding> {
    let most = audit.classes.iter().max_by_key(|class| class.photographs)?;
    let least = audit.classes.iter().min_by_key(|class| class.photographs)?;
    (audit.imbalance >= IMBALANCED).then(|| Finding {
        id: Id::Imbalance,
        severity: Severity::Note,
        claim: format!(
            "{} has {:.0} times as many photographs as {}.",
            most.class, audit.imbalance, least.class
        ),
        evidence: vec![format!(
            "{}: {}; {}: {}",
            most.class, most.photographs, least.class, least.photographs
        )],
        advice: "Look at the macro F1 instead of the accuracy; --class-weights balanced lets classes count the same.".to_owned(),
    })
}

fn quality(audit: &Audit) -> Option<Finding> {
    let mut counts: BTreeMap<Flaw, Vec<&str>> = BTreeMap::new();
    for photo in &audit.photographs {
        photo.flaws.iter().for_each(|flaw| counts.entry(flaw.flaw).or_default().push(&photo.path));
    }
    let flawed = audit.photographs.iter().filter(|photo| !photo.flaws.is_empty()).count();
    (flawed > 0).then(|| Finding {
        id: Id::Quality,
        severity: Severity::Note,
        claim: format!("{} of poor quality.", if flawed == 1 { "1 photograph is".to_owned() } else { format!("{flawed} photographs are") }),
        evidence: counts
            .iter()
            .map(|(flaw, paths)| format!("{} {}: {}", paths.len(), flaw.words(), paths[..paths.len().min(3)].join(", ")))
            .collect(),
        advice: "Look at them (audit.csv has what was measured); a photograph on which a person sees nothing teaches nothing."
            .to_owned(),
    })
}

fn no_groups(audit: &Audit) -> Option<Finding> {
    (audit.groups.basis == Basis::Copies).then(|| Finding {
        id: Id::NoGroups,
        severity: Severity::Note,
        claim: "File names do not count photographs, so which of them show the same leaf or plant is not known.".to_owned(),
        evidence: Vec::new(),
        advice: "If you know, say so: --group-by REGEX takes it from the path, --groups FILE from a table. Without it a split \
                 may flatter, and no figure here shows by how much."
            .to_owned(),
    })
}

/// What is proposed to be left out: of copies all but the first, photographs that show nothing, strongly suspected classes.
pub(crate) fn quarantine(audit: &Audit) -> Vec<Proposal> {
    let mut proposed: BTreeMap<&str, String> = BTreeMap::new();
    for copy in &audit.copies {
        let other = if copy.across_classes { ", of another class" } else { "" };
        if copy.across_classes {
            proposed.entry(&copy.a).or_insert_with(|| format!("the same photograph as {}{other}", copy.b));
        }
        proposed.entry(&copy.b).or_insert_with(|| format!("the same photograph as {}{other}", copy.a));
    }
    for photo in &audit.photographs {
        if let Some(flaw) =
            photo.flaws.iter().find(|flaw| matches!(flaw.flaw, Flaw::NearlyEmpty | Flaw::Tiny))
        {
            proposed.entry(&photo.path).or_insert_with(|| flaw.flaw.words().to_owned());
        }
    }
    for suspect in audit.suspects.iter().filter(|suspect| suspect.strong) {
        proposed.entry(&suspect.path).or_insert_with(|| format!("looks like {}", suspect.suggested));
    }
    proposed.into_iter().map(|(path, reason)| Proposal { path: path.to_owned(), reason }).collect()
}
