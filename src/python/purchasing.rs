//! Models of repeat buying.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{
    Column, CountColumn, Covariates, Predicted, Theta, design_of, fit_dict, new_column, new_table,
    own_parameters, slice,
};
use super::{Parameters, interrupt, parameter_table};
use crate::data::HistoryColumns;
use crate::models::Options;
use crate::models::purchasing::{Discounting, Quantity, purchasing};
use crate::{Error, Result};

/// Frequency, recency and T of customers.
#[derive(FromPyObject)]
pub(super) struct Customers<'py>(CountColumn<'py>, Column<'py>, Column<'py>);

impl Customers<'_> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn columns(&self) -> Result<HistoryColumns<'_>> {
        HistoryColumns::new(
            self.0.counts("frequency")?,
            slice("recency", &self.1)?,
            slice("T", &self.2)?,
        )
    }
}

/// `(name, meaning, dimension)` of each parameter.
#[pyfunction]
pub(super) fn purchasing_parameters(model: &str) -> Result<Parameters> {
    Ok(parameter_table(purchasing(model)?.parameters()))
}

/// How many processes may depend on covariates.
#[pyfunction]
pub(super) fn purchasing_processes(model: &str) -> Result<usize> {
    Ok(purchasing(model)?.processes())
}

/// The parameters of customers with these linear predictors, and their slopes if asked for.
#[pyfunction]
#[pyo3(signature = (model, theta, predictors, *, gradient=false))]
pub(super) fn purchasing_customer_parameters<'py>(
    py: Python<'py>,
    model: &str,
    theta: Vec<f64>,
    predictors: Column<'py>,
    gradient: bool,
) -> PyResult<Predicted<'py>> {
    let model = purchasing(model)?;
    let size = model.parameters().len();
    own_parameters(py, size, &predictors, gradient, |by, out, slopes| {
        model.customer_parameters(&theta, by, out, slopes)
    })
}

/// Maximum likelihood.
#[pyfunction]
#[pyo3(signature = (model, customers, *, covariates=None, weights=None, penalty=0.0, fixed=Vec::new(), start=Vec::new()))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn purchasing_fit<'py>(
    py: Python<'py>,
    model: &str,
    customers: Customers<'py>,
    covariates: Option<Covariates<'py>>,
    weights: Option<Column<'py>>,
    penalty: f64,
    fixed: Vec<Option<f64>>,
    start: Vec<Option<f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let options = Options {
        weights,
        penalty,
        fixed: &fixed,
        start: &start,
        check: &interrupt,
    };
    let design = design_of(covariates.as_ref())?;
    let fit = py.detach(|| model.fit(&columns.check()?, design.as_ref(), &options))?;
    fit_dict(py, &fit)
}

/// Profile-likelihood interval of one parameter.
#[pyfunction]
#[pyo3(signature = (model, estimates, customers, *, parameter, level, covariates=None, weights=None, penalty=0.0, fixed=Vec::new()))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn purchasing_profile<'py>(
    py: Python<'py>,
    model: &str,
    estimates: Vec<f64>,
    customers: Customers<'py>,
    parameter: usize,
    level: f64,
    covariates: Option<Covariates<'py>>,
    weights: Option<Column<'py>>,
    penalty: f64,
    fixed: Vec<Option<f64>>,
) -> PyResult<(f64, f64)> {
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
    let interval = py.detach(|| {
        let customers = columns.check()?;
        model.profile(
            &customers,
            design.as_ref(),
            &options,
            &estimates,
            parameter,
            level,
        )
    })?;
    Ok(interval.into())
}

/// The log-likelihood of each customer.
#[pyfunction]
pub(super) fn purchasing_log_likelihood<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let theta = theta.numbers()?;
    let result = new_column(py, customers.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| model.log_likelihood(theta, &columns.check()?, out))?;
    Ok(result)
}

/// One quantity a customer, and its gradient (customers by parameters) if asked for.
#[pyfunction]
#[pyo3(signature = (model, quantity, theta, customers, *, horizon, rate=0.0, period=None, gradient=false))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn purchasing_predict<'py>(
    py: Python<'py>,
    model: &str,
    quantity: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
    horizon: Column<'py>,
    rate: f64,
    period: Option<f64>,
    gradient: bool,
) -> PyResult<Predicted<'py>> {
    let model = purchasing(model)?;
    let quantity = named_quantity(quantity, Discounting { rate, period })?;
    let columns = customers.columns()?;
    let horizon = slice("horizon", &horizon)?;
    let theta = theta.numbers()?;
    let values = new_column(py, customers.len())?;
    let gradients = gradient
        .then(|| new_table(py, customers.len(), model.parameters().len()))
        .transpose()?;
    let mut memory = values.try_readwrite()?;
    let mut slopes = match &gradients {
        Some(table) => Some(table.try_readwrite()?),
        None => None,
    };
    let out = memory.as_slice_mut()?;
    let slopes = slopes.as_mut().map(|g| g.as_slice_mut()).transpose()?;
    py.detach(|| model.predict(quantity, theta, &columns, horizon, out, slopes))?;
    Ok((values, gradients))
}

/// Probabilities of 0 to `most` purchases, one row a customer.
#[pyfunction]
#[pyo3(signature = (model, theta, customers, *, horizon, most))]
pub(super) fn purchasing_probabilities<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
    horizon: Column<'py>,
    most: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let horizon = slice("horizon", &horizon)?;
    let theta = theta.numbers()?;
    let result = new_table(py, customers.len(), most + 1)?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| {
        let customers = columns.check()?;
        model.probabilities(theta, &customers, horizon, most, out)
    })?;
    Ok(result)
}

/// Quantiles of the number of purchases, one row a customer, one column a level.
#[pyfunction]
#[pyo3(signature = (model, theta, customers, *, horizon, levels))]
pub(super) fn purchasing_quantiles<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
    horizon: Column<'py>,
    levels: Vec<f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = purchasing(model)?;
    let columns = customers.columns()?;
    let horizon = slice("horizon", &horizon)?;
    let theta = theta.numbers()?;
    let result = new_table(py, customers.len(), levels.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| {
        let customers = columns.check()?;
        model.quantiles(theta, &customers, horizon, &levels, out)
    })?;
    Ok(result)
}

fn named_quantity(name: &str, discounting: Discounting) -> Result<Quantity> {
    match name {
        "probability_alive" => Ok(Quantity::ProbabilityAlive),
        "expected_purchases" => Ok(Quantity::ExpectedPurchases),
        "discounted_purchases" => Ok(Quantity::DiscountedPurchases(discounting)),
        "no_purchase" => Ok(Quantity::NoPurchase),
        _ => Err(Error::Parameter {
            name: "quantity".into(),
            expected:
                "be probability_alive, expected_purchases, discounted_purchases or no_purchase"
                    .into(),
            found: format!("{name:?}"),
            hint: String::new(),
        }),
    }
}
