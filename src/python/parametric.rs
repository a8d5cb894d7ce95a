//! Parametric distributions of durations.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{Column, new_table, slice};
use super::interrupt;
use super::survival::{Called, Columns};
use crate::survival::parametric::{Family, Observations, fit, predict};
use crate::{Error, Result};

fn family_named(name: &str) -> Result<Family> {
    match name {
        "exponential" => Ok(Family::Exponential),
        "weibull" => Ok(Family::Weibull),
        "log_normal" => Ok(Family::LogNormal),
        "log_logistic" => Ok(Family::LogLogistic),
        "generalized_gamma" => Ok(Family::GeneralizedGamma),
        _ => Err(Error::Parameter {
            name: "distribution".into(),
            expected: "be one that is known".into(),
            found: format!("'{name}'"),
            hint: String::new(),
        }),
    }
}

/// The parameters of a distribution, and how they were found.
#[pyfunction]
pub(super) fn parametric_fit<'py>(
    py: Python<'py>,
    family: &str,
    cured: bool,
    columns: Columns<'py>,
    called: Called,
    names: Vec<String>,
    values: PyReadonlyArray2<'py, f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let sample = columns.sample(py, &called)?;
    let family = family_named(family)?;
    let data = Observations {
        sample: &sample,
        durations: called.durations(),
        names: &names,
        values: values.as_slice()?,
    };
    let fit = py.detach(|| fit(family, cured, data, &interrupt))?;
    let size = fit.parameters.len();
    let covariance = fit.covariance.cells().to_pyarray(py);
    let dict = PyDict::new(py);
    dict.set_item("parameters", PyArray1::from_vec(py, fit.parameters))?;
    dict.set_item("covariance", covariance.reshape([size, size])?)?;
    dict.set_item("log_likelihood", fit.log_likelihood)?;
    dict.set_item("iterations", fit.iterations)?;
    dict.set_item("gradient_norm", fit.gradient_norm)?;
    dict.set_item("status", fit.status)?;
    dict.set_item("message", fit.message)?;
    Ok(dict)
}

/// `ln f`, `ln S` and the gradient of `ln S` by location, scale, shape and log odds, for each location and time.
#[pyfunction]
pub(super) fn parametric_predict<'py>(
    py: Python<'py>,
    family: &str,
    cured: bool,
    locations: Column<'py>,
    rest: (f64, f64, f64),
    times: Column<'py>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let family = family_named(family)?;
    let locations = slice("locations", &locations)?;
    let times = slice("times", &times)?;
    let table = new_table(py, locations.len().saturating_mul(times.len()), 6)?;
    let mut memory = table.try_readwrite()?;
    let out = memory.as_slice_mut()?;
    let rest = [rest.0, rest.1, rest.2];
    py.detach(|| predict(family, cured, locations, rest, times, out));
    drop(memory);
    Ok(table)
}
