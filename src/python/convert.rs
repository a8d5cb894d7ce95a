//! NumPy arrays in and out. Nothing else converts.

use numpy::{PyArray1, PyArray2, PyReadonlyArray1, ToPyArray, ndarray::Array2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::{Purchases, Spend};
use crate::models::Fit;
use crate::{Error, Result};

/// A contiguous column of numbers.
pub(super) type Column<'py> = PyReadonlyArray1<'py, f64>;

/// The numbers of a column.
pub(super) fn slice<'a>(name: &str, column: &'a Column<'_>) -> Result<&'a [f64]> {
    column.as_slice().map_err(|_| Error::Parameter {
        name: name.into(),
        expected: "be a contiguous array".into(),
        found: "a strided one".into(),
        hint: "numpy.ascontiguousarray makes one".into(),
    })
}

/// Purchase histories from their three columns; call it with the interpreter released.
pub(super) fn purchases([frequency, recency, t]: [&[f64]; 3]) -> Result<Vec<Purchases>> {
    Purchases::from_columns(frequency, recency, t)
}

/// Spending from its two columns; call it with the interpreter released.
pub(super) fn spend([frequency, mean]: [&[f64]; 2]) -> Result<Vec<Spend>> {
    Spend::from_columns(frequency, mean)
}

/// A table of `width` columns, row by row, as a two-dimensional array.
pub(super) fn table<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    width: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let rows = values.len().checked_div(width).unwrap_or(0);
    let array = Array2::from_shape_vec((rows, width), values)
        .map_err(|e| pyo3::exceptions::PyRuntimeError::new_err(e.to_string()))?;
    Ok(PyArray2::from_owned_array(py, array))
}

/// A column of results.
pub(super) fn column(py: Python<'_>, values: Vec<f64>) -> Bound<'_, PyArray1<f64>> {
    PyArray1::from_vec(py, values)
}

/// A fit as a dictionary.
pub(super) fn fit_dict<'py>(py: Python<'py>, fit: &Fit) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let flat: Vec<f64> = fit.covariance.concat();
    dict.set_item("parameters", fit.parameters.to_pyarray(py))?;
    dict.set_item("covariance", table(py, flat, fit.parameters.len())?)?;
    dict.set_item("log_likelihood", fit.log_likelihood)?;
    dict.set_item("customers", fit.customers)?;
    dict.set_item("iterations", fit.iterations)?;
    dict.set_item("gradient_norm", fit.gradient_norm)?;
    dict.set_item("smallest_eigenvalue", fit.smallest_eigenvalue)?;
    dict.set_item("status", format!("{:?}", fit.status).to_lowercase())?;
    dict.set_item("message", &fit.message)?;
    Ok(dict)
}
