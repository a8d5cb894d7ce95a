//! The discrete Weibull law: customers are alike, but leave more or less readily the longer they have stayed.

use super::Law;
use super::geometric::riskier;
use super::power::{capped, ln_power, ln_power_rise};
use crate::models::{Dimension, Parameter};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Discrete Weibull law of staying: `S(t) = (1 - theta)^(t^c)`.
///
/// Nakagawa and Osaki (1975), The discrete Weibull distribution, IEEE Transactions on Reliability 24(5); with `c = 1`
/// it is the geometric law.
#[derive(Debug, Clone, Copy)]
pub struct DiscreteWeibull;

impl Law<2> for DiscreteWeibull {
    const NAME: &'static str = "DiscreteWeibull";
    const PARAMETERS: [Parameter; 2] = [
        Parameter {
            name: "theta",
            dimension: Dimension::Share,
            meaning: "probability of leaving at the first renewal",
        },
        DURATION,
    ];

    /// `(to^c - from^c) ln(1 - theta)`.
    fn ln_survival<S: Scalar>([theta, c]: [S; 2], from: f64, to: f64) -> S {
        capped(ln_power_rise(c, from, to)) * (-theta).ln_1p()
    }

    fn bend([_, c]: [f64; 2]) -> f64 {
        c
    }

    /// `t^c = entry^c + E / -ln(1 - theta)` with an exponential `E`.
    fn leaves_at([theta, c]: [f64; 2], entry: f64, stream: &mut Stream) -> f64 {
        let wait = stream.exponential().ln() - (-(-theta).ln_1p()).ln();
        later(c, entry, wait)
    }

    fn starts(churn: f64) -> [[f64; 2]; 2] {
        [[churn, 1.0], [churn, 0.5]]
    }

    fn boundary([theta, c]: [f64; 2]) -> Option<&'static str> {
        if theta > 1.0 - 1e-6 {
            Some("every customer seems to leave at the first renewal (theta -> 1)")
        } else {
            (c < 1e-3)
                .then_some("who does not leave at the first renewal seems never to leave (c -> 0)")
        }
    }

    const PROCESSES: usize = 1;

    /// As the geometric law.
    fn moved<S: Scalar>([theta, c]: [S; 2], leaving: S) -> [S; 2] {
        [riskier(theta, leaving), c]
    }
}

/// The exponent of the Weibull laws.
pub(super) const DURATION: Parameter = Parameter {
    name: "c",
    dimension: Dimension::None,
    meaning: "duration dependence of one customer: above 1 they leave the more readily the longer they stay",
};

/// The age `t` with `t^c = entry^c + exp(ln_wait)`.
pub(super) fn later(c: f64, entry: f64, ln_wait: f64) -> f64 {
    let ln_power = ln_power(c, entry).map_or(ln_wait, |ln_entry| ln_entry.ln_add_exp(ln_wait));
    (ln_power / c).exp().max(entry)
}
