//! The Pareto/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::lifetimes::Exponential;
use super::never_leaving::MayStay;
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments, silence_by_hand};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::{Dual2, Scalar};

mod odds;

use odds::Odds;

/// Pareto / negative binomial model of repeat buying (Pareto/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; the lifetime is exponential
/// with rate `mu ~ Gamma(s, beta)`.
///
/// Schmittlein, Morrison and Colombo (1987), Counting your customers: who are they and what will they do next?,
/// Management Science 33(1).
#[derive(Debug, Clone, Copy)]
pub struct ParetoNbd;

impl MayStay for ParetoNbd {
    const NAME_WITH_STAYERS: &'static str = "ParetoNBD+never_leaving";
}

impl LifetimeModel<4> for ParetoNbd {
    const NAME: &'static str = "ParetoNBD";
    const PARAMETERS: [Parameter; 4] = [
        R,
        ALPHA,
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the rates of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::Time,
            meaning: "inverse scale of the rates of leaving: s / beta is the mean rate",
        },
    ];

    type Law<S: Scalar> = Exponential<S>;
    type Shared<S: Scalar> = Odds<S>;

    fn law<S: Scalar>([_, _, s, beta]: [S; 4]) -> Exponential<S> {
        Exponential::new(s, beta)
    }

    fn shared<S: Scalar>(theta: [S; 4], x: f64) -> Odds<S> {
        Odds::new(theta, x)
    }

    fn probability_alive<S: Scalar>(_: [S; 4], shared: &Odds<S>, row: &Purchases) -> Option<S> {
        shared.of_leaving(row).map(|odds| (odds + 1.0).recip())
    }

    fn own_by_hand(theta: [f64; 4], row: &Purchases) -> Option<Dual2<4>> {
        Some(silence_by_hand(theta, &Self::law(theta), row))
    }

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 4]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 0.7, 0.5 * t], [1.0, t, 0.3, t]]
    }

    fn boundary([r, alpha, s, beta]: [f64; 4]) -> String {
        let what = if s / beta < 1e-3 * r / alpha && beta > alpha {
            "customers do not seem to leave (s / beta -> 0): the data do not tell this model from the NBD without dropout"
        } else if s > 1e3 {
            "all customers seem to leave at the same rate (s -> infinity): s and beta are known only through s / beta"
        } else if r > 1e3 {
            "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha"
        } else if s < 1e-3 {
            "customers seem to leave at once or never (s -> 0)"
        } else {
            "the likelihood is flat in a direction: the data do not identify all four parameters"
        };
        what.into()
    }

    const PROCESSES: usize = 2;

    /// Both rates may be faster: `alpha exp(-z'g)` and `beta exp(-z'h)`.
    fn moved<S: Scalar>([r, alpha, s, beta]: [S; 4], [buying, leaving]: [S; 2]) -> [S; 4] {
        [r, faster(alpha, buying), s, faster(beta, leaving)]
    }
}
