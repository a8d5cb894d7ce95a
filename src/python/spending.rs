//! The Gamma-Gamma model of spend.

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{Column, column, fit_dict, slice, spend, table};
use super::interrupt;
use crate::models::spending::{
    buyers, expected_spend, fit_spending, spend_quantiles, spending_log_likelihood,
};
use crate::models::{GammaGamma, Model, Options, profile_interval};
use crate::Result;

/// `(name, meaning, dimension)` of each parameter.
#[pyfunction]
pub(super) fn spending_parameters() -> Vec<(&'static str, &'static str, String)> {
    super::parameter_table(&GammaGamma::PARAMETERS)
}

/// Maximum likelihood over the customers with repeat purchases.
#[pyfunction]
#[pyo3(signature = (frequency, monetary_value, *, weights=None, penalty=0.0))]
pub(super) fn spending_fit<'py>(
    py: Python<'py>,
    frequency: Column<'py>,
    monetary_value: Column<'py>,
    weights: Option<Column<'py>>,
    penalty: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let columns = means(&frequency, &monetary_value)?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let fit = py.detach(|| {
        let options = Options {
            weights,
            penalty,
            check: &interrupt,
        };
        fit_spending(&spend(columns)?, &options)
    })?;
    fit_dict(py, &fit)
}

/// Profile-likelihood interval of one parameter.
#[pyfunction]
#[pyo3(signature = (estimates, frequency, monetary_value, *, parameter, level, weights=None, penalty=0.0))]
#[expect(clippy::too_many_arguments, reason = "a flat boundary")]
pub(super) fn spending_profile<'py>(
    py: Python<'py>,
    estimates: Vec<f64>,
    frequency: Column<'py>,
    monetary_value: Column<'py>,
    parameter: usize,
    level: f64,
    weights: Option<Column<'py>>,
    penalty: f64,
) -> PyResult<[f64; 2]> {
    let columns = means(&frequency, &monetary_value)?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let interval = py.detach(|| {
        let (rows, weights) = buyers(&spend(columns)?, weights)?;
        let options = Options {
            weights: weights.as_deref(),
            penalty,
            check: &interrupt,
        };
        profile_interval::<GammaGamma, 3>(&rows, &options, &estimates, parameter, level)
    })?;
    Ok(interval)
}

/// The log-likelihood of each customer.
#[pyfunction]
pub(super) fn spending_log_likelihoods<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    frequency: Column<'py>,
    monetary_value: Column<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = means(&frequency, &monetary_value)?;
    let values = py.detach(|| spending_log_likelihood(&theta, &spend(columns)?))?;
    Ok(column(py, values))
}

/// Expected mean value of each customer's purchases, and its gradient if asked for.
#[pyfunction]
#[pyo3(signature = (theta, frequency, monetary_value, *, gradient=false))]
pub(super) fn spending_expected<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    frequency: Column<'py>,
    monetary_value: Column<'py>,
    gradient: bool,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Option<Bound<'py, PyArray2<f64>>>)> {
    let columns = means(&frequency, &monetary_value)?;
    let predicted = py.detach(|| expected_spend(&theta, &spend(columns)?, gradient))?;
    let gradients = gradient.then(|| table(py, predicted.gradients, theta.len()));
    Ok((column(py, predicted.values), gradients.transpose()?))
}

/// Quantiles of each customer's mean value, one column a level.
#[pyfunction]
pub(super) fn spending_quantiles<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    frequency: Column<'py>,
    monetary_value: Column<'py>,
    levels: Vec<f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let columns = means(&frequency, &monetary_value)?;
    let values = py.detach(|| spend_quantiles(&theta, &spend(columns)?, &levels))?;
    table(py, values, levels.len())
}

fn means<'a>(frequency: &'a Column<'_>, mean: &'a Column<'_>) -> Result<[&'a [f64]; 2]> {
    Ok([slice("frequency", frequency)?, slice("monetary_value", mean)?])
}
