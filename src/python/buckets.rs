//! Identifiers as NumPy arrays to buckets of rows.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::columns::{Array, Missing, Strings, mask};
use crate::data::buckets::{self, Buckets};

/// Rows bucket after bucket, and where each bucket begins.
type Shared<'py> = (Array<'py, i64>, Array<'py, i64>);

fn shared(py: Python<'_>, buckets: Buckets) -> Shared<'_> {
    let rows = PyArray1::from_vec(py, buckets.rows);
    (rows, PyArray1::from_vec(py, buckets.offsets))
}

/// The rows of a table shared out by an integer.
#[pyfunction]
pub(super) fn buckets_of_integers<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, i64>,
    missing: Missing<'py>,
    buckets: usize,
) -> PyResult<Shared<'py>> {
    let (values, missing) = (values.as_slice()?, mask(&missing)?);
    let found = py.detach(|| buckets::of_integers(values, missing, buckets))?;
    Ok(shared(py, found))
}

/// The rows of a table shared out by a string.
#[pyfunction]
pub(super) fn buckets_of_text<'py>(
    py: Python<'py>,
    strings: Strings<'py>,
    missing: Missing<'py>,
    buckets: usize,
) -> PyResult<Shared<'py>> {
    let (text, missing) = (strings.text()?, mask(&missing)?);
    let found = py.detach(|| buckets::of_text(text, missing, buckets))?;
    Ok(shared(py, found))
}
