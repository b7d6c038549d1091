//! Small runs on drawn leaves.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ops::ControlFlow;
use std::path::Path;

use foliar_nn::Cpu;
use foliar_train::{DataOptions, Photographs, Recipe, Run, train};

pub(crate) fn recipe() -> Recipe {
    let mut recipe = Recipe { batch_size: 8, ..Recipe::quick("baseline") };
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases[0].epochs = 4;
    recipe
}

pub(crate) fn photographs(root: &Path, recipe: &Recipe) -> Photographs {
    Photographs::open(root, recipe, &DataOptions::default(), &|_, _| {}).unwrap()
}

pub(crate) fn trained(folder: &Path, recipe: &Recipe, data: &Photographs) -> Run {
    let run = Run::create(folder, recipe, data).unwrap();
    train(&Cpu, &run, data, &mut |_| ControlFlow::Continue(())).unwrap();
    run
}
