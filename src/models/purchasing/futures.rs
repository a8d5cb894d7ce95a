//! The futures of customers, kept for all who bought equally often.

use std::sync::OnceLock;

use super::{Discounting, Future, Purchasing, Quantity};
use crate::data::Purchases;
use crate::numeric::Scalar;

/// The futures of customers, made when first asked for and kept for all who bought as often.
pub(super) struct Futures<M: Purchasing<K, J>, S: Scalar, const K: usize, const J: usize> {
    theta: [S; K],
    by_count: Vec<OnceLock<Box<M::Future<S>>>>,
}

/// Futures are kept for customers with fewer purchases than this; there are few others.
const KEPT: usize = 4096;

impl<M: Purchasing<K, J>, S: Scalar, const K: usize, const J: usize> Futures<M, S, K, J> {
    pub(super) fn new(theta: [S; K], customers: usize) -> Self {
        // a short table for few customers
        let kept = KEPT.min(16 * customers);
        let by_count = (0..kept).map(|_| OnceLock::new()).collect();
        Self { theta, by_count }
    }

    /// What `ask` finds in the future of customers with as many purchases as this one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are whole and not negative"
    )]
    pub(super) fn of<R>(&self, row: &Purchases, ask: impl FnOnce(&M::Future<S>) -> R) -> R {
        let make = || M::future(self.theta, row.x);
        let ask = |future: &M::Future<S>| match M::future_of(future, row) {
            Some(own) => ask(&own),
            None => ask(future),
        };
        match self.by_count.get(row.x as usize) {
            Some(place) => ask(place.get_or_init(|| Box::new(make()))),
            None => ask(&make()),
        }
    }

    /// The probability of being alive at the end of observation.
    pub(super) fn alive(&self, row: &Purchases) -> S {
        if M::ALIVE_BY_COUNT {
            self.of(row, |future| {
                M::probability_alive_by_count(self.theta, future, row)
            })
        } else {
            M::probability_alive(self.theta, row)
        }
    }

    pub(super) fn predict(&self, quantity: Quantity, row: &Purchases, horizon: f64) -> S {
        let alive = self.alive(row);
        if quantity == Quantity::ProbabilityAlive && horizon == 0.0 {
            return alive;
        }
        self.of(row, |future| match quantity {
            Quantity::ProbabilityAlive => alive * future.survival(row.t, horizon),
            Quantity::ExpectedPurchases => alive * future.expected_purchases(row.t, horizon),
            Quantity::DiscountedPurchases(Discounting { rate, period }) => {
                alive
                    * match period {
                        None => future.discounted_purchases(row.t, horizon, rate),
                        Some(p) => future.purchases_discounted_by_period(row.t, horizon, rate, p),
                    }
            }
            Quantity::NoPurchase => -alive + 1.0 + alive * future.no_purchase(row.t, horizon),
        })
    }
}
