//! Models of repeat buying by name, with their number of parameters erased, and the loops over customers.

use std::fmt::Debug;

use super::{Discounting, Future, Purchasing, Quantity};
use crate::data::Purchases;
use crate::models::fit::{Fit, Options, fit};
use crate::models::profile::profile_interval;
use crate::models::{BgNbd, Parameter, positive};
use crate::numeric::{Dual, Scalar, parallel};
use crate::{Error, Result};

/// Every model of repeat buying.
pub static PURCHASING: &[&dyn DynPurchasing] = &[&Erased::<BgNbd, 4>(BgNbd)];

/// The model with this name.
///
/// # Errors
/// [`Error::Parameter`] if there is none.
pub fn purchasing(name: &str) -> Result<&'static dyn DynPurchasing> {
    let found = PURCHASING.iter().find(|model| model.name() == name);
    found.copied().ok_or_else(|| Error::Parameter {
        name: "model".into(),
        expected: format!(
            "be one of {}",
            PURCHASING.iter().map(|m| m.name()).collect::<Vec<_>>().join(", ")
        ),
        found: format!("{name:?}"),
        hint: String::new(),
    })
}

/// One number a customer, with its derivatives with respect to the parameters where asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The predictions.
    pub values: Vec<f64>,
    /// One row a customer, one column a parameter; empty unless asked for.
    pub gradients: Vec<f64>,
}

/// A model of repeat buying whose parameters are a slice.
pub trait DynPurchasing: Debug + Sync {
    /// Name in the literature.
    fn name(&self) -> &'static str;

    /// The parameters.
    fn parameters(&self) -> &'static [Parameter];

    /// Maximum likelihood.
    ///
    /// # Errors
    /// See [`fit`].
    fn fit(&self, rows: &[Purchases], options: &Options<'_>) -> Result<Fit>;

    /// Interval for one parameter by the profile likelihood.
    ///
    /// # Errors
    /// See [`profile_interval`].
    fn profile(
        &self,
        rows: &[Purchases],
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]>;

    /// The log-likelihood of each customer.
    ///
    /// # Errors
    /// Parameters that are not positive, or not as many as the model has.
    fn log_likelihood(&self, theta: &[f64], rows: &[Purchases]) -> Result<Vec<f64>>;

    /// A quantity for each customer; `horizon` is in the rows' time unit, one value or one a row.
    ///
    /// # Errors
    /// Parameters that are not positive or not as many as the model has; a horizon or rate that is negative or not a
    /// number, or of another length.
    fn predict(
        &self,
        quantity: Quantity,
        theta: &[f64],
        rows: &[Purchases],
        horizon: &[f64],
        gradient: bool,
    ) -> Result<Prediction>;

    /// Probabilities of `0..=most` purchases within the horizon, one row a customer.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`].
    fn probabilities(
        &self,
        theta: &[f64],
        rows: &[Purchases],
        horizon: &[f64],
        most: usize,
    ) -> Result<Vec<f64>>;

    /// The smallest counts of purchases within the horizon that are reached with at least each of the probabilities
    /// `levels`, one row a customer.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`]; a level outside [0, 1).
    fn quantiles(
        &self,
        theta: &[f64],
        rows: &[Purchases],
        horizon: &[f64],
        levels: &[f64],
    ) -> Result<Vec<f64>>;
}

/// A model with its number of parameters hidden behind [`DynPurchasing`].
#[derive(Debug)]
struct Erased<M, const K: usize>(M);

/// No customer is expected to be asked about more purchases than this within one horizon.
const MOST_PURCHASES: usize = 10_000_000;

impl<M: Purchasing<K> + Debug, const K: usize> DynPurchasing for Erased<M, K> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn parameters(&self) -> &'static [Parameter] {
        const { &M::PARAMETERS }
    }

    fn fit(&self, rows: &[Purchases], options: &Options<'_>) -> Result<Fit> {
        fit::<M, K>(rows, options)
    }

    fn profile(
        &self,
        rows: &[Purchases],
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]> {
        profile_interval::<M, K>(rows, options, estimates, parameter, level)
    }

    fn log_likelihood(&self, theta: &[f64], rows: &[Purchases]) -> Result<Vec<f64>> {
        let theta = positive::<K>(self.parameters(), theta)?;
        Ok(parallel::map(rows, |row| M::ln_pdf(theta, row)))
    }

    fn predict(
        &self,
        quantity: Quantity,
        theta: &[f64],
        rows: &[Purchases],
        horizon: &[f64],
        gradient: bool,
    ) -> Result<Prediction> {
        let theta = positive::<K>(self.parameters(), theta)?;
        let horizon = Horizon::for_quantity(horizon, rows.len(), quantity)?;
        if !gradient {
            let futures = Futures::<M, f64, K>::new(theta, rows);
            let mut values = vec![0.0; rows.len()];
            parallel::fill_rows(&mut values, 1, |i, value| {
                value[0] = futures.predict(quantity, &rows[i], horizon.at(i));
            });
            return Ok(Prediction { values, gradients: Vec::new() });
        }
        let futures = Futures::<M, Dual<K>, K>::new(Dual::variables(theta), rows);
        let mut numbers = vec![0.0; rows.len() * (K + 1)];
        parallel::fill_rows(&mut numbers, K + 1, |i, number| {
            let dual = futures.predict(quantity, &rows[i], horizon.at(i));
            number[0] = dual.value;
            number[1..].copy_from_slice(&dual.gradient);
        });
        Ok(Prediction {
            values: numbers.chunks_exact(K + 1).map(|number| number[0]).collect(),
            gradients: numbers.chunks_exact(K + 1).flat_map(|number| &number[1..]).copied().collect(),
        })
    }

    fn probabilities(
        &self,
        theta: &[f64],
        rows: &[Purchases],
        horizon: &[f64],
        most: usize,
    ) -> Result<Vec<f64>> {
        let theta = positive::<K>(self.parameters(), theta)?;
        let horizon = Horizon::new(horizon, rows.len(), false)?;
        let futures = Futures::<M, f64, K>::new(theta, rows);
        let mut table = vec![0.0; rows.len() * (most + 1)];
        parallel::fill_rows(&mut table, most + 1, |i, probabilities| {
            let alive = M::probability_alive(theta, &rows[i]);
            let given_alive = futures.of(&rows[i]).probabilities(rows[i].t, horizon.at(i), most);
            for (k, (p, q)) in probabilities.iter_mut().zip(given_alive).enumerate() {
                *p = alive * q + if k == 0 { 1.0 - alive } else { 0.0 };
            }
        });
        Ok(table)
    }

    fn quantiles(
        &self,
        theta: &[f64],
        rows: &[Purchases],
        horizon: &[f64],
        levels: &[f64],
    ) -> Result<Vec<f64>> {
        let theta = positive::<K>(self.parameters(), theta)?;
        let horizon = Horizon::new(horizon, rows.len(), false)?;
        if let Some(level) = levels.iter().find(|level| !(0.0..1.0).contains(*level)) {
            return Err(Error::Parameter {
                name: "levels".into(),
                expected: "lie in [0, 1)".into(),
                found: level.to_string(),
                hint: String::new(),
            });
        }
        let futures = Futures::<M, f64, K>::new(theta, rows);
        let mut table = vec![0.0; rows.len() * levels.len()];
        parallel::fill_rows(&mut table, levels.len(), |i, quantiles| {
            let alive = M::probability_alive(theta, &rows[i]);
            let future = futures.of(&rows[i]);
            for (quantile, level) in quantiles.iter_mut().zip(levels) {
                // P(X <= k) = 1 - P(alive) P(X > k | alive) >= level
                let given_alive = 1.0 - (1.0 - level) / alive;
                *quantile = if given_alive <= 0.0 {
                    0.0
                } else {
                    future.quantile(rows[i].t, horizon.at(i), given_alive, MOST_PURCHASES) as f64
                };
            }
        });
        Ok(table)
    }
}

/// The futures of all customers: one for each number of purchases that occurs.
struct Futures<M: Purchasing<K>, S: Scalar, const K: usize> {
    theta: [S; K],
    /// Sorted numbers of purchases.
    counts: Vec<u64>,
    futures: Vec<M::Future<S>>,
}

impl<M: Purchasing<K>, S: Scalar, const K: usize> Futures<M, S, K> {
    fn new(theta: [S; K], rows: &[Purchases]) -> Self {
        let mut counts = Vec::new();
        for row in rows {
            let x = row.x as u64;
            if let Err(place) = counts.binary_search(&x) {
                counts.insert(place, x);
            }
        }
        let futures = parallel::map(&counts, |&x| M::future(theta, x as f64));
        Self { theta, counts, futures }
    }

    fn of(&self, row: &Purchases) -> &M::Future<S> {
        // every count of the rows is there by construction
        let place = self.counts.binary_search(&(row.x as u64)).unwrap_or_default();
        &self.futures[place]
    }

    fn predict(&self, quantity: Quantity, row: &Purchases, horizon: f64) -> S {
        let alive = M::probability_alive(self.theta, row);
        if quantity == Quantity::ProbabilityAlive && horizon == 0.0 {
            return alive;
        }
        let future = self.of(row);
        match quantity {
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
        }
    }
}

/// One horizon for all customers, or one each.
struct Horizon<'a>(&'a [f64]);

impl<'a> Horizon<'a> {
    fn new(horizon: &'a [f64], rows: usize, infinite: bool) -> Result<Self> {
        if horizon.len() != 1 && horizon.len() != rows {
            return Err(Error::Length {
                column: "horizon".into(),
                found: horizon.len(),
                reference: "frequency".into(),
                expected: rows,
            });
        }
        let fits = |h: &f64| *h >= 0.0 && (infinite || h.is_finite());
        match horizon.iter().find(|h| !fits(h)) {
            None => Ok(Self(horizon)),
            Some(bad) => Err(Error::Parameter {
                name: "horizon".into(),
                expected: if infinite { "be at least 0" } else { "be finite and at least 0" }.into(),
                found: bad.to_string(),
                hint: String::new(),
            }),
        }
    }

    /// Only a discounted sum may go on without end.
    fn for_quantity(horizon: &'a [f64], rows: usize, quantity: Quantity) -> Result<Self> {
        let Quantity::DiscountedPurchases(discounting) = quantity else {
            return Self::new(horizon, rows, false);
        };
        check_discounting(discounting, horizon.iter().any(|h| h.is_infinite()))?;
        Self::new(horizon, rows, true)
    }

    fn at(&self, row: usize) -> f64 {
        if self.0.len() == 1 { self.0[0] } else { self.0[row] }
    }
}

fn check_discounting(discounting: Discounting, endless: bool) -> Result<()> {
    let Discounting { rate, period } = discounting;
    let refused = |name: &str, expected: &str, found: f64| {
        Err(Error::Parameter {
            name: name.into(),
            expected: expected.into(),
            found: found.to_string(),
            hint: String::new(),
        })
    };
    match period {
        Some(p) if endless => refused("horizon", "be finite when purchases are counted by period", p),
        Some(p) if !(p.is_finite() && p > 0.0) => refused("period", "be finite and greater than 0", p),
        _ if endless && rate <= 0.0 => refused("discount_rate", "be greater than 0 for an infinite horizon", rate),
        _ if !(rate.is_finite() && rate >= 0.0) => refused("discount_rate", "be finite and at least 0", rate),
        _ => Ok(()),
    }
}
