//! Parts of an audit, for its own page and for that of a classifier.

use std::collections::BTreeMap;

use foliar_results::audit::{Audit, ClassCount, CopyPair, Photograph, Probe, SplitCheck};
use foliar_results::words::count;
use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::gallery::{gallery, photo};
use crate::page::parts::{FindingCard, breakable, estimate, findings as cards};
use crate::thumbnail::ThumbnailOf;

/// Classes beyond this are counted only.
const MOST_CLASSES: usize = 200;

/// The galleries of an audit.
pub(crate) struct Galleries<'a> {
    audit: &'a Audit,
    photographs: BTreeMap<&'a str, &'a Photograph>,
    thumbnail: ThumbnailOf<'a>,
    shown: usize,
}

impl<'a> Galleries<'a> {
    /// Galleries of at most `shown` cards.
    pub(crate) fn new(audit: &'a Audit, thumbnail: ThumbnailOf<'a>, shown: usize) -> Self {
        let photographs = audit.photographs.iter().map(|row| (row.path.as_str(), row)).collect();
        Self { audit, photographs, thumbnail, shown }
    }

    fn photo(&self, path: &str) -> Markup {
        let row = self.photographs.get(path);
        let class = row.map_or("", |row| row.class.as_str());
        photo((self.thumbnail)(path).as_ref(), path, class, row.and_then(|row| row.split.as_deref()))
    }

    /// Copies: those across the split first, then those across classes.
    pub(crate) fn duplicates(&self) -> Markup {
        let mut pairs: Vec<&CopyPair> = self.audit.copies.iter().collect();
        pairs.sort_by_key(|pair| (!pair.across_splits, !pair.across_classes, pair.exact));
        let card = |pair: &CopyPair| {
            html! {
                div.side-by-side { (self.photo(&pair.a)) (self.photo(&pair.b)) }
                @if pair.across_splits { span.badge.error { "across the split" } }
                @if pair.across_classes { span.badge.warning { "two labels" } }
                p { (pair.words()) }
            }
        };
        let shown: Vec<Markup> = pairs.iter().take(self.shown).map(|pair| card(pair)).collect();
        let note = "Photos that are the same or nearly the same, side by side. Of a photo with very many copies not every pair is \
                    listed: as many as join them.";
        gallery("audit-duplicates", "Near duplicates", note, pairs.len(), &shown)
    }

    /// Labels that are probably wrong, where probability and neighbours agree.
    pub(crate) fn label_issues(&self) -> Markup {
        let shown = self.audit.strong_label_issues().take(self.shown).map(|issue| {
            html! {
                (self.photo(&issue.path))
                p { "Rather " strong { (breakable(&issue.suggested)) } "?" }
                @if !issue.reason.is_empty() { p { (breakable(&issue.reason)) } }
            }
        });
        let note = "Photos that look like another class than their label, the most likely first. Look before you change a label.";
        let (shown, total) = (shown.collect::<Vec<_>>(), self.audit.strong_label_issues().count());
        gallery("audit-labels", "Labels that may be wrong", note, total, &shown)
    }

    /// Photos with a quality issue.
    pub(crate) fn quality(&self) -> Markup {
        let poor: Vec<&Photograph> =
            self.audit.photographs.iter().filter(|photograph| !photograph.issues.is_empty()).collect();
        let shown = poor.iter().take(self.shown).map(|photograph| {
            let issues: Vec<&str> = photograph.issues.iter().map(|measured| measured.issue.words()).collect();
            html! { (self.photo(&photograph.path)) p { (issues.join(", ")) } }
        });
        let note = "Photos that may teach or test little.";
        gallery("audit-quality", "Photos of poor quality", note, poor.len(), &shown.collect::<Vec<_>>())
    }
}

/// Findings, probes, split check and counts.
pub(crate) fn findings(audit: &Audit) -> Markup {
    let found = audit.findings.iter().map(|finding| FindingCard {
        severity: finding.severity,
        title: finding.id.title(),
        text: finding.claim.clone(),
        examples: &finding.evidence,
        advice: &finding.advice,
    });
    html! {
        section aria-labelledby="audit-findings" {
            h2 #audit-findings { "Data audit" }
            p.about { (census(audit)) }
            @if !audit.findings.is_empty() { (cards(found)) }
            div.tables {
                @if !audit.background.probes.is_empty() { (probes(&audit.background.probes)) }
                @if let Some(check) = &audit.split_check { (split_check(check)) }
                @if !audit.classes.is_empty() { (classes(&audit.classes)) }
            }
        }
    }
}

/// `2,191 photos of 15 classes, and 4 files that cannot be used; ...`
fn census(audit: &Audit) -> String {
    let shown = |number: usize| Number::Count.shown(number as f64);
    let (photos, classes) = (audit.photographs.len(), audit.classes.len());
    let mut words = format!("{} of {}", count(photos, "photo", "photos"), count(classes, "class", "classes"));
    if audit.unusable() > 0 {
        words += &format!(", and {} that cannot be used", count(audit.unusable(), "file", "files"));
    }
    let groups = &audit.groups;
    words += &format!(
        ". They are in {} of photos that belong together, the largest of {} (by {}).",
        count(groups.count, "group", "groups"),
        shown(groups.largest),
        groups.source.words()
    );
    if groups.by_name > 0 {
        words += &format!(
            " {} of the groups come from file names, whose photos were made of one photo.",
            shown(groups.by_name)
        );
    }
    if let Some(layout) = &audit.layout {
        words += &format!(" How the folders were read: {layout}.");
    }
    words
}

fn probes(probes: &[Probe]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="What predicts the class without the leaf" {
            table {
                caption { span { "Shortcuts: accuracy of a simple classifier that sees nothing but this." } }
                thead {
                    tr {
                        th scope="col" { "Sees only" }
                        th scope="col" { "Accuracy" }
                        th scope="col" { "Most frequent class" }
                    }
                }
                tbody {
                    @for probe in probes {
                        tr.alarming[probe.is_shortcut()] {
                            th scope="row" { (probe.cue.words()) @if probe.is_shortcut() { " " span.badge.warning { "far above chance" } } }
                            td { (estimate(Number::Percent, probe.accuracy)) }
                            td { (Number::Percent.shown(probe.most_frequent)) }
                        }
                    }
                }
            }
        }
    }
}

fn split_check(check: &SplitCheck) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="How optimistic a random split is" {
            table {
                caption { span { "How optimistic a random split is: one simple classifier, two ways to split." } }
                thead { tr { th scope="col" { "Split" } th scope="col" { "Accuracy" } } }
                tbody {
                    tr { th scope="row" { "random" } td { (estimate(Number::Percent, check.random)) } }
                    tr { th scope="row" { "grouped" } td { (estimate(Number::Percent, check.grouped)) } }
                }
            }
        }
    }
}

fn classes(classes: &[ClassCount]) -> Markup {
    let most = classes.iter().map(|class| class.photographs).max().unwrap_or(1).max(1) as f64;
    html! {
        div.scroll tabindex="0" role="region" aria-label="Photos of each class" {
            table.sortable.counts {
                thead { tr { th scope="col" { "Class" } th scope="col" { "Photos" } } }
                tbody {
                    @for ClassCount { class, photographs, .. } in classes.iter().take(MOST_CLASSES) {
                        tr {
                            th scope="row" { (breakable(class)) }
                            td data-value=(photographs) style={ "--share:" (format!("{:.3}", *photographs as f64 / most)) } {
                                (Number::Count.shown(*photographs as f64))
                            }
                        }
                    }
                }
            }
        }
    }
}
