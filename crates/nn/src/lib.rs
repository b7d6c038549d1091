//! Networks as data, and the CPU engine that trains and runs them.
