//! The Weibull/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::lifetimes::Burr;
use super::never_leaving::MayStay;
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;

/// Gamma-Weibull / negative binomial model of repeat buying (Weibull/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; by the age `t` the hazard of
/// leaving has summed up to `eta (t/beta)^c` with `eta ~ Gamma(s, 1)`. With `c = 1` it is the Pareto/NBD model with the
/// same `s` and `beta`; below 1 customers are at the highest risk when they are new, above 1 when they are old.
///
/// The lifetime is Burr's law XII, which Hardie, Fader and Wisniewski (1998), An empirical comparison of new product
/// trial forecasting models, Journal of Forecasting 17, use for times to a first purchase.
#[derive(Debug, Clone, Copy)]
pub struct WeibullNbd;

impl MayStay for WeibullNbd {
    const NAME_WITH_STAYERS: &'static str = "WeibullNBD+never_leaving";
}

impl LifetimeModel<5> for WeibullNbd {
    const NAME: &'static str = "WeibullNBD";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the hazards of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::Time,
            meaning: "scale of the lifetimes",
        },
        Parameter {
            name: "c",
            dimension: Dimension::None,
            meaning: "how the hazard of leaving changes with age: below 1 it falls, above 1 it rises, 1 is the Pareto/NBD model",
        },
    ];

    type Law<S: Scalar> = Burr<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, s, beta, c]: [S; 5]) -> Burr<S> {
        Burr::new(s, beta, c)
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 0.7, 0.5 * t, 1.0], [1.0, t, 0.3, t, 0.7]]
    }

    fn boundary([_, _, s, beta, c]: [f64; 5]) -> String {
        let what = if c > 0.999 * ONE_AGE {
            "all customers who leave begin to do so at one age (c grows without bound with s c held): the data do not tell c and s apart"
        } else if s > 1e3 {
            "all customers seem to leave alike (s -> infinity): s and beta are known only through s / beta^c"
        } else if c < 1e-2 {
            "customers seem to leave at once or never (c -> 0)"
        } else if s * (c * -beta.ln()).exp() < 1e-9 {
            "customers do not seem to leave: the data do not tell this model from the NBD without dropout"
        } else {
            "the likelihood is flat in a direction: the data do not identify all five parameters"
        };
        what.into()
    }

    const CEILINGS: [f64; 5] = [f64::INFINITY, f64::INFINITY, ALIKE, f64::INFINITY, ONE_AGE];

    const PROCESSES: usize = 2;

    /// The rate of buying and the hazard of leaving may be higher: `alpha exp(-z'g)` and `beta exp(-z'h / c)`.
    fn moved<S: Scalar>([r, alpha, s, beta, c]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        [r, faster(alpha, buying), s, faster(beta, leaving / c), c]
    }
}

/// A fit ends at this `c`: those who leave by `beta` do so within about a thousandth of it.
const ONE_AGE: f64 = 1e3;

/// And at this `s`: hazards of customers that differ by a ten-thousandth of themselves do not differ.
const ALIKE: f64 = 1e8;
