//! `foliar audit`: checks a data set for duplicates, leakage, shortcuts and label errors before training.

mod text;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use foliar_audit::{
    AuditInput, Features, GroupRule, NearDuplicates, PhotoGroups, Thumbnail, audit, group_photos, settle,
    survey, write_quarantine, write_tables,
};
use foliar_files::{Printable as _, write_atomically};
use foliar_nn::Cpu;
use foliar_report::audit_page;
use foliar_results::Severity;
use foliar_results::audit::Audit;
use foliar_results::words::count;
use foliar_runlog::StopReason;
use foliar_scan::{Review, ScanOptions, leave_out, scan_for_evaluation};
use foliar_train::{DataOptions, Recipe, backbone_features};
use foliar_vision::{Dataset, Limits, Problem};

use super::grouping::{group_rule, wins};
use super::train::recipe::{open_weights, pretrained};
use super::{review, thumbnails, use_threads};
use crate::arguments::AuditArguments;
use crate::exit::Exit;
use crate::output;
use crate::wrap::Fitted;
use crate::{interrupt, progress};

/// File name of the page.
const PAGE: &str = "audit.html";

pub(crate) fn run(arguments: &AuditArguments) -> anyhow::Result<Exit> {
    let rule = group_rule(arguments.groups.as_deref(), arguments.group_by.as_deref())?;
    let recipe = network(arguments)?;
    if let Some(folder) = &arguments.out {
        // A folder that cannot be written is told before the work is done.
        std::fs::create_dir_all(folder)
            .map_err(|source| foliar_audit::AuditError::Write { path: folder.clone(), source })?;
    }
    use_threads(arguments.threads)?;
    let photos = arguments.labels.root(arguments.photos.as_deref())?;
    super::one_class_only("audit", arguments.labels.task())?;
    let review = arguments.review.as_deref().map(Review::read).transpose()?;
    let scanning = ScanOptions {
        review: review.clone(),
        classes_from: arguments.classes_from,
        labels: arguments.labels.source(),
        classes: arguments.labels.map()?,
        match_names: arguments.match_names,
        ..ScanOptions::default()
    };
    let scanned = scan_for_evaluation(&photos, &scanning)?;
    if let Some(layout) = &scanned.0.layout {
        say!("{layout}");
    }
    let option = if arguments.groups.is_some() { "--groups" } else { "--group-by" };
    if let Some(words) =
        wins(&scanned.0, option).filter(|_| arguments.groups.is_some() || arguments.group_by.is_some())
    {
        say!("{words}");
    }
    if let (Some(file), Some(review)) = (&arguments.review, &review) {
        let remark = review::torn(review).map(|remark| format!("; {remark}")).unwrap_or_default();
        say!("{}{remark}", review::heeded(file, review, &scanned.1));
    }
    if let Some(words) = learned_before(&scanned.0, recipe.as_ref())? {
        say!("{words}");
    }
    let examined = examine(scanned, &rule, recipe.as_ref(), review.as_ref())?;
    let Some(Examined { mut audit, .. }) = examined else { return Ok(Exit::Interrupted) };
    audit.place = foliar_archive::canonical(&photos).unwrap_or_else(|_| photos.clone());
    if let Some(folder) = &arguments.out {
        write_tables(&audit, folder)?;
        let page = audit_page(&audit, &|path| thumbnails::of_file(&photos, path));
        write_atomically(&folder.join(PAGE), |file| file.write_all(page.as_bytes()))
            .with_context(|| format!("{} cannot be written", folder.join(PAGE).shown()))?;
    }
    if let Some(file) = &arguments.quarantine {
        write_quarantine(&audit.quarantine, file)?;
    }
    let out = output::stdout();
    if arguments.json {
        out.json(&audit)?;
    } else {
        text::print(&mut Fitted::new(out), &audit, &photos, arguments)?;
    }
    let serious = audit.findings.iter().any(|finding| finding.severity == Severity::Error);
    let left_out = audit.problems.iter().any(|problem| problem.excluded);
    Ok(Exit::with_problems(serious || left_out))
}

/// An audit, and what it was made of.
pub(super) struct Examined {
    pub(super) audit: Audit,
    /// The readable photos.
    pub(super) dataset: Dataset,
    pub(super) groups: PhotoGroups,
}

/// Audits the photographs of a scan, with bars: in groups by `rule`, with features of the frozen network of `recipe` if there is
/// one, and what a review has settled. `None` if the user interrupts.
pub(super) fn examine(
    (dataset, mut problems): (Dataset, Vec<Problem>),
    rule: &GroupRule,
    recipe: Option<&Recipe>,
    review: Option<&Review>,
) -> anyhow::Result<Option<Examined>> {
    let bar = progress::photographs("examining photos");
    bar.set_length(dataset.photos.len() as u64);
    let done = AtomicUsize::new(0);
    let (dataset, stats, broken) = survey(dataset, &Limits::default(), &|| {
        bar.set_position(done.fetch_add(1, Ordering::Relaxed) as u64 + 1);
    });
    bar.set_message(progress::COPIES);
    leave_out(&mut problems, broken);
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    let thumbnails: Vec<&Thumbnail> = stats.iter().map(|stats| &stats.thumbnail).collect();
    let groups = group_photos(&dataset, rule, NearDuplicates::Thumbnails(&thumbnails));
    bar.finish_and_clear();
    let groups = groups?;
    let features = match recipe {
        Some(recipe) => match features(recipe, &dataset)? {
            ControlFlow::Continue(features) => Some(features),
            ControlFlow::Break(_) => return Ok(None),
        },
        None => None,
    };
    let input = AuditInput {
        dataset: &dataset,
        stats: &stats,
        problems: &problems,
        groups: &groups,
        features: features.as_ref(),
    };
    groups.absent.iter().for_each(|path| say!("the table of groups lists {path}, which does not exist"));
    let mut audit = audit(input);
    if let Some(review) = review {
        settle(&mut audit, review, &dataset);
    }
    Ok(Some(Examined { audit, dataset, groups }))
}

/// The recipe whose frozen network makes the features.
fn network(arguments: &AuditArguments) -> anyhow::Result<Option<Recipe>> {
    let Some(weights) = &arguments.weights else { return Ok(None) };
    let (model, opened) = open_weights(arguments.model.as_deref(), weights, None)?;
    let mut recipe = Recipe::quick(&model);
    recipe.preprocessing = pretrained(opened, None, &mut recipe)?;
    Ok(Some(recipe))
}

/// That the network of an older classifier has learned from these photos, and what this means for the audit.
fn learned_before(dataset: &Dataset, recipe: Option<&Recipe>) -> anyhow::Result<Option<String>> {
    let Some(weights) = recipe.and_then(|recipe| recipe.weights.as_ref()) else { return Ok(None) };
    let learned = weights.learned_from()?;
    let known = dataset.photos.iter().filter(|photo| learned.contains(&photo.digest)).count();
    Ok((known > 0).then(|| {
        format!(
            "{} has learned from {known} of the {}: its features may hide wrong labels among them, and accuracies on them are \
             optimistic; weights that have not seen them, such as those it began with, find more",
            weights.name(),
            count(dataset.photos.len(), "photo", "photos")
        )
    }))
}

/// Features of all photographs, with a bar.
fn features(recipe: &Recipe, dataset: &Dataset) -> anyhow::Result<ControlFlow<StopReason, Features>> {
    interrupt::listen()?;
    let options = DataOptions { features: foliar_catalogue::feature_folder().ok(), ..DataOptions::default() };
    let bar = progress::photographs("computing features");
    let made = backbone_features(&Cpu, recipe, dataset.clone(), &options, &mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        if interrupt::asked() {
            ControlFlow::Break(StopReason::Interrupted)
        } else {
            ControlFlow::Continue(())
        }
    });
    bar.finish_and_clear();
    Ok(match made? {
        ControlFlow::Continue(made) => ControlFlow::Continue(Features {
            name: recipe.model.clone(),
            of_a_network: true,
            width: made.width,
            values: made.values,
        }),
        ControlFlow::Break(reason) => ControlFlow::Break(reason),
    })
}

/// How a path reads in a sentence.
fn shown(path: &Path) -> String {
    path.shown().to_string()
}
