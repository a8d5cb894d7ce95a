//! Time to an event, which is not seen for everybody: curves, tests and regressions for durations with right-censoring,
//! late entry, weights, strata and ties.

pub mod aalen_johansen;
pub mod cox;
pub mod curve;
pub mod log_rank;
pub mod parametric;
mod rows;
pub mod sample;
pub mod table;

pub use sample::{Events, Names, Sample, Times};
