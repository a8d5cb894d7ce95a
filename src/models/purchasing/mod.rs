//! Models of repeat buying: what they predict for a customer, and the loop over customers.

mod beta_geometric;
mod counts;
mod registry;

pub use beta_geometric::BetaGeometric;
pub use registry::{DynPurchasing, PURCHASING, purchasing};

use super::Model;
use crate::data::Purchases;
use crate::numeric::Scalar;

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

    /// The future, given alive, of customers with `x` repeat purchases.
    fn future<S: Scalar>(theta: [S; K], x: f64) -> Self::Future<S>;
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
        let mut total = S::from(0.0);
        let mut before = S::from(0.0);
        let a_period = (-rate * period).exp();
        let (mut k, mut discount) = (1.0, a_period);
        while k * period < t {
            let until = self.expected_purchases(age, k * period);
            total += (until - before) * discount;
            before = until;
            k += 1.0;
            discount *= a_period;
        }
        total + (self.expected_purchases(age, t) - before) * (-rate * t).exp()
    }

    /// Probability of no purchase.
    fn no_purchase(&self, age: f64, t: f64) -> S;

    /// Probabilities of `0..=most` purchases.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64>;

    /// The smallest count that is reached by at least the share `level` of those alive; `limit` where it is higher.
    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize;
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

/// How future purchases are made less of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discounting {
    /// Continuous rate per unit of time: `ln(1 + d)` for a rate of `d` a unit.
    pub rate: f64,
    /// Count a purchase at the end of its period of this length; at its own time if absent.
    pub period: Option<f64>,
}
