//! `foliar lr-find`: the loss over the learning rate, and a proposal.

use std::io::Write;

use anyhow::{Context, bail};
use foliar_files::Printable as _;
use foliar_report::{Frame, Heading, RateCurve, Theme, rate_curve};
use foliar_train::{RateTest, check, lr_find};

use super::train::beginning::settle;
use super::train::open_photographs;
use super::train::recipe::from_arguments;
use super::train::screen::Screen;
use super::{picture, use_threads};
use crate::arguments::LrFindArguments;
use crate::exit::Exit;
use crate::interrupt;
use crate::output;

/// Width of the picture, in pixels.
const WIDTH: u32 = 900;

pub(crate) fn run(arguments: &LrFindArguments) -> anyhow::Result<Exit> {
    picture::check_name(&arguments.picture)?;
    let photos = arguments.recipe.labels.root(arguments.photos.as_deref())?;
    use_threads(arguments.recipe.machine.threads)?;
    let recipe = from_arguments(&settle(&arguments.recipe, &photos)?)?;
    let photographs = open_photographs(&photos, &recipe, &arguments.recipe.machine)?;
    check(&recipe, photographs.dataset.outputs())?.iter().for_each(|note| say!("{note}"));
    interrupt::listen()?;
    let mut screen = Screen::default();
    let test =
        lr_find(arguments.recipe.machine.device(), &recipe, &photographs, arguments.steps, &mut |event| {
            screen.show(event)
        })?;
    screen.clear();
    if interrupt::asked() {
        return Ok(Exit::Interrupted);
    }
    if test.rates.is_empty() {
        bail!("the loss is not finite from the first step on; check photos and weights for damage");
    }
    draw(arguments, &recipe.model, &test)?;
    let mut out = output::stdout();
    if arguments.json {
        out.json(&test)?;
    } else {
        match test.proposed {
            Some(rate) => writeln!(out, "{rate:.1e}")?,
            None => bail!(
                "the loss never fell, so no rate can be suggested; see {}, or try more steps (--steps)",
                arguments.picture.shown()
            ),
        }
    }
    say!("the number is the suggested --lr; the curve is in {}", arguments.picture.shown());
    Ok(Exit::with_problems(photographs.summary().skipped > 0))
}

fn draw(arguments: &LrFindArguments, model: &str, test: &RateTest) -> anyhow::Result<()> {
    let chart = RateCurve {
        heading: Heading {
            note: test.proposed.map_or_else(String::new, |rate| format!("proposed: {rate:.1e}")),
            ..Heading::new(format!("Loss of {model} as the learning rate rises"))
        },
        rates: test.rates.clone(),
        raw: test.losses.clone(),
        smoothed: test.smoothed.clone(),
        proposed: test.proposed,
        diverged: test.diverged,
    };
    let frame = Frame { width: WIDTH, height: chart.natural_height(WIDTH), theme: Theme::Light };
    let drawn = rate_curve(&chart, &frame).context("the curve cannot be drawn")?;
    picture::write(&arguments.picture, &drawn)
}
