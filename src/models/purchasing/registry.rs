//! Models of repeat buying by name, with their number of parameters erased, and the loops over customers.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};

use super::futures::Futures;
use super::{Discounting, Future, Purchasing, Quantity};
use crate::data::{Histories, HistoryColumns, Purchases, Rows};
use crate::models::fit::{Fit, Options, fit};
use crate::models::profile::profile_interval;
use crate::models::{
    BgBb, BgNbd, Cnbd, GGompertzNbd, MbgNbd, Nbd, NeverLeaving, Parameter, ParetoNbd, Pdo,
    WeibullNbd, positive,
};
use crate::numeric::{Dual, parallel};
use crate::{Error, Result};

/// Every model of repeat buying.
pub static PURCHASING: &[&dyn DynPurchasing] = &[
    &Erased::<BgNbd, 4, 3>(BgNbd),
    &Erased::<MbgNbd, 4, 3>(MbgNbd),
    &Erased::<ParetoNbd, 4, 4>(ParetoNbd),
    &Erased::<Nbd, 2, 2>(Nbd),
    &Erased::<GGompertzNbd, 5, 5>(GGompertzNbd),
    &Erased::<WeibullNbd, 5, 5>(WeibullNbd),
    &Erased::<Pdo, 5, 5>(Pdo),
    &Erased::<NeverLeaving<ParetoNbd>, 5, 5>(NeverLeaving::MODEL),
    &Erased::<NeverLeaving<GGompertzNbd>, 6, 6>(NeverLeaving::MODEL),
    &Erased::<NeverLeaving<WeibullNbd>, 6, 6>(NeverLeaving::MODEL),
    &Erased::<NeverLeaving<Pdo>, 6, 6>(NeverLeaving::MODEL),
    &Erased::<BgBb, 4, 4>(BgBb),
    &Erased::<Cnbd<false>, 5, 4>(Cnbd),
    &Erased::<Cnbd<true>, 5, 4>(Cnbd),
];

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
            PURCHASING
                .iter()
                .map(|m| m.name())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        found: format!("{name:?}"),
        hint: String::new(),
    })
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
    fn fit(&self, customers: &Histories<'_>, options: &Options<'_>) -> Result<Fit>;

    /// Interval for one parameter by the profile likelihood.
    ///
    /// # Errors
    /// See [`profile_interval`].
    fn profile(
        &self,
        customers: &Histories<'_>,
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]>;

    /// The log-likelihood of each customer, into `out`.
    ///
    /// # Errors
    /// Parameters that are not positive, or not as many as the model has.
    fn log_likelihood(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        out: &mut [f64],
    ) -> Result<()>;

    /// A quantity for each customer, into `out`, and its derivatives with respect to the parameters (customers by
    /// parameters) into `gradients` where wanted; `horizon` is in the customers' time unit, one value or one each.
    ///
    /// # Errors
    /// Parameters that are not positive or not as many as the model has; a horizon or rate that is negative or not a
    /// number, or of another length; columns that are not [`Histories`].
    fn predict(
        &self,
        quantity: Quantity,
        theta: &[f64],
        customers: &HistoryColumns<'_>,
        horizon: &[f64],
        out: &mut [f64],
        gradients: Option<&mut [f64]>,
    ) -> Result<()>;

    /// Probabilities of `0..=most` purchases within the horizon, one row a customer.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`].
    fn probabilities(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        horizon: &[f64],
        most: usize,
        out: &mut [f64],
    ) -> Result<()>;

    /// The smallest counts of purchases within the horizon that are reached with at least each of the probabilities
    /// `levels`, one row a customer.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`]; a level outside [0, 1).
    fn quantiles(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        horizon: &[f64],
        levels: &[f64],
        out: &mut [f64],
    ) -> Result<()>;
}

/// A model with its number of parameters hidden behind [`DynPurchasing`].
#[derive(Debug)]
struct Erased<M, const K: usize, const J: usize>(M);

/// No customer is expected to be asked about more purchases than this within one horizon.
const MOST_PURCHASES: usize = 10_000_000;

impl<M: Purchasing<K, J> + Debug, const K: usize, const J: usize> DynPurchasing
    for Erased<M, K, J>
{
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn parameters(&self) -> &'static [Parameter] {
        const { &M::PARAMETERS }
    }

    fn fit(&self, customers: &Histories<'_>, options: &Options<'_>) -> Result<Fit> {
        M::check_customers(customers)?;
        fit::<M, K, J>(customers, options)
    }

    fn profile(
        &self,
        customers: &Histories<'_>,
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]> {
        profile_interval::<M, K, J>(customers, options, estimates, parameter, level)
    }

    fn log_likelihood(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        out: &mut [f64],
    ) -> Result<()> {
        let theta = positive::<K>(self.parameters(), theta)?;
        M::check_customers(customers)?;
        parallel::fill_rows(out, 1, |i, value| {
            value[0] = M::ln_pdf(theta, &customers.row(i));
        });
        Ok(())
    }

    fn predict(
        &self,
        quantity: Quantity,
        theta: &[f64],
        customers: &HistoryColumns<'_>,
        horizon: &[f64],
        out: &mut [f64],
        gradients: Option<&mut [f64]>,
    ) -> Result<()> {
        let theta = positive::<K>(self.parameters(), theta)?;
        let horizon = Horizon::for_quantity(horizon, customers.len(), quantity)?;
        let Some(gradients) = gradients else {
            let futures = Futures::<M, f64, K, J>::new(theta, customers.len());
            let stopped = AtomicBool::new(false);
            parallel::fill_blocks(out, BLOCK, |first, block| {
                let (places, mut room) = (first..first + block.len(), [0.0; BLOCK]);
                let checked = customers.some(places, &mut room);
                let fits = |some: &Histories<'_>| M::check_customers(some).is_ok();
                let Some(histories) = checked.filter(fits) else {
                    return stopped.store(true, Ordering::Relaxed);
                };
                let customers = Block::of(&histories);
                let now = quantity == Quantity::ProbabilityAlive && horizon.is_zero();
                if now && !M::ALIVE_BY_COUNT {
                    let mut alive = [0.0; BLOCK];
                    M::probabilities_alive(theta, customers.rows(), &mut alive);
                    for (place, alive) in customers.places().zip(alive) {
                        block[place] = alive;
                    }
                    return;
                }
                for (place, row) in customers.places().zip(customers.rows()) {
                    block[place] = futures.predict(quantity, row, horizon.at(first + place));
                }
            });
            if stopped.into_inner() {
                M::check_customers(&customers.check()?)?;
            }
            return Ok(());
        };
        let customers = customers.check()?;
        M::check_customers(&customers)?;
        let futures = Futures::<M, Dual<K>, K, J>::new(Dual::variables(theta), customers.len());
        parallel::fill_row_pairs((out, 1), (gradients, K), |i, value, gradient| {
            let predicted = futures.predict(quantity, &customers.row(i), horizon.at(i));
            value[0] = predicted.value;
            gradient.copy_from_slice(&predicted.gradient);
        });
        Ok(())
    }

    fn probabilities(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        horizon: &[f64],
        most: usize,
        out: &mut [f64],
    ) -> Result<()> {
        let theta = positive::<K>(self.parameters(), theta)?;
        M::check_customers(customers)?;
        let horizon = Horizon::new(horizon, customers.len(), false)?;
        let futures = Futures::<M, f64, K, J>::new(theta, customers.len());
        parallel::fill_rows(out, most + 1, |i, probabilities| {
            let row = customers.row(i);
            let alive = futures.alive(&row);
            let given_alive = futures.of(&row, |future| {
                future.probabilities(row.t, horizon.at(i), most)
            });
            for (p, q) in probabilities.iter_mut().zip(given_alive) {
                *p = alive * q;
            }
            probabilities[0] += 1.0 - alive;
        });
        Ok(())
    }

    fn quantiles(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        horizon: &[f64],
        levels: &[f64],
        out: &mut [f64],
    ) -> Result<()> {
        let theta = positive::<K>(self.parameters(), theta)?;
        M::check_customers(customers)?;
        let horizon = Horizon::new(horizon, customers.len(), false)?;
        check_levels(levels)?;
        let futures = Futures::<M, f64, K, J>::new(theta, customers.len());
        parallel::fill_rows(out, levels.len(), |i, quantiles| {
            let row = customers.row(i);
            let alive = futures.alive(&row);
            for (quantile, level) in quantiles.iter_mut().zip(levels) {
                // P(X <= k) = 1 - P(alive) P(X > k | alive) >= level
                let given_alive = 1.0 - (1.0 - level) / alive;
                let smallest = |future: &M::Future<f64>| {
                    future.quantile(row.t, horizon.at(i), given_alive, MOST_PURCHASES) as f64
                };
                *quantile = if given_alive > 0.0 {
                    futures.of(&row, smallest)
                } else {
                    0.0
                };
            }
        });
        Ok(())
    }
}

/// Customers worked on together.
const BLOCK: usize = 512;

/// A block's customers, those without a repeat purchase first: formulas take another branch for them, and a processor
/// that meets both in turns guesses wrong every other time.
struct Block {
    places: [u16; BLOCK],
    rows: [Purchases; BLOCK],
    len: usize,
}

impl Block {
    fn of(customers: &Histories<'_>) -> Self {
        let nobody = Purchases {
            x: 0.0,
            t_x: 0.0,
            t: 0.0,
        };
        let len = customers.len();
        let (mut places, mut rows) = ([0; BLOCK], [nobody; BLOCK]);
        let (mut front, mut back) = (0, len);
        for (i, place) in (0..len).zip(0..) {
            let row = customers.row(i);
            // both ends are written, the right one moves on
            (places[front], rows[front]) = (place, row);
            (places[back - 1], rows[back - 1]) = (place, row);
            let bought = row.x > 0.0;
            front += usize::from(!bought);
            back -= usize::from(bought);
        }
        Self { places, rows, len }
    }

    fn rows(&self) -> &[Purchases] {
        &self.rows[..self.len]
    }

    /// Where each row stands in the block.
    fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.places[..self.len]
            .iter()
            .map(|&place| usize::from(place))
    }
}

fn check_levels(levels: &[f64]) -> Result<()> {
    match levels.iter().find(|level| !(0.0..1.0).contains(*level)) {
        None => Ok(()),
        Some(level) => Err(Error::Parameter {
            name: "levels".into(),
            expected: "lie in [0, 1)".into(),
            found: level.to_string(),
            hint: String::new(),
        }),
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
                expected: if infinite {
                    "be at least 0"
                } else {
                    "be finite and at least 0"
                }
                .into(),
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
        check_discounting(discounting, horizon)?;
        Self::new(horizon, rows, true)
    }

    fn is_zero(&self) -> bool {
        self.0 == [0.0]
    }

    fn at(&self, row: usize) -> f64 {
        if self.0.len() == 1 {
            self.0[0]
        } else {
            self.0[row]
        }
    }
}

/// No horizon is cut into more periods than this.
const MOST_PERIODS: f64 = 1e5;

fn check_discounting(discounting: Discounting, horizon: &[f64]) -> Result<()> {
    let Discounting { rate, period } = discounting;
    let longest = horizon.iter().copied().fold(0.0, f64::max);
    let endless = longest.is_infinite();
    let refused = |name: &str, expected: &str, found: f64| {
        Err(Error::Parameter {
            name: name.into(),
            expected: expected.into(),
            found: found.to_string(),
            hint: String::new(),
        })
    };
    match period {
        Some(_) if endless => refused(
            "horizon",
            "be finite when purchases are counted by period",
            longest,
        ),
        Some(p) if !(p.is_finite() && p > 0.0) => {
            refused("compounding", "be finite and greater than 0", p)
        }
        Some(p) if longest / p > MOST_PERIODS => {
            refused("compounding", "be at least a 100,000th of the horizon", p)
        }
        _ if endless && rate <= 0.0 => refused(
            "discount_rate",
            "be greater than 0 for an infinite horizon",
            rate,
        ),
        _ if !(rate.is_finite() && rate >= 0.0) => {
            refused("discount_rate", "be finite and at least 0", rate)
        }
        _ => Ok(()),
    }
}
