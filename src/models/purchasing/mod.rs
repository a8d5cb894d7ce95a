//! Models of repeat buying: what they predict for a customer, and the loop over customers.

mod bernoulli;
pub(super) mod beta_geometric;
mod block;
pub(super) mod counts;
pub(super) mod erlang;
mod futures;
pub mod holdout;
mod horizon;
pub mod money;
mod nature;
mod registry;
mod repeats;
pub mod resample;
mod together;
mod while_alive;
mod whole;

pub use bernoulli::Bernoulli;
pub use beta_geometric::BetaGeometric;
pub use erlang::Erlang;
pub use nature::{Lived, Nature};
pub use registry::{DynPurchasing, PURCHASING, purchasing};
pub use while_alive::{LifetimeModel, WhileAlive, silence_by_hand};
pub use whole::Asked;

use super::{Dimension, Model, Parameter, Sample};
use crate::data::{Histories, Purchases};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;
use crate::{Error, Result};

/// A model of how customers buy while alive, and when they leave.
///
/// Every prediction for a known customer is the probability of being alive times a prediction for the future given
/// alive, and that future is the one of a new customer with updated parameters (Fader and Hardie, Additional results
/// for the Pareto/NBD model; the same argument holds for every model whose mixing laws are conjugate).
pub trait Purchasing<const K: usize, const J: usize>: Model<K, J, Row = Purchases> {
    /// The future of a customer who is alive, given the number of purchases.
    type Future<S: Scalar>: Future<S>;

    /// Probability that the customer is alive at the end of observation.
    fn probability_alive<S: Scalar>(theta: [S; K], row: &Purchases) -> S;

    /// [`Purchasing::probability_alive`] of many customers.
    fn probabilities_alive(theta: [f64; K], rows: &[Purchases], out: &mut [f64]) {
        for (alive, row) in out.iter_mut().zip(rows) {
            *alive = Self::probability_alive(theta, row);
        }
    }

    /// Whether that is quicker by what customers with equal numbers of purchases share.
    const ALIVE_BY_COUNT: bool = false;

    /// The same probability, with what customers with equal numbers of purchases share.
    fn probability_alive_by_count<S: Scalar>(
        theta: [S; K],
        _future: &Self::Future<S>,
        row: &Purchases,
    ) -> S {
        Self::probability_alive(theta, row)
    }

    /// The future, given alive, of customers with `x` repeat purchases.
    fn future<S: Scalar>(theta: [S; K], x: f64) -> Self::Future<S>;

    /// Whether it depends on more of the history than the number of purchases and the age.
    const FUTURE_BY_HISTORY: bool = false;

    /// That of one customer, where it does: asked only if [`Purchasing::FUTURE_BY_HISTORY`] says so.
    fn future_of<S: Scalar>(
        _future: &Self::Future<S>,
        _row: &Purchases,
    ) -> Option<Self::Future<S>> {
        None
    }

    /// A customer drawn at random: a new one, or one with this history who is alive at its end.
    fn nature(theta: [f64; K], history: Option<&Purchases>, stream: &mut Stream) -> Nature;

    /// Whether these are customers as the model has them, where it asks for more than a history.
    ///
    /// # Errors
    /// Says what is wrong.
    fn check_customers(_customers: &Histories<'_>) -> Result<()> {
        Ok(())
    }
}

/// What is to come from a customer who is alive at age `age`, over a time `t` from then on.
pub trait Future<S: Scalar>: Send + Sync {
    /// Probability of still being alive after `t`.
    fn survival(&self, age: f64, t: f64) -> S;

    /// Expected number of purchases.
    fn expected_purchases(&self, age: f64, t: f64) -> S;

    /// Expected number of purchases, each discounted at the continuous rate `rate`; `t` may be infinite.
    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S;

    /// Expected number of purchases, each discounted as if it came at the end of its period of length `period`;
    /// `t` is finite, and its last period may be a part of one.
    fn purchases_discounted_by_period(&self, age: f64, t: f64, rate: f64, period: f64) -> S {
        discounted_by_period(|u| self.expected_purchases(age, u), t, rate, period)
    }

    /// Probability of no purchase.
    fn no_purchase(&self, age: f64, t: f64) -> S;

    /// Probabilities of `0..=most` purchases.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64>;

    /// The smallest count that is reached by at least the share `level` of those alive; `limit` where it is higher.
    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize;
}

/// The shape of the purchase rates.
pub(super) const R: Parameter = Parameter {
    name: "r",
    dimension: Dimension::None,
    meaning: "shape of the purchase rates: small means customers differ widely",
};

/// The inverse scale of the purchase rates.
pub(super) const ALPHA: Parameter = Parameter {
    name: "alpha",
    dimension: Dimension::Time,
    meaning: "inverse scale of the purchase rates: r / alpha is the mean rate while alive",
};

/// What a growing quantity gains in each period, discounted at the period's end.
fn discounted_by_period<S: Scalar>(until: impl Fn(f64) -> S, t: f64, rate: f64, period: f64) -> S {
    let mut total = S::from(0.0);
    let mut before = S::from(0.0);
    let a_period = (-rate * period).exp();
    let (mut k, mut discount) = (1.0, a_period);
    while k * period < t {
        let now = until(k * period);
        total += (now - before) * discount;
        before = now;
        k += 1.0;
        discount *= a_period;
    }
    total + (until(t) - before) * (-rate * t).exp()
}

/// Counts of purchases whose probabilities are worked out together, before any of more.
const FEW: usize = 64;

/// The smallest count that is reached with at least the probability `level`, or `limit`: of few by the `probabilities` of
/// `0..=most`, of more by the `tail`, the probability of a count and more.
pub(super) fn quantile_of(
    level: f64,
    limit: usize,
    probabilities: impl FnOnce(usize) -> Vec<f64>,
    tail: impl Fn(usize) -> f64,
) -> usize {
    let few = FEW.min(limit);
    let mut reached = 0.0;
    for (k, p) in probabilities(few).into_iter().enumerate() {
        reached += p;
        if reached >= level {
            return k;
        }
    }
    smallest(few, limit, |k| 1.0 - tail(k + 1) >= level)
}

/// The smallest number from `low` to `limit` that `reached` holds for, as it does for all above; `limit` if for none
/// below. Steps out, then bisects.
fn smallest(mut low: usize, limit: usize, reached: impl Fn(usize) -> bool) -> usize {
    let mut high = limit;
    while low < high {
        let step = low.max(1);
        let middle = (low + (high - low) / 2).min(low + step);
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Passes if there are customers, and one of them came back.
pub(super) fn check_repeat_buyers(model: &'static str, sample: &Sample<Purchases>) -> Result<()> {
    if sample.groups().is_empty() {
        return Err(Error::Empty {
            what: format!("there are no customers to fit {model} to"),
            hint: String::new(),
        });
    }
    if sample.mean(|c| c.x) > 0.0 {
        return Ok(());
    }
    Err(Error::Convergence {
        model: model.into(),
        reason: "no customer bought more than once".into(),
        hint: "a longer observation, or a finer `merge`, may show repeat purchases".into(),
    })
}

/// The shape of the purchase rates and their mean, by the moments of the counts as if nobody left.
pub(super) fn rates_by_moments(sample: &Sample<Purchases>) -> [f64; 2] {
    let (x, t) = (sample.mean(|c| c.x), sample.mean(|c| c.t));
    let variance = sample.mean(|c| (c.x - x) * (c.x - x));
    let r = (x * x / (variance - x).max(0.01 * x)).clamp(0.05, 20.0);
    [r, x / t]
}

/// A prediction with one number a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// Probability of being alive a time `horizon` after the end of observation.
    ProbabilityAlive,
    /// Expected purchases within the horizon.
    ExpectedPurchases,
    /// Expected discounted purchases within the horizon, which may be infinite.
    DiscountedPurchases(Discounting),
    /// Probability of no purchase within the horizon.
    NoPurchase,
}

impl Quantity {
    /// The quantity of a customer who is alive with this probability, by what it is given alive.
    fn of<S: Scalar>(self, alive: S, given_alive: S) -> S {
        match self {
            Self::NoPurchase if given_alive.value() < 0.5 => -alive + 1.0 + alive * given_alive,
            Self::NoPurchase => {
                // one less what is not below 0, so that no rounding leads above 1
                let some = -given_alive + 1.0;
                -(alive * (some + (-some.value()).max(0.0))) + 1.0
            }
            _ => alive * given_alive,
        }
    }
}

/// How future purchases are made less of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discounting {
    /// Continuous rate per unit of time: `ln(1 + d)` for a rate of `d` a unit.
    pub rate: f64,
    /// Count a purchase at the end of its period of this length; at its own time if absent.
    pub period: Option<f64>,
}
