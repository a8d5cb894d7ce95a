//! The geometric law: every customer leaves at every renewal with the same probability.

use super::Law;
use crate::models::{Dimension, Parameter};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Geometric law of staying: `S(t) = (1 - theta)^t`.
///
/// Customers who do not differ and contracts that do not age: the churn rate as a constant. Fader and Hardie (2007),
/// How to project customer retention, Journal of Interactive Marketing 21(1), show how far it leads astray.
#[derive(Debug, Clone, Copy)]
pub struct Geometric;

impl Law<1> for Geometric {
    const NAME: &'static str = "Geometric";
    const PARAMETERS: [Parameter; 1] = [Parameter {
        name: "theta",
        dimension: Dimension::Share,
        meaning: "probability of leaving at a renewal, the same for every customer and every time",
    }];

    fn ln_survival<S: Scalar>([theta]: [S; 1], from: f64, to: f64) -> S {
        (-theta).ln_1p() * (to - from)
    }

    /// `entry + E / -ln(1 - theta)` with an exponential `E`.
    fn leaves_at([theta]: [f64; 1], entry: f64, stream: &mut Stream) -> f64 {
        entry - stream.exponential() / (-theta).ln_1p()
    }

    fn starts(churn: f64) -> [[f64; 1]; 2] {
        [[churn], [0.5]]
    }

    fn boundary([theta]: [f64; 1]) -> Option<&'static str> {
        (theta > 1.0 - 1e-6)
            .then_some("every customer seems to leave at the first renewal (theta -> 1)")
    }

    const PROCESSES: usize = 1;

    /// `(1 - theta)^(exp(z'g))` is the probability of staying.
    fn moved<S: Scalar>([theta]: [S; 1], leaving: S) -> [S; 1] {
        [riskier(theta, leaving)]
    }
}

/// The probability of leaving where that of staying is to the power of `exp(by)`: a proportional hazard.
pub(super) fn riskier<S: Scalar>(theta: S, by: S) -> S {
    -((-theta).ln_1p() * by.exp()).exp_m1()
}
