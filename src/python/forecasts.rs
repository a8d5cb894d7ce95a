//! Whole distributions of what customers will do, and estimates from customers drawn again.

use numpy::{PyArray2, PyArrayMethods};
use pyo3::prelude::*;

use super::convert::{Column, CountColumn, Covariates, Theta, design_of, new_table, slice};
use super::interrupt;
use super::purchasing::Customers;
use crate::data::Spending;
use crate::models::Options;
use crate::models::purchasing::holdout::holdout_scores;
use crate::models::purchasing::money::money_quantiles;
use crate::models::purchasing::resample::bootstrap;
use crate::models::purchasing::{Asked, purchasing};

/// The logarithmic and the continuous ranked probability score of each customer's purchases.
#[pyfunction]
#[pyo3(signature = (model, theta, customers, *, horizon, actual))]
pub(super) fn purchasing_scores<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
    horizon: Column<'py>,
    actual: Column<'py>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let (horizon, actual) = (
        slice("horizon", &horizon)?,
        slice("holdout_purchases", &actual)?,
    );
    let theta = theta.numbers()?;
    let result = new_table(py, customers.len(), 2)?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| {
        let asked = Asked {
            model,
            theta,
            customers: &columns.check()?,
            horizon,
            check: &interrupt,
        };
        holdout_scores(&asked, actual, out)
    })?;
    Ok(result)
}

/// Quantiles of what each customer will spend, one row a customer, one column a level.
#[pyfunction]
#[pyo3(signature = (model, theta, customers, *, horizon, spend, spending, levels))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn purchasing_money_quantiles<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
    horizon: Column<'py>,
    spend: Theta<'py>,
    spending: (CountColumn<'py>, Column<'py>),
    levels: Vec<f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let horizon = slice("horizon", &horizon)?;
    let spend = spend.numbers()?;
    let (count, mean) = (
        spending.0.counts("frequency")?,
        slice("monetary_value", &spending.1)?,
    );
    let theta = theta.numbers()?;
    let result = new_table(py, customers.len(), levels.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| {
        let asked = Asked {
            model,
            theta,
            customers: &columns.check()?,
            horizon,
            check: &interrupt,
        };
        let spending = Spending::new(count, mean)?;
        money_quantiles(&asked, (spend, &spending), &levels, out)
    })?;
    Ok(result)
}

/// Estimates from customers drawn again with replacement, one row a data set.
#[pyfunction]
#[pyo3(signature = (model, estimates, customers, *, replicates, seed, covariates=None, weights=None, penalty=0.0, fixed=Vec::new()))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn purchasing_bootstrap<'py>(
    py: Python<'py>,
    model: &str,
    estimates: Vec<f64>,
    customers: Customers<'py>,
    replicates: usize,
    seed: u64,
    covariates: Option<Covariates<'py>>,
    weights: Option<Column<'py>>,
    penalty: f64,
    fixed: Vec<Option<f64>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let options = Options {
        weights,
        penalty,
        fixed: &fixed,
        check: &interrupt,
        ..Options::default()
    };
    let design = design_of(covariates.as_ref())?;
    let rows = py.detach(|| {
        let customers = columns.check()?;
        let design = design.as_ref();
        bootstrap(
            model, &customers, design, &options, &estimates, replicates, seed,
        )
    })?;
    Ok(PyArray2::from_vec2(py, &rows)?)
}
