//! Trains a small network on a folder of photographs, one folder per class, and prints each epoch:
//! `cargo run --release -p foliar --example train -- PHOTOS RUN`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::ops::ControlFlow;

use foliar::{Dataset, Event, Recipe, Trainer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let photos = arguments.next().ok_or("which photographs?")?;
    let run = arguments.next().ok_or("which run folder?")?;

    let mut recipe = Recipe::scratch("baseline");
    recipe.preprocessing = Recipe::preprocessing("baseline", 64);
    recipe.phases[0].epochs = 5;

    let trainer = Trainer::new(recipe).run_folder(run);
    let fit = trainer.fit_observed(&Dataset::new(photos), &mut |event| {
        if let Event::Epoch(epoch) = event {
            println!("epoch {}: training loss {:.3}", epoch.epoch, epoch.train_loss);
        }
        ControlFlow::Continue(())
    })?;
    let bundle = fit.outcome.bundle.ok_or("no epoch was finished")?;
    println!("{}", bundle.display());
    Ok(())
}
