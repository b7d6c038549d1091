//! What the tests share: a small learner, the logs of its runs, and logs written by hand.

pub(crate) mod dice;
pub(crate) mod learner;
pub(crate) mod one_cycle;
pub(crate) mod runs;
pub(crate) mod table;
