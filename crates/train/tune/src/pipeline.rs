//! The pipeline of a tuning: search, weight decay, repeats, final runs, comparison.

use std::ops::ControlFlow;
use std::time::Duration;

use foliar_nn::Device;
use foliar_nn::isa::{self, Isa};
use foliar_study::StoredStudy;
use foliar_train::{Photographs, Trials};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::folder::{DEFAULT, Folder, TUNED, UNTUNED};
use crate::result::TuningResult;
use crate::session::Session;

/// How long a lease lasts: longer than the validation of any epoch.
const LEASE_TIME: Duration = Duration::from_secs(900);

/// How a call of [`tune`] ended.
#[derive(Debug)]
pub enum TuneOutcome {
    /// Everything is done.
    Finished(Box<TuningResult>),
    /// The observer stopped the work; the current trial or job was given back.
    Interrupted,
}

/// Works on the tuning in `folder` until it is done and writes the result. Other processes can work on it at the same time.
/// `photographs` are those of the folder's plan, opened with its recipe. `worker` is stored in the study for display.
///
/// # Errors
/// The photos or the plan are not those that the study was started with, the study has another version, the folder cannot be
/// written, or every trial diverged.
pub fn tune(
    device: &dyn Device,
    folder: &Folder,
    photographs: Photographs,
    worker: &str,
    observe: &mut dyn FnMut(TuneEvent<'_>) -> ControlFlow<()>,
) -> Result<TuneOutcome, TuneError> {
    let plan = folder.plan();
    plan.validate(&photographs)?;
    let definition = plan.definition(&photographs.dataset.fingerprint())?;
    let mut study = StoredStudy::open_or_create(folder.study(), &definition)?
        .with_lease_time(LEASE_TIME)
        .with_instructions(instructions())
        .with_observer(folder.on_connection());
    if folder.is_shared() {
        folder.begin_shared(&mut study)?;
    }
    folder.write_split(&photographs)?;
    let trials = Trials::new(device, &plan.recipe, &photographs.dataset.classes)?;
    let worker = worker.to_owned();
    let mut session =
        Session { device, folder, plan, photographs: &photographs, trials, study, worker, observe };
    match session.run_pipeline()? {
        ControlFlow::Continue(result) => Ok(TuneOutcome::Finished(Box::new(result))),
        ControlFlow::Break(()) => Ok(TuneOutcome::Interrupted),
    }
}

/// The instructions that this process computes with, as `FOLIAR_ISA` names them.
fn instructions() -> &'static str {
    match isa::selected() {
        Isa::Portable => "portable",
        Isa::Avx2 => "avx2",
        Isa::Avx512 => "avx512",
    }
}

impl Session<'_> {
    fn run_pipeline(&mut self) -> Result<ControlFlow<(), TuningResult>, TuneError> {
        if let ControlFlow::Break(()) = self.search()? {
            return Ok(ControlFlow::Break(()));
        }
        let best = self.best()?;
        let decay = match self.cross_validate(&best)? {
            ControlFlow::Continue(chosen) => chosen,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let recipe = self.plan.tuned(&best.params, decay.as_ref().map(|decay| decay.chosen));
        let repeats = match self.repeat(&recipe)? {
            ControlFlow::Continue(repeats) => repeats,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let tests = match self.final_runs(&recipe)? {
            ControlFlow::Continue(tests) => tests,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        [TUNED, UNTUNED, DEFAULT].into_iter().try_for_each(|run| self.fetch(run))?;
        let result = self.tuning_result(best, decay, repeats, tests)?;
        self.folder.write_json(&self.folder.result(), &result)?;
        Ok(ControlFlow::Continue(result))
    }
}
