//! The period-death model: a law of the lifetime for customers who buy while alive.

use super::covariates::{faster, likelier};
use super::lifetimes::Step;
use super::never_leaving::MayStay;
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;

/// Periodic-death-opportunity / negative binomial model of repeat buying (PDO).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; at the end of each period of
/// length `tau` since the first purchase the customer leaves with probability `theta ~ Beta(a, b)`. It becomes the
/// Pareto/NBD model as `tau -> 0`, and the NBD model for a `tau` longer than the observation. The likelihood jumps in
/// `tau`, which therefore is held in a fit.
///
/// Jerath, Fader and Hardie (2011), New perspectives on customer "death" using a generalization of the Pareto/NBD model,
/// Marketing Science 30(5).
#[derive(Debug, Clone, Copy)]
pub struct Pdo;

impl MayStay for Pdo {
    const NAME_WITH_STAYERS: &'static str = "PDO+never_leaving";
}

impl LifetimeModel<5> for Pdo {
    const NAME: &'static str = "PDO";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "a",
            dimension: Dimension::None,
            meaning: "dropout against: a / (a + b) is the mean chance of leaving at the end of a period",
        },
        Parameter {
            name: "b",
            dimension: Dimension::None,
            meaning: "dropout for: a + b large means that customers leave alike",
        },
        Parameter {
            name: "tau",
            dimension: Dimension::Time,
            meaning: "length of the periods at whose ends customers may leave",
        },
    ];

    type Law<S: Scalar> = Step<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, a, b, tau]: [S; 5]) -> Step<S> {
        Step::new(a, b, tau.value())
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    /// The rates by the moments of the counts, with dropout of one in four or one in two, five times.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [
            [r, r / rate, 1.0, 3.0, t / 5.0],
            [1.0, t, 0.5, 0.5, t / 5.0],
        ]
    }

    fn boundary([r, _, a, b, _]: [f64; 5]) -> String {
        let what = if a / (a + b) < 1e-3 {
            "customers do not seem to leave (a / (a + b) -> 0): the data do not tell this model from the NBD without dropout"
        } else if a + b > 1e3 {
            "all customers seem to leave with the same probability (a + b -> infinity): a and b are known only through a / (a + b)"
        } else if a + b < 1e-3 {
            "customers seem to leave after the first period or never (a + b -> 0): a and b are known only through a / (a + b)"
        } else if r > 1e3 {
            "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha"
        } else {
            "the likelihood is flat in a direction: the data do not identify all parameters, of which tau must be held"
        };
        what.into()
    }

    const PROCESSES: usize = 2;

    /// The rate of buying may be faster, `alpha exp(-z'g)`, and the mean chance of leaving at the end of a period larger:
    /// its log odds by `z'h`, with `a + b` as it is. Periods are as long for all.
    fn moved<S: Scalar>([r, alpha, a, b, tau]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        let [a, b] = likelier([a, b], leaving);
        [r, faster(alpha, buying), a, b, tau]
    }
}
