//! The exponential-gamma law: each customer leaves at any moment at a rate of their own.

use super::Law;
use crate::models::covariates::faster;
use crate::models::{Dimension, Parameter};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Exponential-gamma law of staying (EG, Lomax): `S(t) = (alpha / (alpha + t))^r`.
///
/// Lifetimes are exponential with rates `lambda ~ Gamma(r, alpha)`: the shifted-beta-geometric law in continuous time.
///
/// Morrison and Schmittlein (1980), Jobs, strikes, and wars: probability models for duration, Organizational Behavior
/// and Human Performance 25(2).
#[derive(Debug, Clone, Copy)]
pub struct ExponentialGamma;

impl Law<2> for ExponentialGamma {
    const NAME: &'static str = "ExponentialGamma";
    const PARAMETERS: [Parameter; 2] = [
        SHAPE,
        Parameter {
            name: "alpha",
            dimension: Dimension::Time,
            meaning: "inverse scale of the rates of leaving: r / alpha is the mean rate at the start",
        },
    ];
    const CONTINUOUS: bool = true;

    fn ln_survival<S: Scalar>([r, alpha]: [S; 2], from: f64, to: f64) -> S {
        -(r * ((alpha + from).recip() * (to - from)).ln_1p())
    }

    /// `r / (alpha + t)`.
    fn ln_hazard<S: Scalar>([r, alpha]: [S; 2], age: f64) -> Option<S> {
        Some(r.ln() - (alpha + age).ln())
    }

    fn power<S: Scalar>([r, _]: [S; 2]) -> Option<S> {
        Some(r)
    }

    /// Survival from `entry` is uniform: `t = entry + (alpha + entry) (exp(E/r) - 1)` with an exponential `E`.
    fn leaves_at([r, alpha]: [f64; 2], entry: f64, stream: &mut Stream) -> f64 {
        entry + (alpha + entry) * (stream.exponential() / r).exp_m1()
    }

    fn starts(churn: f64) -> [[f64; 2]; 2] {
        let rate = -(-churn).ln_1p();
        [[1.0, 1.0 / rate], [0.2, 0.2 / rate]]
    }

    fn boundary([r, alpha]: [f64; 2]) -> Option<&'static str> {
        (r > 1e3 && alpha > 1e2).then_some(ALIKE)
    }

    const PROCESSES: usize = 1;

    /// The rate may be higher: `alpha exp(-z'g)`.
    fn moved<S: Scalar>([r, alpha]: [S; 2], leaving: S) -> [S; 2] {
        [r, faster(alpha, leaving)]
    }
}

pub(super) const SHAPE: Parameter = Parameter {
    name: "r",
    dimension: Dimension::None,
    meaning: "shape of the rates of leaving: small means that customers differ widely",
};

/// What a flat direction of a gamma mixture means.
pub(super) const ALIKE: &str = "all customers seem to leave at the same rate (r -> infinity): r and alpha are known only through r / alpha";
