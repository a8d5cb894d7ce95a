//! The Weibull-gamma law: rates of leaving differ between customers and change with their age.

use super::Law;
use super::discrete_weibull::{DURATION, later};
use super::exponential_gamma::{ALIKE, SHAPE};
use super::power::{ln_power, ln_relative_rise};
use crate::models::covariates::faster;
use crate::models::{Dimension, Parameter};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Weibull-gamma law of staying (WG, Burr XII): `S(t) = (alpha / (alpha + t^c))^r`.
///
/// Each customer stays with `exp(-lambda t^c)` where `lambda ~ Gamma(r, alpha)`; with `c = 1` it is the
/// exponential-gamma law.
///
/// Hardie, Fader and Wisniewski (1998), An empirical comparison of new product trial forecasting models, Journal of
/// Forecasting 17; `McCarthy`, Fader and Hardie (2017), Valuing subscription-based businesses using publicly disclosed
/// customer data, Journal of Marketing 81(1).
#[derive(Debug, Clone, Copy)]
pub struct WeibullGamma;

impl Law<3> for WeibullGamma {
    const NAME: &'static str = "WeibullGamma";
    const PARAMETERS: [Parameter; 3] = [
        SHAPE,
        Parameter {
            name: "alpha",
            dimension: Dimension::Time,
            meaning: "inverse scale of the rates of leaving, in time to the power c: at age alpha^(1/c) half are left if r = 1",
        },
        DURATION,
    ];
    const CONTINUOUS: bool = true;

    /// `-r ln(1 + (to^c - from^c) / (alpha + from^c))`, where powers that are large beside `alpha` cancel.
    fn ln_survival<S: Scalar>([r, alpha, c]: [S; 3], from: f64, to: f64) -> S {
        let nothing = S::from(0.0);
        let ln_rise = match ln_power(c, from) {
            Some(before) => ln_relative_rise(c, from, to) - nothing.ln_add_exp(alpha.ln() - before),
            None => c * to.ln() - alpha.ln(),
        };
        -(r * nothing.ln_add_exp(ln_rise))
    }

    /// `r c t^(c-1) / (alpha + t^c)`.
    fn ln_hazard<S: Scalar>([r, alpha, c]: [S; 3], age: f64) -> Option<S> {
        Some(r.ln() + c.ln() + (c - 1.0) * age.ln() - ln_scale(alpha, c, age))
    }

    fn power<S: Scalar>([r, _, c]: [S; 3]) -> Option<S> {
        Some(r * c)
    }

    fn bend([_, _, c]: [f64; 3]) -> f64 {
        c
    }

    /// Survival from `entry` is uniform: `t^c = entry^c + (alpha + entry^c) (exp(E/r) - 1)` with an exponential `E`.
    fn leaves_at([r, alpha, c]: [f64; 3], entry: f64, stream: &mut Stream) -> f64 {
        let odds = stream.exponential() / r;
        // ln(exp(x) - 1) = x + ln(1 - exp(-x))
        let ln_odds = odds + (-odds).ln_1m_exp();
        later(c, entry, ln_scale(alpha, c, entry) + ln_odds)
    }

    fn starts(churn: f64) -> [[f64; 3]; 2] {
        let rate = -(-churn).ln_1p();
        [[1.0, 1.0 / rate, 1.0], [0.5, 0.5 / rate, 1.5]]
    }

    /// `alpha` is measured in time to the power `c`.
    fn distances<S: Scalar>([r, alpha, c]: [S; 3], time: f64) -> [S; 3] {
        [r.ln(), alpha.ln() - c * time.ln(), c.ln()]
    }

    fn boundary([r, alpha, c]: [f64; 3]) -> Option<&'static str> {
        if c < 1e-3 {
            Some("who does not leave at once seems never to leave (c -> 0)")
        } else {
            (r > 1e3 && alpha > 1e2).then_some(ALIKE)
        }
    }

    const PROCESSES: usize = 1;

    /// The hazard may be higher: `alpha exp(-z'g)`.
    fn moved<S: Scalar>([r, alpha, c]: [S; 3], leaving: S) -> [S; 3] {
        [r, faster(alpha, leaving), c]
    }
}

/// `ln(alpha + t^c)`.
fn ln_scale<S: Scalar>(alpha: S, c: S, age: f64) -> S {
    ln_power(c, age).map_or(alpha.ln(), |ln| alpha.ln().ln_add_exp(ln))
}
