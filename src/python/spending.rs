//! The Gamma-Gamma model of spend.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{
    Column, CountColumn, Covariates, Predicted, Theta, design_of, fit_dict, new_column, new_table,
    own_parameters, slice,
};
use super::{Parameters, interrupt, parameter_table};
use crate::Result;
use crate::data::{Counts, Orders, Spending};
use crate::models::covariates::{customer_parameters, fit_covariates, profile_covariates};
use crate::models::fit::fit;
use crate::models::spending::{expected_spend, spend_quantiles, spending_log_likelihood};
use crate::models::{GammaGamma, GammaGammaOrders, Model, Options, profile_interval};

/// Frequency and monetary value of customers.
#[derive(FromPyObject)]
pub(super) struct Customers<'py>(CountColumn<'py>, Column<'py>);

impl Customers<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn columns(&self) -> Result<(Counts<'_>, &[f64])> {
        Ok((
            self.0.counts("frequency")?,
            slice("monetary_value", &self.1)?,
        ))
    }
}

/// The mean logarithms of single values, for a fit to those.
fn mean_logarithms<'a>(column: Option<&'a Column<'_>>) -> Result<Option<&'a [f64]>> {
    column.map(|ln| slice("mean_log", ln)).transpose()
}

/// `(name, meaning, dimension)` of each parameter.
#[pyfunction]
pub(super) fn spending_parameters() -> Parameters {
    parameter_table(&GammaGamma::PARAMETERS)
}

/// The parameters of customers with these linear predictors, and their slopes if asked for.
#[pyfunction]
#[pyo3(signature = (theta, predictors, *, gradient=false))]
pub(super) fn spending_customer_parameters<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    predictors: Column<'py>,
    gradient: bool,
) -> PyResult<Predicted<'py>> {
    own_parameters(py, 3, &predictors, gradient, |by, out, slopes| {
        customer_parameters::<GammaGamma, 3, 2, 5>(&theta, by, out, slopes)
    })
}

/// Maximum likelihood over the customers with repeat purchases.
#[pyfunction]
#[pyo3(signature = (customers, *, covariates=None, weights=None, penalty=0.0, mean_ln=None, fixed=Vec::new(), start=Vec::new()))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn spending_fit<'py>(
    py: Python<'py>,
    customers: Customers<'py>,
    covariates: Option<Covariates<'py>>,
    weights: Option<Column<'py>>,
    penalty: f64,
    mean_ln: Option<Column<'py>>,
    fixed: Vec<Option<f64>>,
    start: Vec<Option<f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (x, mean) = customers.columns()?;
    let mean_ln = mean_logarithms(mean_ln.as_ref())?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let options = Options {
        weights,
        penalty,
        fixed: &fixed,
        start: &start,
        check: &interrupt,
    };
    let design = design_of(covariates.as_ref())?;
    let fit = py.detach(|| match (mean_ln, design) {
        (Some(ln), _) => fit::<GammaGammaOrders, 3, 1>(&Orders::new(x, mean, ln)?, &options),
        (None, None) => fit::<GammaGamma, 3, 2>(&Spending::new(x, mean)?, &options),
        (None, Some(design)) => {
            fit_covariates::<GammaGamma, 3, 2, 5>(&Spending::new(x, mean)?, &design, &options)
        }
    })?;
    fit_dict(py, &fit)
}

/// Profile-likelihood interval of one parameter.
#[pyfunction]
#[pyo3(signature = (estimates, customers, *, parameter, level, covariates=None, weights=None, penalty=0.0, mean_ln=None, fixed=Vec::new()))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn spending_profile<'py>(
    py: Python<'py>,
    estimates: Vec<f64>,
    customers: Customers<'py>,
    parameter: usize,
    level: f64,
    covariates: Option<Covariates<'py>>,
    weights: Option<Column<'py>>,
    penalty: f64,
    mean_ln: Option<Column<'py>>,
    fixed: Vec<Option<f64>>,
) -> PyResult<(f64, f64)> {
    let (x, mean) = customers.columns()?;
    let mean_ln = mean_logarithms(mean_ln.as_ref())?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let options = Options {
        weights,
        penalty,
        fixed: &fixed,
        check: &interrupt,
        ..Options::default()
    };
    let design = design_of(covariates.as_ref())?;
    let interval = py.detach(|| {
        if let Some(ln) = mean_ln {
            let orders = Orders::new(x, mean, ln)?;
            return profile_interval::<GammaGammaOrders, 3, 1>(
                &orders, &options, &estimates, parameter, level,
            );
        }
        let customers = Spending::new(x, mean)?;
        if let Some(design) = design {
            return profile_covariates::<GammaGamma, 3, 2, 5>(
                &customers, &design, &options, &estimates, parameter, level,
            );
        }
        profile_interval::<GammaGamma, 3, 2>(&customers, &options, &estimates, parameter, level)
    })?;
    Ok(interval.into())
}

/// The log-likelihood of each customer.
#[pyfunction]
#[pyo3(name = "spending_log_likelihood")]
pub(super) fn log_likelihood<'py>(
    py: Python<'py>,
    theta: Theta<'py>,
    customers: Customers<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (x, mean) = customers.columns()?;
    let theta = theta.numbers()?;
    let result = new_column(py, customers.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| spending_log_likelihood(theta, &Spending::new(x, mean)?, out))?;
    Ok(result)
}

/// Expected mean value of each customer's purchases, and its gradient if asked for.
#[pyfunction]
#[pyo3(signature = (theta, customers, *, gradient=false))]
pub(super) fn spending_expected<'py>(
    py: Python<'py>,
    theta: Theta<'py>,
    customers: Customers<'py>,
    gradient: bool,
) -> PyResult<Predicted<'py>> {
    let (x, mean) = customers.columns()?;
    let theta = theta.numbers()?;
    let values = new_column(py, customers.len())?;
    let gradients = gradient
        .then(|| new_table(py, customers.len(), GammaGamma::PARAMETERS.len()))
        .transpose()?;
    let mut memory = values.try_readwrite()?;
    let mut slopes = match &gradients {
        Some(table) => Some(table.try_readwrite()?),
        None => None,
    };
    let out = memory.as_slice_mut()?;
    let slopes = slopes.as_mut().map(|g| g.as_slice_mut()).transpose()?;
    py.detach(|| expected_spend(theta, &Spending::new(x, mean)?, out, slopes))?;
    Ok((values, gradients))
}

/// Quantiles of each customer's mean value, one column a level.
#[pyfunction]
pub(super) fn spending_quantiles<'py>(
    py: Python<'py>,
    theta: Theta<'py>,
    customers: Customers<'py>,
    levels: Vec<f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (x, mean) = customers.columns()?;
    let theta = theta.numbers()?;
    let result = new_table(py, customers.len(), levels.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| spend_quantiles(theta, &Spending::new(x, mean)?, &levels, out))?;
    Ok(result)
}
