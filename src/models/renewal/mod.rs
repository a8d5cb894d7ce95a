//! Models of how long customers with a contract stay, one small file a law, and what they have in common.
//!
//! A [`Law`] says how long customers stay who may leave at any renewal; [`Staying`] adds those who leave at the first
//! and those who never do, and makes of both a [`Model`](super::Model) that is fitted like any other.

mod beta_discrete_weibull;
mod bootstrap;
mod contracts;
mod discrete_weibull;
mod exponential_gamma;
mod geometric;
mod power;
mod proportional;
mod registry;
mod shifted_beta_geometric;
mod spans;
mod staying;
mod weibull_gamma;

pub use beta_discrete_weibull::BetaDiscreteWeibull;
pub use bootstrap::Exposure;
pub use discrete_weibull::DiscreteWeibull;
pub use exponential_gamma::ExponentialGamma;
pub use geometric::Geometric;
pub use proportional::ProportionalBetaWeibull;
pub use registry::{DynRenewal, RENEWAL, renewal};
pub use shifted_beta_geometric::ShiftedBetaGeometric;
pub use spans::Span;
pub use staying::Staying;
pub use weibull_gamma::WeibullGamma;

use super::Parameter;
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// How long customers stay who may leave at any renewal, with `B` parameters.
///
/// Ages count renewal periods from the start of the contract. A law in discrete time is asked about whole ages only,
/// and is smooth between them; customers leave when they do not renew.
pub trait Law<const B: usize>: Sync {
    /// Name in the literature.
    const NAME: &'static str;
    /// The parameters, in the order of `theta`.
    const PARAMETERS: [Parameter; B];
    /// Whether customers may leave at any moment.
    const CONTINUOUS: bool = false;

    /// `ln S(to) - ln S(from)` for `from < to`: the logarithm of the probability of being there at age `to`, given there
    /// at `from`, in a form that keeps its digits where that is nearly certain.
    fn ln_survival<S: Scalar>(theta: [S; B], from: f64, to: f64) -> S;

    /// The logarithm of the rate of leaving at an age; nothing in discrete time.
    fn ln_hazard<S: Scalar>(_theta: [S; B], _age: f64) -> Option<S> {
        None
    }

    /// `p` where survival falls as `t^-p` in the end; nothing where it falls faster than any power.
    fn power<S: Scalar>(_theta: [S; B]) -> Option<S> {
        None
    }

    /// Survival is smooth in `t^bend`.
    fn bend(_theta: [f64; B]) -> f64 {
        1.0
    }

    /// The age at which a customer leaves who is there at `entry`, with the law's own random chances for that customer.
    /// In discrete time they leave at the next whole age.
    fn leaves_at(theta: [f64; B], entry: f64, stream: &mut Stream) -> f64;

    /// Two points to start from, given the share of customers who leave in a period.
    fn starts(churn: f64) -> [[f64; B]; 2];

    /// How far each parameter is from neutral on its free scale; `time` is the mean time that customers stayed.
    fn distances<S: Scalar>(theta: [S; B], time: f64) -> [S; B] {
        std::array::from_fn(|j| Self::PARAMETERS[j].dimension.distance(theta[j], time, 1.0))
    }

    /// What an optimum with a flat direction means, in words; nothing where it lies in a parameter that a law does not
    /// know.
    fn boundary(theta: [f64; B]) -> Option<&'static str>;

    /// How many processes may depend on covariates: none, or that of leaving.
    const PROCESSES: usize = 0;

    /// Whether a constant that is added to linear predictors can be had by other parameters just as well.
    const SHIFTS: bool = true;

    /// The parameters of a customer with this linear predictor of leaving.
    fn moved<S: Scalar>(theta: [S; B], _leaving: S) -> [S; B] {
        theta
    }
}
