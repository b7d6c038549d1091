//! From the tables of an audit to its findings, and to the photos that it proposes to leave out.

use std::collections::{BTreeMap, BTreeSet};

use foliar_results::audit::{
    Audit, CopyPair, FindingId, GroupSource, NameFamily, Probe, Proposal, QualityIssue, SecondCopy,
    ShortcutCue, Watermark,
};
use foliar_results::words::list;
use foliar_results::{FileProblem, Finding, Severity};
use foliar_vision::problem::FILE_REMARKS;

use crate::second_copies::explains;

/// Examples that a finding names.
const EXAMPLES: usize = 4;
/// Largest class over smallest from which the imbalance is a finding.
const IMBALANCED: f64 = 4.0;

/// All findings, the most important first.
pub(crate) fn findings(audit: &Audit) -> Vec<Finding<FindingId>> {
    let mut findings: Vec<Finding<FindingId>> = [
        across_splits(audit),
        second_copies(audit),
        across_classes(audit),
        watermarks(audit),
        background(audit),
        random_split(audit),
        indivisible(audit),
        wrong_labels(audit),
        broken(audit),
        odd(audit),
        copies(audit),
        unsure_names(audit),
        imbalance(audit),
        quality(audit),
        no_groups(audit),
    ]
    .into_iter()
    .flatten()
    .collect();
    if findings.iter().all(|finding| finding.severity == Severity::Note) {
        findings.push(Finding {
            id: FindingId::Sound,
            severity: Severity::Note,
            claim: "No problem was found that would make results on these photos misleading.".to_owned(),
            evidence: Vec::new(),
            advice: "Test on photos from another place and season as well; no audit replaces that."
                .to_owned(),
        });
    }
    // Stable: equals stay in the order above.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn percent(proportion: f64) -> String {
    format!("{:.0} %", 100.0 * proportion)
}

/// `1 photo`, `2 photos`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `is` or `are`.
fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn pair_line(copy: &CopyPair) -> String {
    let how = match (copy.exact, copy.change()) {
        (true, _) => "identical files".to_owned(),
        (false, words) if words.is_empty() => format!("similarity of detail {:.3}", copy.detail),
        (false, words) => format!("{words}, similarity of detail {:.3}", copy.detail),
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

fn across_splits(audit: &Audit) -> Option<Finding<FindingId>> {
    let across: Vec<&CopyPair> = audit.copies.iter().filter(|copy| copy.across_splits).collect();
    let named: Vec<&NameFamily> =
        audit.name_copies.families.iter().filter(|family| family.across_splits).collect();
    let of_pairs = across.iter().flat_map(|copy| [&copy.a[..], &copy.b[..]]);
    let of_names = named.iter().flat_map(|family| family.photographs.iter().map(String::as_str));
    let leaked: BTreeSet<&str> = of_pairs.chain(of_names).collect();
    let mut evidence: Vec<String> = audit
        .second_copies
        .iter()
        .filter(|copy| across.iter().any(|pair| explains(&[(*copy).clone()], pair)))
        .map(second_copy_line)
        .collect();
    evidence.extend(examples(across.iter().copied().filter(|pair| !explains(&audit.second_copies, pair))));
    evidence.extend(family_lines(&named));
    (!leaked.is_empty()).then(|| Finding {
        id: FindingId::CopiesAcrossSplits,
        severity: Severity::Error,
        claim: format!(
            "{} {} in more than one of the train, validation and test folders: results on them measure memorisation, not \
             generalisation.",
            counted(leaked.len(), "photo"),
            are(leaked.len())
        ),
        evidence,
        advice: "Keep all copies in one folder. `foliar train` leaves the training copies out; for other programs, fix the \
                 folders with the help of duplicates.csv."
            .to_owned(),
    })
}

fn second_copy_line(copy: &SecondCopy) -> String {
    format!(
        "{}/ is a second copy of {}/: {} of its {} photos",
        copy.folder, copy.of, copy.copies, copy.photographs
    )
}

fn family_lines(families: &[&NameFamily]) -> Vec<String> {
    let line = |family: &&NameFamily| {
        let second = family.photographs.get(1).map_or("", String::as_str);
        let more = match family.photographs.len() {
            0..=2 => String::new(),
            count => format!(" and {} more", count - 2),
        };
        format!("{}, {second}{more} (made of one photo, by their names)", family.first)
    };
    let mut lines: Vec<String> = families.iter().take(EXAMPLES).map(line).collect();
    if families.len() > EXAMPLES {
        lines.push(format!("and {} more such photos", families.len() - EXAMPLES));
    }
    lines
}

fn second_copies(audit: &Audit) -> Option<Finding<FindingId>> {
    let copies = &audit.second_copies;
    let first = copies.first()?;
    let contradict = audit.copies.iter().any(|pair| pair.across_classes && explains(copies, pair));
    Some(Finding {
        id: FindingId::SecondCopy,
        severity: if contradict { Severity::Error } else { Severity::Warning },
        claim: match copies.len() {
            1 => format!("The folder {}/ is a second copy of {}/.", first.folder, first.of),
            count => format!("{count} folders are second copies of others."),
        },
        evidence: copies.iter().map(second_copy_line).collect(),
        advice: "Remove one of the two. Where they are different classes, one of them has wrong labels."
            .to_owned(),
    })
}

fn unsure_names(audit: &Audit) -> Option<Finding<FindingId>> {
    let unsure = &audit.name_copies.unsure;
    let count: usize = unsure.iter().map(|family| family.photographs.len()).sum();
    (count > 0).then(|| Finding {
        id: FindingId::UnsureNames,
        severity: Severity::Warning,
        claim: format!(
            "{} named as copies that a program makes, and the names do not say of which photo.",
            if count == 1 { "1 photo is".to_owned() } else { format!("{count} photos are") }
        ),
        evidence: unsure
            .iter()
            .take(EXAMPLES)
            .map(|family| format!("{} photos such as {}", family.photographs.len(), family.first))
            .collect(),
        advice: "If copies of one photo lie on both sides of a split, results are too good. Train on the originals, or give the \
                 groups: --group-by REGEX or --groups FILE."
            .to_owned(),
    })
}

fn across_classes(audit: &Audit) -> Option<Finding<FindingId>> {
    let apart = |copy: &&CopyPair| {
        copy.across_classes && !explains(&audit.second_copies, copy) && !audit.is_settled_pair(copy)
    };
    let across: Vec<&CopyPair> = audit.copies.iter().filter(apart).collect();
    (!across.is_empty()).then(|| Finding {
        id: FindingId::CopiesAcrossClasses,
        severity: Severity::Warning,
        claim: format!(
            "{} of copies {} in different classes; at least one label of each pair is wrong.",
            counted(across.len(), "pair"),
            are(across.len())
        ),
        evidence: examples(across.iter().copied()),
        advice: "Look at them and remove the wrong ones, or list both in the quarantine.".to_owned(),
    })
}

fn watermark_line(watermark: &Watermark) -> String {
    let [red, green, blue] = watermark.colour;
    format!(
        "{}: {} of its photos have the colour #{red:02x}{green:02x}{blue:02x} in the {}, and {:.1} % of all other photos",
        watermark.class,
        percent(watermark.share),
        watermark.region,
        100.0 * watermark.others
    )
}

fn watermarks(audit: &Audit) -> Option<Finding<FindingId>> {
    let watermarks = &audit.background.watermarks;
    let first = watermarks.first()?;
    Some(Finding {
        id: FindingId::Watermark,
        severity: Severity::Error,
        claim: format!(
            "Photos of {} have a mark in the {} that other photos do not have. A network can learn the mark and ignore the \
             leaf.",
            first.class, first.region
        ),
        evidence: watermarks.iter().map(watermark_line).collect(),
        advice: "Crop the border of all photos, in every class alike, or take new photos.".to_owned(),
    })
}

fn probe_line(probe: &Probe) -> String {
    format!(
        "{}: accuracy {} ({} to {}), most frequent class {}; balanced accuracy {}, chance {}",
        probe.cue.words(),
        percent(probe.accuracy.value),
        percent(probe.accuracy.low),
        percent(probe.accuracy.high),
        percent(probe.most_frequent),
        percent(probe.balanced_accuracy),
        percent(probe.guessing)
    )
}

fn background(audit: &Audit) -> Option<Finding<FindingId>> {
    let probes = &audit.background.probes;
    let shortcut = |probe: &&Probe| probe.far_above_chance && probe.cue.excludes_the_leaf();
    let best = probes.iter().filter(shortcut).max_by(|a, b| a.accuracy.value.total_cmp(&b.accuracy.value))?;
    let mut evidence: Vec<String> =
        probes.iter().filter(|probe| probe.far_above_chance).map(probe_line).collect();
    let mut areas: Vec<(f64, &str)> = best
        .class_auroc
        .iter()
        .zip(&audit.classes)
        .filter_map(|(area, class)| Some(((*area)?, &class.class[..])))
        .collect();
    areas.sort_by(|a, b| b.0.total_cmp(&a.0));
    let named: Vec<String> =
        areas.iter().take(3).map(|(area, class)| format!("{class} (AUROC {area:.2})")).collect();
    evidence.push(format!("best predicted by {}: {}", best.cue.words(), named.join(", ")));
    let advice = match best.cue {
        ShortcutCue::Border | ShortcutCue::BorderPixels => {
            "Classes were photographed on different backgrounds or in different light. A classifier can score well with that \
             alone and fail elsewhere. Test it on photos from another place, and look at what it looks at (`foliar explain`)."
        }
        _ => {
            "Classes come from different cameras or were saved in different ways. A classifier can score well with those \
             traces alone. Test it on photos from another source."
        }
    };
    Some(Finding {
        id: FindingId::Background,
        // What a classifier could use it need not use: its heat maps tell.
        severity: Severity::Note,
        claim: format!(
            "A hint of a shortcut: {} alone predicts the class of {} of photos from unseen groups, without the leaf (most frequent \
             class: {}).",
            best.cue.words(),
            percent(best.accuracy.value),
            percent(best.most_frequent)
        ),
        evidence,
        advice: advice.to_owned(),
    })
}

fn random_split(audit: &Audit) -> Option<Finding<FindingId>> {
    let check = audit.split_check.as_ref()?;
    let optimistic = check.is_optimistic();
    let on = if check.of_a_network {
        format!("a simple classifier on features of {}", check.features)
    } else {
        format!(
            "a simple classifier on {} (with --weights, on features of a network, which show more of it)",
            check.features
        )
    };
    let [random, grouped] = [check.random, check.grouped].map(|interval| percent(interval.value));
    Some(Finding {
        id: FindingId::RandomSplit,
        severity: if optimistic { Severity::Warning } else { Severity::Note },
        claim: if optimistic {
            format!(
                "A random split is optimistic: accuracy {random}, but {grouped} on unseen groups, a difference of {:.1} \
                 points ({:.1} to {:.1}).",
                100.0 * check.optimism.value,
                100.0 * check.optimism.low,
                100.0 * check.optimism.high
            )
        } else {
            format!("A random split and a grouped split give nearly the same accuracy: {random} and {grouped}.")
        },
        evidence: vec![format!(
            "{on}; {} in {} of two or more",
            counted(check.grouped_photographs, "photo"),
            counted(check.groups, "group")
        )],
        advice: "Split by group, as `foliar train` does, and use the same split (split.csv) in every program that you \
                 compare."
            .to_owned(),
    })
}

/// Classes in one group, of which no grouped split can be made.
fn indivisible(audit: &Audit) -> Option<Finding<FindingId>> {
    let whole: Vec<&str> = audit
        .classes
        .iter()
        .filter(|class| class.groups == 1 && class.photographs > 1)
        .map(|class| class.class.as_str())
        .collect();
    let all = audit.classes.iter().all(|class| class.groups < 2);
    let count = audit.groups.count;
    let by = audit.groups.source.words();
    let claim = match (count, all, whole.as_slice()) {
        (_, _, []) => return None,
        (1, ..) => {
            format!("All photos are in one group (by {by}): no split can be made that keeps it together.")
        }
        (_, true, _) => {
            format!(
                "All photos of each class are in one group (by {by}): no split can be made that keeps them together."
            )
        }
        (.., [only]) => format!(
            "All photos of {only} are in one group (by {by}): no split that keeps it together divides them."
        ),
        (.., more) => format!(
            "Of {} classes all photos are in one group each (by {by}): no split that keeps it together divides them.",
            more.len()
        ),
    };
    let mut evidence = Vec::new();
    if !all {
        evidence.push(list(&whole));
    }
    evidence.push(
        "Shortcuts, wrong labels and how optimistic a random split is are measured on unseen groups, and so are not known here."
            .to_owned(),
    );
    Some(Finding {
        id: FindingId::Indivisible,
        severity: if all { Severity::Warning } else { Severity::Note },
        claim,
        evidence,
        advice: "If these are several leaves, say which photos belong together: --group-by REGEX takes it from the path, --groups FILE \
                 from a table; `foliar train --group copies` takes each photo for another leaf."
            .to_owned(),
    })
}

fn wrong_labels(audit: &Audit) -> Option<Finding<FindingId>> {
    let strong: Vec<_> = audit.label_issues.iter().filter(|issue| issue.strong).collect();
    let all = audit.label_issues.len();
    (all > 0).then(|| Finding {
        id: FindingId::WrongLabels,
        severity: if strong.is_empty() { Severity::Note } else { Severity::Warning },
        claim: if strong.is_empty() {
            format!(
                "{} may have a wrong label; the evidence is weak for all of them.",
                counted(all, "photo")
            )
        } else {
            format!(
                "{} probably {} a wrong label; for {} more the evidence is weak.",
                counted(strong.len(), "photo"),
                if strong.len() == 1 { "has" } else { "have" },
                all - strong.len()
            )
        },
        evidence: strong
            .iter()
            .take(EXAMPLES)
            .map(|issue| format!("{}: {}", issue.path, issue.reason))
            .collect(),
        advice: "Ask someone who knows the diseases to check labels.csv from the top. Keep hard photos with a right label."
            .to_owned(),
    })
}

fn broken(audit: &Audit) -> Option<Finding<FindingId>> {
    let broken: Vec<_> = audit.problems.iter().filter(|problem| problem.is_unusable()).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    broken.iter().for_each(|problem| *kinds.entry(&problem.code).or_insert(0) += 1);
    (!broken.is_empty()).then(|| Finding {
        id: FindingId::BrokenFiles,
        severity: Severity::Warning,
        claim: format!("{} cannot be used.", counted(broken.len(), "file")),
        evidence: broken
            .iter()
            .take(EXAMPLES)
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect(),
        advice: format!(
            "Copy them again from the original; training leaves them out ({}).",
            kinds.iter().map(|(code, count)| format!("{count} {code}")).collect::<Vec<_>>().join(", ")
        ),
    })
}

fn odd(audit: &Audit) -> Option<Finding<FindingId>> {
    let mut kinds: BTreeMap<&str, Vec<&FileProblem>> = BTreeMap::new();
    for problem in audit.problems.iter().filter(|problem| FILE_REMARKS.contains(&problem.code.as_str())) {
        kinds.entry(&problem.code).or_default().push(problem);
    }
    let count = kinds.values().map(Vec::len).sum();
    (count > 0).then(|| Finding {
        id: FindingId::OddFiles,
        severity: Severity::Note,
        claim: format!("{} {} used, with a remark.", counted(count, "file"), are(count)),
        evidence: kinds
            .iter()
            .map(|(code, problems)| {
                let FileProblem { path, message, .. } = problems[0];
                format!("{} {code}, such as {path}: {message}", problems.len())
            })
            .collect(),
        advice: "Where one class has them and another has not, they may give the class away: save all photos in one way."
            .to_owned(),
    })
}

fn copies(audit: &Audit) -> Option<Finding<FindingId>> {
    let within: Vec<&CopyPair> = audit
        .copies
        .iter()
        .filter(|copy| !copy.across_classes && !copy.across_splits && !explains(&audit.second_copies, copy))
        .filter(|copy| !audit.is_settled_pair(copy))
        .collect();
    let exact = within.iter().filter(|copy| copy.exact).count();
    let named: Vec<&NameFamily> =
        audit.name_copies.families.iter().filter(|family| !family.across_splits).collect();
    let mut claims = Vec::new();
    if !within.is_empty() {
        claims.push(format!(
            "{} of photos {} copies within their class: {exact} identical, {} resized, saved again, cropped, turned or \
             brightened.",
            counted(within.len(), "pair"),
            are(within.len()),
            within.len() - exact
        ));
    }
    if !named.is_empty() {
        let members: usize = named.iter().map(|family| family.photographs.len()).sum();
        claims.push(format!(
            "{members} photos were made of {}, as their names say.",
            counted(named.len(), "photo")
        ));
    }
    let mut evidence = examples(within.iter().copied());
    evidence.extend(family_lines(&named));
    (!claims.is_empty()).then(|| Finding {
        id: FindingId::Copies,
        severity: Severity::Warning,
        claim: claims.join(" "),
        evidence,
        advice: "foliar keeps copies in one split. For other programs, keep one photo of each pair (duplicates.csv)."
            .to_owned(),
    })
}

fn imbalance(audit: &Audit) -> Option<Finding<FindingId>> {
    let most = audit.classes.iter().max_by_key(|class| class.photographs)?;
    let least = audit.classes.iter().min_by_key(|class| class.photographs)?;
    (audit.imbalance >= IMBALANCED).then(|| Finding {
        id: FindingId::Imbalance,
        severity: Severity::Note,
        claim: format!("{} has {:.0} times as many photos as {}.", most.class, audit.imbalance, least.class),
        evidence: vec![format!(
            "{}: {}; {}: {}",
            most.class, most.photographs, least.class, least.photographs
        )],
        advice: "Judge by macro F1 instead of accuracy. `--class-weights balanced` gives all classes the same weight."
            .to_owned(),
    })
}

fn quality(audit: &Audit) -> Option<Finding<FindingId>> {
    let mut paths: BTreeMap<QualityIssue, Vec<&str>> = BTreeMap::new();
    for photo in &audit.photographs {
        photo.issues.iter().for_each(|found| paths.entry(found.issue).or_default().push(&photo.path));
    }
    let count = audit.photographs.iter().filter(|photo| !photo.issues.is_empty()).count();
    let line = |(issue, paths): (&QualityIssue, &Vec<&str>)| {
        format!("{} {}: {}", paths.len(), issue.words(), paths[..paths.len().min(3)].join(", "))
    };
    (count > 0).then(|| Finding {
        id: FindingId::Quality,
        severity: Severity::Note,
        claim: format!("{} {} of poor quality.", counted(count, "photo"), are(count)),
        evidence: paths.iter().map(line).collect(),
        advice: "Look at them (audit.csv has the measurements). Remove a photo if a person cannot see the leaf in it."
            .to_owned(),
    })
}

fn no_groups(audit: &Audit) -> Option<Finding<FindingId>> {
    (audit.groups.source == GroupSource::Copies).then(|| Finding {
        id: FindingId::NoGroups,
        severity: Severity::Note,
        claim: "It is not known which photos show the same leaf or plant: file names do not number the photos.".to_owned(),
        evidence: Vec::new(),
        advice: "If you know, give the groups: --group-by REGEX takes them from the path, --groups FILE from a table. Without \
                 groups a split may be optimistic, and nothing here can show by how much."
            .to_owned(),
    })
}

/// What is proposed to be left out: of copies all but the first, photos that show nothing, and labels with strong evidence
/// against them.
pub(crate) fn quarantine(audit: &Audit) -> Vec<Proposal> {
    let mut proposed: BTreeMap<&str, String> = BTreeMap::new();
    for copy in audit.copies.iter().filter(|copy| !audit.is_settled_pair(copy)) {
        let other = if copy.across_classes { ", which is in another class" } else { "" };
        if copy.across_classes {
            proposed.entry(&copy.a).or_insert_with(|| format!("copy of {}{other}", copy.b));
        }
        proposed.entry(&copy.b).or_insert_with(|| format!("copy of {}{other}", copy.a));
    }
    for photo in &audit.photographs {
        let shows_nothing = |issue| matches!(issue, QualityIssue::NearlyEmpty | QualityIssue::Tiny);
        if let Some(found) = photo.issues.iter().find(|found| shows_nothing(found.issue)) {
            proposed.entry(&photo.path).or_insert_with(|| found.issue.words().to_owned());
        }
    }
    for issue in audit.label_issues.iter().filter(|issue| issue.strong) {
        proposed.entry(&issue.path).or_insert_with(|| format!("probably {}", issue.suggested));
    }
    proposed.into_iter().map(|(path, reason)| Proposal { path: path.to_owned(), reason }).collect()
}
