//! The gamma-Gompertz/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::lifetimes::Gompertz;
use super::never_leaving::MayStay;
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments, silence_by_hand};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::{Dual2, Scalar};

/// Gamma-Gompertz / negative binomial model of repeat buying (GGompertz/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; the hazard of leaving grows as
/// `eta b exp(b t)` with `eta ~ Gamma(s, beta)`. As `b -> 0` with `beta / b` held it becomes the Pareto/NBD model.
///
/// Bemmaor and Glady (2012), Modeling purchasing behavior with sudden "death": a flexible customer lifetime model,
/// Management Science 58(5).
#[derive(Debug, Clone, Copy)]
pub struct GGompertzNbd;

impl MayStay for GGompertzNbd {
    const NAME_WITH_STAYERS: &'static str = "GGompertzNBD+never_leaving";
}

impl LifetimeModel<5> for GGompertzNbd {
    const NAME: &'static str = "GGompertzNBD";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "b",
            dimension: Dimension::PerTime,
            meaning: "growth of the hazard of leaving: 0 is the Pareto/NBD model",
        },
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the hazards of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::None,
            meaning: "inverse scale of the hazards: b s / beta is the mean hazard at first",
        },
    ];

    type Law<S: Scalar> = Gompertz<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, b, s, beta]: [S; 5]) -> Gompertz<S> {
        Gompertz::new(b, s, beta)
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    fn own_by_hand(theta: [f64; 5], row: &Purchases) -> Option<Dual2<5>> {
        Some(silence_by_hand(theta, &Self::law(theta), row))
    }

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [
            [r, r / rate, 0.5 / t, 0.7, 0.3],
            [1.0, t, 0.1 / t, 0.3, 0.1],
        ]
    }

    fn boundary([_, _, b, s, beta]: [f64; 5]) -> String {
        let what = if beta < 1e-2 {
            "the hazard of leaving does not seem to grow (b -> 0 with beta / b held): the Pareto/NBD model describes the data as well"
        } else if s * b / beta < 1e-9 {
            "customers do not seem to leave: the data do not tell this model from the NBD without dropout"
        } else {
            "the likelihood is flat in a direction: the data do not identify all five parameters"
        };
        what.into()
    }

    /// With the same `beta / b`, where the hazard grows enough to be seen.
    fn inside([r, alpha, b, s, beta]: [f64; 5]) -> [f64; 5] {
        let seen = (1e-3 / beta).max(1.0);
        [r, alpha, b * seen, s, beta * seen]
    }

    const PROCESSES: usize = 2;

    /// The rate of buying and the hazard of leaving may be higher: `alpha exp(-z'g)` and `beta exp(-z'h)`.
    fn moved<S: Scalar>([r, alpha, b, s, beta]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        [r, faster(alpha, buying), b, s, faster(beta, leaving)]
    }
}
