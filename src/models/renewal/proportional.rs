//! The beta-discrete-Weibull law for customers some of whom run a higher risk than others.

use super::Law;
use super::beta_discrete_weibull::ln_step;
use super::discrete_weibull::{DURATION, later};
use super::power::{capped, ln_power, ln_power_rise};
use super::shifted_beta_geometric::{LEAVING, boundary, ln_wait};
use crate::models::{Dimension, Parameter};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Beta-discrete-Weibull law with proportional hazards: `S(t) = B(alpha, beta + k t^c) / B(alpha, beta)`.
///
/// Each customer stays with `(1 - theta)^(k t^c)` where `theta ~ Beta(alpha, beta)`, and `k = exp(z'g)` by their
/// covariates; with `k = 1` it is the beta-discrete-Weibull law, and with `c = 1` too the shifted-beta-geometric one. It
/// is a proportional hazard in discrete time as that of Prentice and Gloeckler (1978), Regression analysis of grouped
/// survival data, Biometrics 34(1).
#[derive(Debug, Clone, Copy)]
pub struct ProportionalBetaWeibull;

impl Law<4> for ProportionalBetaWeibull {
    const NAME: &'static str = "ProportionalBdW";
    const PARAMETERS: [Parameter; 4] = [
        LEAVING[0],
        LEAVING[1],
        DURATION,
        Parameter {
            name: "risk",
            dimension: Dimension::None,
            meaning: "factor in the risk of leaving: 1 for a customer whose covariates are 0",
        },
    ];

    fn ln_survival<S: Scalar>([alpha, beta, c, risk]: [S; 4], from: f64, to: f64) -> S {
        let ln_risk = risk.ln();
        let before = ln_power(c, from).map(|ln| ln + ln_risk);
        let rise = ln_power_rise(c, from, to) + ln_risk;
        ln_step([alpha, beta, c], before, rise, [from, to])
    }

    fn power<S: Scalar>([alpha, _, c, _]: [S; 4]) -> Option<S> {
        Some(alpha * c)
    }

    fn bend([_, _, c, _]: [f64; 4]) -> f64 {
        c
    }

    /// Who is there at `entry` has a `theta ~ Beta(alpha, beta + k entry^c)`.
    fn leaves_at([alpha, beta, c, risk]: [f64; 4], entry: f64, stream: &mut Stream) -> f64 {
        let there = ln_power(c, entry).map_or(beta, |ln| beta + risk * capped(ln));
        later(c, entry, ln_wait(alpha, there, stream) - risk.ln())
    }

    fn starts(churn: f64) -> [[f64; 4]; 2] {
        let b = (1.0 - churn) / churn;
        [[1.0, b, 1.0, 1.0], [0.5, 0.5 * b, 1.5, 1.0]]
    }

    fn boundary([alpha, beta, ..]: [f64; 4]) -> Option<&'static str> {
        boundary([alpha, beta])
    }

    const PROCESSES: usize = 1;
    const SHIFTS: bool = false;

    fn moved<S: Scalar>([alpha, beta, c, risk]: [S; 4], leaving: S) -> [S; 4] {
        [alpha, beta, c, risk * leaving.exp()]
    }
}
