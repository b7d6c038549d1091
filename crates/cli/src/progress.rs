//! Progress bars on a terminal; nothing where there is none.

use std::thread::{Builder, sleep};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Often enough to look alive, seldom enough to cost nothing.
const REDRAWS_PER_SECOND: u8 = 8;
/// How often a bar is drawn while nothing is done.
const TICK: Duration = Duration::from_millis(200);

/// What is done once all photographs are read.
pub(crate) const COPIES: &str = "looking for copies";

/// A bar over `total` pieces of work. `template` is indicatif's.
pub(crate) fn bar(total: u64, template: &str) -> ProgressBar {
    let bar =
        ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

/// A bar over photographs that are read.
pub(crate) fn photographs(what: &'static str) -> ProgressBar {
    let bar = bar(0, "{msg} {bar:16} {pos}/{len}  {eta} left");
    bar.set_message(what);
    tick(&bar);
    bar
}

/// Draws `bar` again and again until it is finished or gone, so that its clock goes on. Indicatif's own ticker ends the program
/// where no thread can be started; here the clock stands still.
pub(crate) fn tick(bar: &ProgressBar) {
    if bar.is_hidden() {
        return;
    }
    let bar = bar.downgrade();
    let draw = move || {
        loop {
            sleep(TICK);
            match bar.upgrade() {
                Some(bar) if !bar.is_finished() => bar.tick(),
                _ => break,
            }
        }
    };
    let _ = Builder::new().name("ticker".to_owned()).spawn(draw);
}
