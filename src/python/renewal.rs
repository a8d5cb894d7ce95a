//! Models of renewal.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{
    Column, Covariates, Predicted, Theta, design_of, fit_dict, new_column, new_table,
    own_parameters, slice,
};
use super::{Parameters, interrupt, parameter_table};
use crate::data::Contracts;
use crate::models::Options;
use crate::models::renewal::{Exposure, Span, renewal};
use crate::{Error, Result};

/// Ages at which customers came into view, were last seen, and were first seen to be gone.
#[derive(FromPyObject)]
pub(super) struct Customers<'py>(Column<'py>, Column<'py>, Column<'py>);

impl Customers<'_> {
    fn len(&self) -> usize {
        self.0.len().unwrap_or_default()
    }

    fn slices(&self) -> Result<[&[f64]; 3]> {
        Ok([
            slice("entry", &self.0)?,
            slice("from", &self.1)?,
            slice("to", &self.2)?,
        ])
    }
}

/// What a fit is told, beside its customers.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Settings<'py> {
    weights: Option<Column<'py>>,
    penalty: f64,
    fixed: Vec<Option<f64>>,
    start: Vec<Option<f64>>,
    covariates: Option<Covariates<'py>>,
}

impl Settings<'_> {
    fn options(&self) -> Result<Options<'_>> {
        let weights = self.weights.as_ref();
        Ok(Options {
            weights: weights.map(|w| slice("weights", w)).transpose()?,
            penalty: self.penalty,
            fixed: &self.fixed,
            start: &self.start,
            check: &interrupt,
        })
    }
}

/// `(name, meaning, dimension)` of each parameter.
#[pyfunction]
pub(super) fn renewal_parameters(model: &str) -> Result<Parameters> {
    Ok(parameter_table(renewal(model)?.parameters()))
}

/// How many processes may depend on covariates.
#[pyfunction]
pub(super) fn renewal_processes(model: &str) -> Result<usize> {
    Ok(renewal(model)?.processes())
}

/// The parameters of customers with these linear predictors, and their slopes if asked for.
#[pyfunction]
#[pyo3(signature = (model, theta, predictors, *, gradient=false))]
pub(super) fn renewal_customer_parameters<'py>(
    py: Python<'py>,
    model: &str,
    theta: Vec<f64>,
    predictors: Column<'py>,
    gradient: bool,
) -> PyResult<Predicted<'py>> {
    let model = renewal(model)?;
    let size = model.parameters().len();
    own_parameters(py, size, &predictors, gradient, |by, out, slopes| {
        model.customer_parameters(&theta, by, out, slopes)
    })
}

/// Maximum likelihood.
#[pyfunction]
pub(super) fn renewal_fit<'py>(
    py: Python<'py>,
    model: &str,
    customers: Customers<'py>,
    settings: Settings<'py>,
) -> PyResult<Bound<'py, PyDict>> {
    let model = renewal(model)?;
    let [entry, from, to] = customers.slices()?;
    let options = settings.options()?;
    let design = design_of(settings.covariates.as_ref())?;
    let fit = py.detach(|| {
        let contracts = Contracts::new(entry, from, to)?;
        model.fit(&contracts, design.as_ref(), &options)
    })?;
    fit_dict(py, &fit)
}

/// Profile-likelihood interval of one parameter.
#[pyfunction]
#[pyo3(signature = (model, estimates, customers, settings, *, parameter, level))]
pub(super) fn renewal_profile<'py>(
    py: Python<'py>,
    model: &str,
    estimates: Vec<f64>,
    customers: Customers<'py>,
    settings: Settings<'py>,
    parameter: usize,
    level: f64,
) -> PyResult<(f64, f64)> {
    let model = renewal(model)?;
    let [entry, from, to] = customers.slices()?;
    let options = settings.options()?;
    let design = design_of(settings.covariates.as_ref())?;
    let interval = py.detach(|| {
        let contracts = Contracts::new(entry, from, to)?;
        let design = design.as_ref();
        model.profile(&contracts, design, &options, &estimates, parameter, level)
    })?;
    Ok(interval.into())
}

/// The log-likelihood of each customer.
#[pyfunction]
pub(super) fn renewal_log_likelihood<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let model = renewal(model)?;
    let theta = theta.numbers()?;
    let [entry, from, to] = customers.slices()?;
    let result = new_column(py, customers.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| model.log_likelihood(theta, &Contracts::new(entry, from, to)?, out))?;
    Ok(result)
}

/// One quantity for each span of ages, and its gradient (spans by parameters) if asked for.
#[pyfunction]
#[pyo3(signature = (model, quantity, theta, spans, *, rate=0.0, gradient=false))]
pub(super) fn renewal_predict<'py>(
    py: Python<'py>,
    model: &str,
    quantity: &str,
    theta: Theta<'py>,
    spans: (Column<'py>, Column<'py>),
    rate: f64,
    gradient: bool,
) -> PyResult<Predicted<'py>> {
    let model = renewal(model)?;
    let theta = theta.numbers()?;
    let quantity = named_quantity(quantity, rate)?;
    let (from, to) = (slice("from", &spans.0)?, slice("to", &spans.1)?);
    let values = new_column(py, from.len())?;
    let gradients = gradient
        .then(|| new_table(py, from.len(), model.parameters().len()))
        .transpose()?;
    let mut memory = values.try_readwrite()?;
    let mut slopes = match &gradients {
        Some(table) => Some(table.try_readwrite()?),
        None => None,
    };
    let out = memory.as_slice_mut()?;
    let slopes = slopes.as_mut().map(|g| g.as_slice_mut()).transpose()?;
    py.detach(|| model.predict(quantity, theta, from, to, out, slopes))?;
    Ok((values, gradients))
}

/// The age at which each of the customers leaves who are there at the ages `entry`; infinite if never.
#[pyfunction]
pub(super) fn renewal_simulate<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    entry: Column<'py>,
    seed: u64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let model = renewal(model)?;
    let theta = theta.numbers()?;
    let entry = slice("entry", &entry)?;
    let result = new_column(py, entry.len())?;
    let mut memory = result.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    py.detach(|| model.simulate(theta, entry, seed, out))?;
    Ok(result)
}

/// Estimates from data sets drawn from the model itself, one row a data set.
#[pyfunction]
#[pyo3(signature = (model, theta, exposure, settings, *, exact, replicates, seed))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub(super) fn renewal_bootstrap<'py>(
    py: Python<'py>,
    model: &str,
    theta: Vec<f64>,
    exposure: (Column<'py>, Column<'py>, Column<'py>),
    settings: Settings<'py>,
    exact: bool,
    replicates: usize,
    seed: u64,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let model = renewal(model)?;
    let exposure = Exposure {
        entry: slice("entry", &exposure.0)?,
        end: slice("end", &exposure.1)?,
        customers: slice("customers", &exposure.2)?,
        exact,
    };
    let options = settings.options()?;
    let rows = py.detach(|| model.bootstrap(&theta, &exposure, &options, replicates, seed))?;
    Ok(PyArray2::from_vec2(py, &rows)?)
}

fn named_quantity(name: &str, rate: f64) -> Result<Span> {
    match name {
        "survival" => Ok(Span::Survival),
        "leaving" => Ok(Span::Leaving),
        "residual" => Ok(Span::Residual),
        "payments" => Ok(Span::Payments { rate }),
        _ => Err(Error::Parameter {
            name: "quantity".into(),
            expected: "be survival, leaving, residual or payments".into(),
            found: format!("{name:?}"),
            hint: String::new(),
        }),
    }
}
