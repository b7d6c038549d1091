//! Judges a training log: findings with evidence and advice.
