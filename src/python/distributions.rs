//! Probabilities that tests need.

use pyo3::prelude::*;

use crate::numeric::incomplete::gamma_q;

/// The probability that a chi-square variate exceeds `statistic`.
#[pyfunction]
pub(super) fn chi_square_tail(statistic: f64, degrees: f64) -> f64 {
    gamma_q(degrees / 2.0, statistic / 2.0)
}
