//! Models of repeat buying.

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{Column, column, fit_dict, purchases, slice, table};
use super::interrupt;
use crate::models::purchasing::{Discounting, Quantity, purchasing};
use crate::models::Options;
use crate::{Error, Result};

/// `(name, meaning, dimension)` of each parameter.
#[pyfunction]
pub(super) fn purchasing_parameters(
    model: &str,
) -> Result<Vec<(&'static str, &'static str, String)>> {
    Ok(super::parameter_table(purchasing(model)?.parameters()))
}

/// Maximum likelihood.
#[pyfunction]
#[pyo3(signature = (model, frequency, recency, t, *, weights=None, penalty=0.0))]
pub(super) fn purchasing_fit<'py>(
    py: Python<'py>,
    model: &str,
    frequency: Column<'py>,
    recency: Column<'py>,
    t: Column<'py>,
    weights: Option<Column<'py>>,
    penalty: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let model = purchasing(model)?;
    let columns = histories(&frequency, &recency, &t)?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let fit = py.detach(|| {
        let options = Options {
            weights,
            penalty,
            check: &interrupt,
        };
        model.fit(&purchases(columns)?, &options)
    })?;
    fit_dict(py, &fit)
}

/// Profile-likelihood interval of one parameter.
#[pyfunction]
#[pyo3(signature = (model, estimates, frequency, recency, t, *, parameter, level, weights=None, penalty=0.0))]
#[expect(clippy::too_many_arguments, reason = "a flat boundary")]
pub(super) fn purchasing_profile<'py>(
    py: Python<'py>,
    model: &str,
    estimates: Vec<f64>,
    frequency: Column<'py>,
    recency: Column<'py>,
    t: Column<'py>,
    parameter: usize,
    level: f64,
    weights: Option<Column<'py>>,
    penalty: f64,
) -> PyResult<[f64; 2]> {
    let model = purchasing(model)?;
    let columns = histories(&frequency, &recency, &t)?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let interval = py.detach(|| {
        let options = Options {
            weights,
            penalty,
            check: &interrupt,
        };
        model.profile(&purchases(columns)?, &options, &estimates, parameter, level)
    })?;
    Ok(interval)
}

/// The log-likelihood of each customer.
#[pyfunction]
pub(super) fn purchasing_log_likelihood<'py>(
    py: Python<'py>,
    model: &str,
    theta: Vec<f64>,
    frequency: Column<'py>,
    recency: Column<'py>,
    t: Column<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let model = purchasing(model)?;
    let columns = histories(&frequency, &recency, &t)?;
    let values = py.detach(|| model.log_likelihood(&theta, &purchases(columns)?))?;
    Ok(column(py, values))
}

/// One quantity a customer, and its gradient (customers by parameters) if asked for.
#[pyfunction]
#[pyo3(signature = (model, quantity, theta, frequency, recency, t, *, horizon, rate=0.0, period=None, gradient=false))]
#[expect(clippy::too_many_arguments, reason = "a flat boundary")]
pub(super) fn purchasing_predict<'py>(
    py: Python<'py>,
    model: &str,
    quantity: &str,
    theta: Vec<f64>,
    frequency: Column<'py>,
    recency: Column<'py>,
    t: Column<'py>,
    horizon: Column<'py>,
    rate: f64,
    period: Option<f64>,
    gradient: bool,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Option<Bound<'py, PyArray2<f64>>>)> {
    let model = purchasing(model)?;
    let quantity = named_quantity(quantity, Discounting { rate, period })?;
    let columns = histories(&frequency, &recency, &t)?;
    let horizon = slice("horizon", &horizon)?;
    let predicted =
        py.detach(|| model.predict(quantity, &theta, &purchases(columns)?, horizon, gradient))?;
    let gradients = gradient.then(|| table(py, predicted.gradients, theta.len()));
    Ok((column(py, predicted.values), gradients.transpose()?))
}

/// Probabilities of 0 to `most` purchases, one row a customer.
#[pyfunction]
#[pyo3(signature = (model, theta, frequency, recency, t, *, horizon, most))]
#[expect(clippy::too_many_arguments, reason = "a flat boundary")]
pub(super) fn purchasing_probabilities<'py>(
    py: Python<'py>,
    model: &str,
    theta: Vec<f64>,
    frequency: Column<'py>,
    recency: Column<'py>,
    t: Column<'py>,
    horizon: Column<'py>,
    most: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = histories(&frequency, &recency, &t)?;
    let horizon = slice("horizon", &horizon)?;
    let values =
        py.detach(|| model.probabilities(&theta, &purchases(columns)?, horizon, most))?;
    table(py, values, most + 1)
}

/// Quantiles of the number of purchases, one row a customer, one column a level.
#[pyfunction]
#[pyo3(signature = (model, theta, frequency, recency, t, *, horizon, levels))]
#[expect(clippy::too_many_arguments, reason = "a flat boundary")]
pub(super) fn purchasing_quantiles<'py>(
    py: Python<'py>,
    model: &str,
    theta: Vec<f64>,
    frequency: Column<'py>,
    recency: Column<'py>,
    t: Column<'py>,
    horizon: Column<'py>,
    levels: Vec<f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = histories(&frequency, &recency, &t)?;
    let horizon = slice("horizon", &horizon)?;
    let values =
        py.detach(|| model.quantiles(&theta, &purchases(columns)?, horizon, &levels))?;
    table(py, values, levels.len())
}

fn histories<'a>(
    frequency: &'a Column<'_>,
    recency: &'a Column<'_>,
    t: &'a Column<'_>,
) -> Result<[&'a [f64]; 3]> {
    Ok([
        slice("frequency", frequency)?,
        slice("recency", recency)?,
        slice("T", t)?,
    ])
}

fn named_quantity(name: &str, discounting: Discounting) -> Result<Quantity> {
    match name {
        "probability_alive" => Ok(Quantity::ProbabilityAlive),
        "expected_purchases" => Ok(Quantity::ExpectedPurchases),
        "discounted_purchases" => Ok(Quantity::DiscountedPurchases(discounting)),
        "no_purchase" => Ok(Quantity::NoPurchase),
        _ => Err(Error::Parameter {
            name: "quantity".into(),
            expected: "be one of probability_alive, expected_purchases, discounted_purchases, no_purchase".into(),
            found: format!("{name:?}"),
            hint: String::new(),
        }),
    }
}
