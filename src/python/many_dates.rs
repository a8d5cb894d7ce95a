//! Summaries as of many dates.

use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::transactions::{Date, HistoryColumns, array, cutoff};
use crate::data::calendar::{Cutoff, Unit};
use crate::data::many_dates::{ManyDates, Rows};

/// One row for each date and each customer who had bought by then, date after date.
#[pyfunction]
pub(super) fn summarize_at_dates<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    dates: Vec<Date>,
    unit: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let unit = Unit::parse(unit)?;
    let history = log.history()?;
    let cutoffs: Vec<Cutoff> = dates.iter().map(|&date| cutoff(&history, date)).collect();
    let many = py.detach(|| ManyDates::new(history, &cutoffs, unit))?;
    let all = many.len();
    let of_values = if history.has_values() { all } else { 0 };
    let customers = PyArray1::zeros(py, all, false);
    let frequency = PyArray1::zeros(py, all, false);
    let recency = PyArray1::zeros(py, all, false);
    let t = PyArray1::zeros(py, all, false);
    let monetary_value = PyArray1::zeros(py, of_values, false);
    {
        let integers = [&customers, &frequency].map(PyArrayMethods::readwrite);
        let floats = [&recency, &t, &monetary_value].map(PyArrayMethods::readwrite);
        let ([mut customers, mut frequency], [mut recency, mut t, mut monetary_value]) =
            (integers, floats);
        let columns = Rows {
            customers: customers.as_slice_mut()?,
            frequency: frequency.as_slice_mut()?,
            recency: recency.as_slice_mut()?,
            t: t.as_slice_mut()?,
            monetary_value: monetary_value.as_slice_mut()?,
        };
        py.detach(|| many.write(columns))?;
    }
    let result = PyDict::new(py);
    result.set_item("offsets", array(py, many.offsets()))?;
    result.set_item("customers", customers)?;
    result.set_item("frequency", frequency)?;
    result.set_item("recency", recency)?;
    result.set_item("T", t)?;
    result.set_item("monetary_value", monetary_value)?;
    Ok(result)
}
