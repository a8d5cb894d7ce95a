//! The NBD model: customers who buy and never leave.

use super::covariates::faster;
use super::lifetimes::Endless;
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;

/// Negative binomial model of repeat buying (NBD), without dropout.
///
/// A customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)` for ever. The likelihood is that of the times
/// of purchases, as in the models with dropout: not that of the counts, which has another constant.
///
/// Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics 8(1).
#[derive(Debug, Clone, Copy)]
pub struct Nbd;

impl LifetimeModel<2> for Nbd {
    const NAME: &'static str = "NBD";
    const PARAMETERS: [Parameter; 2] = [R, ALPHA];

    type Law<S: Scalar> = Endless;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>(_: [S; 2]) -> Endless {
        Endless
    }

    fn shared<S: Scalar>(_: [S; 2], _: f64) {}

    fn probability_alive<S: Scalar>(_: [S; 2], _shared: &(), _: &Purchases) -> Option<S> {
        Some(S::from(1.0))
    }

    fn starts(sample: &Sample<Purchases>) -> [[f64; 2]; 2] {
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate], [1.0, 1.0 / rate]]
    }

    fn boundary([r, _]: [f64; 2]) -> String {
        let what = if r > 1e3 {
            "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha"
        } else {
            "the likelihood is flat in a direction: the data do not identify both parameters"
        };
        what.into()
    }

    const PROCESSES: usize = 1;

    /// The rate may be faster: `alpha exp(-z'g)`.
    fn moved<S: Scalar>([r, alpha]: [S; 2], [buying, _]: [S; 2]) -> [S; 2] {
        [r, faster(alpha, buying)]
    }
}
