//! Recipes, schedules, the training loop, checkpoints, evaluation and the bundle.
