//! The beta-discrete-Weibull law: customers differ, and each leaves more or less readily the longer they have stayed.

use super::Law;
use super::discrete_weibull::{DURATION, later};
use super::power::{LARGE, capped, ln_power, ln_power_rise};
use super::shifted_beta_geometric::{LEAVING, boundary, ln_wait};
use crate::models::Parameter;
use crate::numeric::random::Stream;
use crate::numeric::{Scalar, ln_beta_step};

/// Beta-discrete-Weibull law of staying (BdW): `S(t) = B(alpha, beta + t^c) / B(alpha, beta)`.
///
/// Each customer stays with `(1 - theta)^(t^c)` where `theta ~ Beta(alpha, beta)`; with `c = 1` it is the
/// shifted-beta-geometric law.
///
/// Fader, Hardie, Liu, Davin and Steenburgh (2018), "How to project customer retention" revisited: the role of duration
/// dependence, Journal of Interactive Marketing 43.
#[derive(Debug, Clone, Copy)]
pub struct BetaDiscreteWeibull;

impl Law<3> for BetaDiscreteWeibull {
    const NAME: &'static str = "BdW";
    const PARAMETERS: [Parameter; 3] = [LEAVING[0], LEAVING[1], DURATION];

    /// `ln B(alpha, beta + to^c) - ln B(alpha, beta + from^c)`. Where powers are too large for numbers the beta function
    /// is itself a power: `B(alpha, n)` falls as `n^-alpha`.
    fn ln_survival<S: Scalar>([alpha, beta, c]: [S; 3], from: f64, to: f64) -> S {
        let (before, rise) = (ln_power(c, from), ln_power_rise(c, from, to));
        ln_step([alpha, beta, c], before, rise, [from, to])
    }

    fn power<S: Scalar>([alpha, _, c]: [S; 3]) -> Option<S> {
        Some(alpha * c)
    }

    fn bend([_, _, c]: [f64; 3]) -> f64 {
        c
    }

    /// Who is there at `entry` has a `theta ~ Beta(alpha, beta + entry^c)`.
    fn leaves_at([alpha, beta, c]: [f64; 3], entry: f64, stream: &mut Stream) -> f64 {
        let there = ln_power(c, entry).map_or(beta, |ln| beta + capped(ln));
        later(c, entry, ln_wait(alpha, there, stream))
    }

    fn starts(churn: f64) -> [[f64; 3]; 2] {
        let b = (1.0 - churn) / churn;
        [[1.0, b, 1.0], [0.5, 0.5 * b, 1.5]]
    }

    fn boundary([alpha, beta, c]: [f64; 3]) -> Option<&'static str> {
        if c < 1e-3 {
            Some("who does not leave at the first renewal seems never to leave (c -> 0)")
        } else {
            boundary([alpha, beta])
        }
    }
}

/// The step of `ln B(alpha, beta + t^c)` given `ln from^c` and `ln(to^c - from^c)`, both perhaps times a factor.
pub(super) fn ln_step<S: Scalar>(
    [alpha, beta, c]: [S; 3],
    before: Option<S>,
    rise: S,
    [from, to]: [f64; 2],
) -> S {
    if before.is_some_and(|ln| ln.value() > 0.5 * LARGE) {
        return -(alpha * c * ((to - from) / from).ln_1p());
    }
    let there = before.map_or(beta, |ln| beta + ln.exp());
    let step = ln_beta_step(alpha, there, capped(rise));
    if rise.value() > LARGE {
        step - alpha * (rise - LARGE)
    } else {
        step
    }
}
