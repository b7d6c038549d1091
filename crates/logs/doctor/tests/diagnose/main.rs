//! The doctor as its callers see it: hand-made logs, the logs of simulated runs, and nonsense.

mod batches;
mod drifts;
mod kinds;
mod live;
mod nonsense;
mod own;
mod question;
mod rules;
mod simulated;
mod small_logs;
mod standstills;
mod support;
mod thresholds;
mod verdicts;
mod written;
