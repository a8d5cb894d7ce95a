//! Zero-inflated log-normal regression.

use numpy::{PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{Column, slice};
use super::interrupt;
use crate::models::ziln::{Design, fit};
use crate::{Error, Result};

/// Coefficients by maximum likelihood.
#[pyfunction]
#[pyo3(signature = (x, y, *, weights=None, penalty=0.0, varying_spread=true))]
pub(super) fn ziln_fit<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f64>,
    y: Column<'py>,
    weights: Option<Column<'py>>,
    penalty: f64,
    varying_spread: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let weights = weights.as_ref().map(|w| slice("weights", w)).transpose()?;
    let design = Design {
        x: table(&x)?,
        width: x.shape()[1],
        y: slice("value", &y)?,
        weights,
        penalty,
        varying_spread,
    };
    let found = py.detach(|| fit(&design, &interrupt))?;
    let dict = PyDict::new(py);
    let width = found.covariance.len().isqrt();
    let covariance = found.covariance.to_pyarray(py).reshape([width, width])?;
    dict.set_item("coefficients", found.coefficients.to_pyarray(py))?;
    dict.set_item("covariance", covariance)?;
    dict.set_item("log_likelihood", found.log_likelihood)?;
    dict.set_item("gradient_norm", found.gradient_norm)?;
    dict.set_item("iterations", found.iterations)?;
    dict.set_item("status", format!("{:?}", found.status).to_lowercase())?;
    Ok(dict)
}

fn table<'a>(x: &'a PyReadonlyArray2<'_, f64>) -> Result<&'a [f64]> {
    x.as_slice().map_err(|_| Error::Parameter {
        name: "covariates".into(),
        expected: "be a contiguous array".into(),
        found: "a strided one".into(),
        hint: "numpy.ascontiguousarray makes one".into(),
    })
}
