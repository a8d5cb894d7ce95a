//! The shifted-beta-geometric law, the first to read: each customer leaves with a probability of their own.

use super::Law;
use crate::models::{Dimension, Parameter};
use crate::numeric::random::Stream;
use crate::numeric::{Scalar, ln_beta_step};

/// Shifted-beta-geometric law of staying (sBG): `S(t) = B(alpha, beta + t) / B(alpha, beta)`.
///
/// Each customer fails to renew with a constant probability `theta ~ Beta(alpha, beta)`. Retention,
/// `(beta + t - 1) / (alpha + beta + t - 1)`, rises as those who leave easily are gone, though nobody becomes more loyal.
///
/// Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1).
#[derive(Debug, Clone, Copy)]
pub struct ShiftedBetaGeometric;

impl Law<2> for ShiftedBetaGeometric {
    const NAME: &'static str = "SBG";
    const PARAMETERS: [Parameter; 2] = LEAVING;

    fn ln_survival<S: Scalar>([alpha, beta]: [S; 2], from: f64, to: f64) -> S {
        ln_beta_step(alpha, beta + from, S::from(to - from))
    }

    fn power<S: Scalar>([alpha, _]: [S; 2]) -> Option<S> {
        Some(alpha)
    }

    /// Who is there at `entry` has a `theta ~ Beta(alpha, beta + entry)`, and stays on with `(1 - theta)^t`.
    fn leaves_at([alpha, beta]: [f64; 2], entry: f64, stream: &mut Stream) -> f64 {
        entry + ln_wait(alpha, beta + entry, stream).exp()
    }

    fn starts(churn: f64) -> [[f64; 2]; 2] {
        [[1.0, (1.0 - churn) / churn], [0.2, 0.2]]
    }

    fn boundary(theta: [f64; 2]) -> Option<&'static str> {
        boundary(theta)
    }
}

/// The beta distribution of the customers' probabilities of leaving.
pub(super) const LEAVING: [Parameter; 2] = [
    Parameter {
        name: "alpha",
        dimension: Dimension::None,
        meaning: "leaving against: alpha / (alpha + beta) is the mean probability of leaving at the first renewal",
    },
    Parameter {
        name: "beta",
        dimension: Dimension::None,
        meaning: "leaving for: alpha + beta small means that customers differ widely",
    },
];

/// The logarithm of `E / -ln(1 - theta)` with an exponential `E` and `theta ~ Beta(a, b)`; `-ln(1 - theta)` is
/// `ln(1 + g/h)` with gamma variates `g` and `h`.
pub(super) fn ln_wait(a: f64, b: f64, stream: &mut Stream) -> f64 {
    let odds = stream.ln_gamma(a) - stream.ln_gamma(b);
    let rate = 0.0.ln_add_exp(odds);
    // for odds close to nothing ln(1 + odds) is odds
    let ln_rate = if odds < -30.0 { odds } else { rate.ln() };
    stream.exponential().ln() - ln_rate
}

/// What a flat direction of a beta mixture means.
pub(super) fn boundary([alpha, beta]: [f64; 2]) -> Option<&'static str> {
    let mean = alpha / (alpha + beta);
    if alpha + beta > 1e3 && mean > 1e-4 {
        Some(
            "all customers seem to leave with the same probability (alpha + beta -> infinity): alpha and beta are known only through alpha / (alpha + beta), and a model without differences between customers describes the data as well",
        )
    } else if mean > 1.0 - 1e-4 {
        Some("every customer seems to leave at the first renewal (alpha / (alpha + beta) -> 1)")
    } else if alpha + beta < 1e-3 {
        Some(
            "customers seem to leave at the first renewal or never (alpha + beta -> 0): alpha and beta are known only through alpha / (alpha + beta)",
        )
    } else if mean < 1e-4 {
        Some("hardly anybody leaves (alpha / (alpha + beta) -> 0)")
    } else {
        None
    }
}
