//! Models whose parameters are a slice, and the loops over customers.

use std::fmt::Debug;

use super::DynPurchasing;
use crate::data::{Histories, HistoryColumns, Purchases, Rows};
use crate::models::covariates::{
    Design, customer_parameters, fit_covariates, one_of, own_parameters, profile_covariates,
};
use crate::models::fit::{Fit, Options, fit};
use crate::models::purchasing::futures::Crowd;
use crate::models::purchasing::horizon::Horizon;
use crate::models::purchasing::repeats::Repeats;
use crate::models::purchasing::together::predict_together;
use crate::models::purchasing::{Future, Nature, Purchasing, Quantity};
use crate::models::{Parameter, profile_interval};
use crate::numeric::random::Stream;
use crate::numeric::{Dual, parallel};
use crate::{Error, Result};

/// A model with its number of parameters hidden behind [`DynPurchasing`].
///
/// `N` is `K` and the number of linear predictors that customers have.
#[derive(Debug)]
pub(super) struct Erased<M, const K: usize, const J: usize, const N: usize>(pub(super) M);

/// No customer is expected to be asked about more purchases than this within one horizon.
const MOST_PURCHASES: usize = 10_000_000;

impl<M: Purchasing<K, J> + Debug, const K: usize, const J: usize, const N: usize> DynPurchasing
    for Erased<M, K, J, N>
{
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn parameters(&self) -> &'static [Parameter] {
        const { &M::PARAMETERS }
    }

    fn processes(&self) -> usize {
        M::PROCESSES
    }

    fn fit(
        &self,
        customers: &Histories<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
    ) -> Result<Fit> {
        M::check_customers(customers)?;
        match design {
            None => fit::<M, K, J>(customers, options),
            Some(design) => fit_covariates::<M, K, J, N>(customers, design, options),
        }
    }

    fn customer_parameters(
        &self,
        theta: &[f64],
        predictors: &[f64],
        out: &mut [f64],
        slopes: Option<&mut [f64]>,
    ) -> Result<()> {
        customer_parameters::<M, K, J, N>(theta, predictors, out, slopes)
    }

    fn profile(
        &self,
        customers: &Histories<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]> {
        if let Some(design) = design {
            return profile_covariates::<M, K, J, N>(
                customers, design, options, estimates, parameter, level,
            );
        }
        profile_interval::<M, K, J>(customers, options, estimates, parameter, level)
    }

    fn log_likelihood(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        out: &mut [f64],
    ) -> Result<()> {
        let theta = own_parameters::<K>(self.parameters(), theta, customers.len())?;
        M::check_customers(customers)?;
        parallel::fill_rows(out, 1, |i, value| {
            value[0] = M::ln_pdf(one_of(&theta, i), &customers.row(i));
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
        let Some(gradients) = gradients else {
            return self.predict_together(&[quantity], theta, customers, horizon, &mut [out]);
        };
        let own = own_parameters::<K>(self.parameters(), theta, customers.len())?;
        let horizon = Horizon::for_quantities(horizon, customers.len(), &[quantity])?;
        let customers = customers.check()?;
        M::check_customers(&customers)?;
        let crowd = Crowd::<M, Dual<K>, K, J>::new(&own, customers.len(), Dual::variables);
        parallel::fill_row_pairs((out, 1), (gradients, K), |i, value, gradient| {
            let futures = crowd.of(i);
            let predicted = futures.predict(quantity, &customers.row(i), horizon.at(i));
            value[0] = predicted.value;
            gradient.copy_from_slice(&predicted.gradient);
        });
        Ok(())
    }

    fn predict_together(
        &self,
        quantities: &[Quantity],
        theta: &[f64],
        customers: &HistoryColumns<'_>,
        horizon: &[f64],
        columns: &mut [&mut [f64]],
    ) -> Result<()> {
        let own = own_parameters::<K>(self.parameters(), theta, customers.len())?;
        let horizon = Horizon::for_quantities(horizon, customers.len(), quantities)?;
        if let [theta] = own[..] {
            return predict_together::<M, K, J>(theta, customers, &horizon, quantities, columns);
        }
        let customers = customers.check()?;
        M::check_customers(&customers)?;
        let crowd = Crowd::<M, f64, K, J>::new(&own, customers.len(), |theta| theta);
        for (&quantity, column) in quantities.iter().zip(columns) {
            parallel::fill_rows(column, 1, |i, value| {
                let futures = crowd.of(i);
                value[0] = futures.predict(quantity, &customers.row(i), horizon.at(i));
            });
        }
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
        let own = own_parameters::<K>(self.parameters(), theta, customers.len())?;
        M::check_customers(customers)?;
        let horizon = Horizon::new(horizon, customers.len(), false)?;
        let crowd = Crowd::<M, f64, K, J>::new(&own, customers.len(), |theta| theta);
        let alike = if own.len() > 1 {
            0
        } else {
            horizon.customers_alike(customers.len())
        };
        let memory = || Repeats::new(alike, most + 2);
        parallel::fill_rows_with(out, most + 1, memory, |repeats, i, probabilities| {
            let row = customers.row(i);
            let (alive, given_alive) = crowd.of(i).repeated(repeats, &row, |future, kept| {
                kept.copy_from_slice(&future.probabilities(row.t, horizon.at(i), most));
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
        let own = own_parameters::<K>(self.parameters(), theta, customers.len())?;
        M::check_customers(customers)?;
        let horizon = Horizon::new(horizon, customers.len(), false)?;
        check_levels(levels)?;
        let crowd = Crowd::<M, f64, K, J>::new(&own, customers.len(), |theta| theta);
        parallel::fill_rows(out, levels.len(), |i, quantiles| {
            let (row, futures) = (customers.row(i), crowd.of(i));
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

    fn check(&self, theta: &[f64], customers: &Histories<'_>) -> Result<()> {
        own_parameters::<K>(self.parameters(), theta, customers.len())?;
        M::check_customers(customers)
    }

    fn nature(&self, theta: &[f64], history: Option<&Purchases>, stream: &mut Stream) -> Nature {
        M::nature(std::array::from_fn(|j| theta[j]), history, stream)
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
