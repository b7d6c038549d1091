//! The whole work on a study, part by part.

use std::ops::ControlFlow;
use std::time::Duration;

use foliar_nn::Device;
use foliar_study::StudyFile;
use foliar_train::{Photographs, Trials};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::folder::Folder;
use crate::report::Report;
use crate::session::Session;

/// How long a worker may be silent: longer than any epoch's validation takes.
const LEASE: Duration = Duration::from_secs(900);

/// How the work ended.
#[derive(Debug)]
pub enum Ended {
    /// All is done.
    Finished(Box<Report>),
    /// The observer said stop; what was in hand was given back.
    Interrupted,
}

/// Works on the study in `folder` until it is done, together with other processes that do the same, and writes the result.
/// `photographs` are those of the folder's plan, opened with its recipe. `worker` is kept in the study for display.
///
/// # Errors
/// Photographs or a plan that the study was not begun with, a study of another version, a folder that can not be written, a
/// search in which every trial diverged.
pub fn tune(
    device: &dyn Device,
    folder: &Folder,
    photographs: Photographs,
    worker: &str,
    observe: &mut dyn FnMut(TuneEvent<'_>) -> ControlFlow<()>,
) -> Result<Ended, TuneError> {
    let plan = folder.plan();
    plan.validate(&photographs)?;
    let definition = plan.definition(&photographs.dataset.fingerprint())?;
    let study = StudyFile::open_or_create(&folder.study(), &definition)?.with_lease(LEASE);
    let trials = Trials::new(device, &plan.recipe, photographs.dataset.classes.len())?;
    let worker = worker.to_owned();
    let mut session =
        Session { device, folder, plan, photographs: &photographs, trials, study, worker, observe };
    match session.work()? {
        ControlFlow::Continue(report) => Ok(Ended::Finished(Box::new(report))),
        ControlFlow::Break(()) => Ok(Ended::Interrupted),
    }
}

impl Session<'_> {
    fn work(&mut self) -> Result<ControlFlow<(), Report>, TuneError> {
        if let ControlFlow::Break(()) = self.search()? {
            return Ok(ControlFlow::Break(()));
        }
        let best = self.best()?;
        let decay = match self.cross_validate(&best)? {
            ControlFlow::Continue(chosen) => chosen,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let recipe = self.plan.tuned(&best.setting, decay.as_ref().map(|decay| decay.chosen));
        let repeats = match self.repeat(&recipe)? {
            ControlFlow::Continue(repeats) => repeats,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let comparison = match self.finale(&recipe)? {
            ControlFlow::Continue(comparison) => comparison,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let report = self.report(best, decay, repeats, comparison)?;
        self.folder.write_json(&self.folder.result(), &report)?;
        Ok(ControlFlow::Continue(report))
    }
}
