//! A study as it is now.

use std::path::Path;
use std::time::Duration;

use foliar_report::study::{Figure, Objective, StudyView};
use foliar_report::{Frame, Number, Theme};
use foliar_study::StoredStudy;
use foliar_tune::Plan;
use serde::Serialize;

use crate::commands::study::table;
use crate::commands::tune::view;

/// Trials in the table, the newest.
const SHOWN: usize = 60;
/// How long a file that others write is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Name of the plan beside a study.
const PLAN: &str = "plan.json";

/// A study as it is now.
pub(super) struct Study {
    pub(super) name: String,
    read: Result<Trials, String>,
}

struct Trials {
    view: StudyView,
    rows: Vec<Vec<String>>,
    summary: String,
}

/// The same for the page.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    name: &'a str,
    summary: &'a str,
    remark: Option<&'a str>,
    head: &'a [String],
    rows: &'a [Vec<String>],
    /// Older trials, which are not in the rows.
    more: usize,
    has_picture: bool,
}

impl Study {
    /// Reads what is there.
    pub(super) fn read(name: String, file: &Path) -> Self {
        let read = trials(&name, file).map_err(|error| error.to_string());
        Self { name, read }
    }

    pub(super) fn shown(&self) -> Shown<'_> {
        let name = &self.name;
        match &self.read {
            Err(error) => Shown {
                name,
                summary: "",
                remark: Some(error),
                head: &[],
                rows: &[],
                more: 0,
                has_picture: false,
            },
            Ok(trials) => {
                let (head, rows) =
                    trials.rows.split_first().map_or((&[][..], &[][..]), |(head, rows)| (&head[..], rows));
                let more = rows.len().saturating_sub(SHOWN);
                let has_picture = trials.view.trials.iter().any(|trial| trial.reached().is_some());
                let summary = &trials.summary;
                Shown { name, summary, remark: None, head, rows: &rows[more..], more, has_picture }
            }
        }
    }

    /// The trials and the best so far, as SVG.
    pub(super) fn draw(&self, width: u32, theme: Theme) -> Option<String> {
        let view = &self.read.as_ref().ok()?.view;
        let frame = Frame { width, height: Figure::History.natural_height(view, width), theme };
        Some(Figure::History.draw(view, &frame).ok()?.svg())
    }
}

fn trials(name: &str, path: &Path) -> anyhow::Result<Trials> {
    let mut file = StoredStudy::view(path)?.with_lock_timeout(PATIENCE)?;
    let trials = file.trials()?;
    let best = file.best()?;
    let summary = table::summary(&file.counts()?, best.as_ref());
    let definition = file.definition();
    let rows = table::rows(definition, &trials, best.as_ref());
    let plan = foliar_files::read(&path.with_file_name(PLAN)).ok();
    let plan: Option<Plan> = plan.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (objective, number) = match plan.as_ref().map(|plan| plan.objective) {
        Some(objective) => (objective.name().to_owned(), view::number(objective)),
        None => ("objective".to_owned(), Number::Plain),
    };
    let view = StudyView {
        subject: name.to_owned(),
        objective: Objective { name: objective, direction: definition.direction, number },
        parameters: definition.space.parameters().iter().map(view::parameter).collect(),
        trials: trials.iter().map(view::trial).collect(),
        best: best.as_ref().map(|best| best.id.0),
        ..StudyView::default()
    };
    Ok(Trials { view, rows, summary })
}
