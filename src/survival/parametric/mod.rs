//! Durations from a distribution with few parameters, whose logarithm moves with covariates (accelerated failure time),
//! with or without a share that never has the event.

mod family;
mod fit;

pub use family::{Family, Parameters};
pub use fit::{Observations, ParametricFit, fit, predict};
