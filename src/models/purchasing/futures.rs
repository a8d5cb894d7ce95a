//! The futures of customers, kept for all who bought equally often.

use std::collections::BTreeMap;
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

/// The futures of customers who may have parameters of their own.
pub(super) struct Crowd<M: Purchasing<K, J>, S: Scalar, const K: usize, const J: usize> {
    futures: Vec<Futures<M, S, K, J>>,
    /// Which of them each customer has; empty where all have the first.
    whose: Vec<usize>,
}

impl<M: Purchasing<K, J>, S: Scalar, const K: usize, const J: usize> Crowd<M, S, K, J> {
    /// With a row of parameters for all customers, or one for each; `number` makes numbers of the right kind of a row.
    pub(super) fn new(
        theta: &[[f64; K]],
        customers: usize,
        number: impl Fn([f64; K]) -> [S; K],
    ) -> Self {
        if let [same] = theta {
            return Self {
                futures: vec![Futures::new(number(*same), customers)],
                whose: Vec::new(),
            };
        }
        let mut distinct: Vec<([f64; K], usize)> = Vec::new();
        let mut known: BTreeMap<[u64; K], usize> = BTreeMap::new();
        let mut whose = Vec::with_capacity(theta.len());
        for row in theta {
            let place = *known.entry(row.map(f64::to_bits)).or_insert_with(|| {
                distinct.push((*row, 0));
                distinct.len() - 1
            });
            distinct[place].1 += 1;
            whose.push(place);
        }
        // what few customers share is not worth keeping
        let kept = |customers: usize| if customers < FEW { 0 } else { customers };
        let futures = distinct
            .into_iter()
            .map(|(row, customers)| Futures::new(number(row), kept(customers)));
        Self {
            futures: futures.collect(),
            whose,
        }
    }

    /// Those of one customer.
    pub(super) fn of(&self, customer: usize) -> &Futures<M, S, K, J> {
        &self.futures[self.whose.get(customer).copied().unwrap_or(0)]
    }
}

/// So few customers share nothing.
const FEW: usize = 8;
