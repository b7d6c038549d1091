//! Progress bars on a terminal; nothing where there is none.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Often enough to look alive, seldom enough to cost nothing.
const REDRAWS_PER_SECOND: u8 = 8;

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
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
