//! `foliar adapt`: a run for another place.

use std::io::{self, Write};
use std::path::Path;

use foliar_derived::{AdaptReport, Adaptation, Adapted, Standing, adapt};
use foliar_files::Printable as _;
use foliar_vision::counted;
use serde::Serialize;

use super::{derived, paths, shell, use_threads};
use crate::arguments::AdaptArguments;
use crate::exit::Exit;
use crate::output;
use crate::progress;
use crate::wrap::{Fitted, paragraph};

/// The figures beside the bundle in a folder.
const FIGURES: &str = "adapt.json";

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    /// `None` where nothing was written.
    bundle: Option<String>,
    #[serde(flatten)]
    report: &'a AdaptReport,
}

pub(crate) fn run(arguments: &AdaptArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let run = &arguments.run;
    paths::expect_run(run)?;
    paths::bundle(run).map(drop)?;
    let path = derived::place(&arguments.out)?;
    let bar = progress::photographs("looking at photos of the run");
    let adapted = adapt(run, &arguments.photos, &arguments.among, &mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let Adapted { bundle, report } = adapted?;
    let written = bundle.is_some().then(|| path.shown().to_string());
    let document = Document { bundle: written, report: &report };
    if let Some(bundle) = &bundle {
        derived::write(bundle, &path, &arguments.out, FIGURES, &document)?;
    }
    if arguments.json {
        output::stdout().json(&document)?;
    } else {
        print(&mut Fitted::new(output::stdout()), &document, run)?;
    }
    let quoted = |path: &Path| shell::quoted(&path.shown().to_string());
    match &document.bundle {
        Some(bundle) => {
            let bundle = shell::quoted(bundle);
            say!(
                "next:\n  foliar evaluate {bundle} --data LABELLED  (a few of these photos, labelled)\n  foliar predict {bundle} {}",
                quoted(&arguments.photos)
            );
        }
        None => say!(
            "next:\n  foliar train LABELLED --weights {}  (a few of these photos, labelled)",
            quoted(run)
        ),
    }
    Ok(Exit::with_problems(report.broken > 0))
}

fn print(out: &mut impl Write, document: &Document<'_>, run: &Path) -> io::Result<()> {
    let Document { bundle, report } = document;
    let AdaptReport {
        photographs,
        known,
        broken,
        classes,
        usual_distance,
        before,
        after,
        changed,
        adaptation,
    } = report;
    let photos = counted(*photographs, "photo", "photos");
    let besides: Vec<String> =
        [(*known, "left out: the run has learned from them"), (*broken, "left out: they cannot be read")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("; {count} {what}"))
            .collect();
    paragraph(
        out,
        &format!(
            "{photos} without labels, {}{}",
            counted(classes.len(), "class", "classes"),
            besides.concat()
        ),
        "",
        "",
    )?;
    let rows: Vec<(&str, &Standing)> = [("as it is", before), ("adapted", after)]
        .into_iter()
        .filter_map(|(name, standing)| Some((name, standing.as_ref()?)))
        .collect();
    if !rows.is_empty() {
        writeln!(
            out,
            "\n{:10}{:>14}{:>18}{:>18}",
            "", "unlike photos", "median distance", "mean confidence"
        )?;
        for (name, Standing { unlike, distance, confidence, .. }) in &rows {
            writeln!(out, "{name:10}{:>13.0}%{distance:>18.2}{confidence:>18.3}", 100.0 * unlike)?;
        }
        if let Some(usual) = usual_distance {
            writeln!(out, "three in four photos of the training place have a distance below {usual:.2}")?;
        }
        let width = classes.iter().map(|class| class.chars().count()).max().unwrap_or(0).max(7);
        writeln!(
            out,
            "\n{:width$}{:>10}{}",
            "answers",
            "as it is",
            if after.is_some() { "   adapted" } else { "" }
        )?;
        for (place, class) in classes.iter().enumerate() {
            let counts: String = rows.iter().map(|(_, of)| format!("{:>10}", of.answers[place])).collect();
            writeln!(out, "{class:width$}{counts}")?;
        }
        writeln!(out)?;
    }
    let stays = match bundle {
        Some(_) => "the network stays as it is",
        None => "nothing is written, and the run stays what it is",
    };
    let said = match adaptation {
        Adaptation::Adapted => format!(
            "the batch norms have the statistics of these photos now, which makes them look as the training photos did; {} of {photos} are other \
             ones. How many are right nobody has said",
            counted(*changed, "answer", "answers")
        ),
        Adaptation::NotNeeded => format!(
            "other statistics would bring these photos little closer to the training photos, so that there is nothing to adapt: {stays}"
        ),
        Adaptation::StillUnlike => format!(
            "with the statistics of these photos too, they lie farther from the training photos than others of that place do: more than camera, light or \
             sharpness differs, and such statistics would harm: {stays}. Its answers here are not to be trusted; a few labelled photos help most"
        ),
        Adaptation::NoBatchNorm => {
            format!("this network has no batch norms, which is what photos without labels can adapt: {stays}")
        }
        Adaptation::NoDetector => format!(
            "{} has no detector of unlike photos, so that nothing would tell whether adapting helps: {stays}",
            run.shown()
        ),
    };
    paragraph(out, &said, "", "")?;
    match bundle {
        Some(bundle) => writeln!(out, "written: {bundle}"),
        None => Ok(()),
    }
}
