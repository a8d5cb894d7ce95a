//! How a fit ended, in words.

use super::Status;
use crate::Error;
use crate::numeric::optimize::Minimum;

/// Curvature per customer, on the log scale, below which a direction counts as not identified.
const FLAT: f64 = 1e-7;

/// Whether a likelihood bends in every direction, by the smallest eigenvalue of its Hessian.
pub(super) fn curved(smallest: f64) -> bool {
    smallest > FLAT
}

/// Status and message; `boundary` says what a flat direction, or a parameter at its ceiling, means.
pub(super) fn how<P, A>(
    found: &Minimum<P, A>,
    smallest: f64,
    boundary: impl FnOnce() -> String,
) -> (Status, String) {
    let evaluations = found.evaluations;
    match (found.converged, curved(smallest) && !found.at_ceiling) {
        (true, true) => (Status::Converged, String::new()),
        (_, false) => (Status::Boundary, boundary()),
        (false, true) => (
            Status::Stopped,
            format!(
                "no optimum after {evaluations} evaluations; try a penalty or another time unit"
            ),
        ),
    }
}

/// There was nothing to start from.
pub(super) fn nowhere(model: &str) -> Error {
    Error::Convergence {
        model: model.into(),
        reason: "the likelihood is not finite at either start".into(),
        hint: "check the units of the columns: values near 1 to 1000 are easiest".into(),
    }
}
