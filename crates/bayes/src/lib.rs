//! Bayesian optimisation: search space, Gaussian process, acquisition, pruner, study.
